# Joren: `make demo` shows it, `make test` proves it. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export UV_PYTHON_DOWNLOADS := never
export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo serve mlflow check test prove lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/runtime.done ## a .venv from the hashed lock, and the joren command in it

setup-dev: $(VENV)/dev.done ## the same, with what the tests need

demo: setup ## the main job on real purchases (CDNOW): ranked customers, values, reasons
	@$(BIN)/joren init demo --example cdnow --quiet
	@cd demo && ../$(BIN)/joren run --next "make serve" --next "make mlflow"

serve: setup ## the scoring service on 127.0.0.1:8000, with the demo's scores
	@cd demo && ../$(BIN)/joren serve

mlflow: setup ## MLflow's own page on 127.0.0.1:5000, with the demo's runs
	@cd demo && ../$(BIN)/mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db --host 127.0.0.1 --port 5000

check: setup-dev ## ruff, mypy, import-linter, and who may import what
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

test: setup-dev ## every test, with branch coverage
	@tests/install-packages
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term -m "not prove"

prove: setup-dev ## the long proofs, with their figures: load, soaks, very large data
	@$(BIN)/python -m pytest -m prove -rP

lock: $(VENV)/tools.done ## resolve the locks again (no address is written into them)
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header requirements/tools.in -o requirements/tools.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header pyproject.toml --extra postgres -o requirements/runtime.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header pyproject.toml --extra dev -c requirements/runtime.txt -o requirements/dev.txt

clean: ## remove what the demo and the tests made (the .venv stays)
	@rm -rf demo .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache

# A fresh Debian has no ensurepip: python3-venv brings it. Where apt may be used, it is; otherwise we say so.
$(VENV)/tools.done: requirements/tools.txt
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; } \
	  || { echo "Python 3.11 with venv is needed: apt-get install python3.11 python3-venv"; exit 2; }
	@echo "Joren: making $(VENV) from the lock (about a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

$(VENV)/runtime.done: $(VENV)/tools.done requirements/runtime.txt pyproject.toml
	@test -e $(VENV)/dev.done || $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements/tools.txt requirements/runtime.txt
	@test -e $(VENV)/dev.done || $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.done: $(VENV)/tools.done requirements/runtime.txt requirements/dev.txt pyproject.toml
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements/tools.txt requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
