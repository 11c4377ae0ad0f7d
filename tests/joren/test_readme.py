"""What the READMEs tell a stranger to type for the demo is typed here, as it stands, in a checkout."""

import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.joren.documents import ROOT, Checkout, block_with, blocks, made_checkout

READMES = ("README.md", "README.ja.md")
PATIENCE_SECONDS = 240
NOT_HERE = ("make test",)  # what would run this test within itself


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    for needed in ("make", "curl", "bash"):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed: the READMEs' commands are not run")
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("Makefile", "pyproject.toml", "requirements"):
        (folder / name).symlink_to(ROOT / name)
    return made_checkout(folder)


@pytest.fixture(scope="module")
def demo(checkout: Checkout) -> str:
    (first, *_) = (line for line in block_with("README.md", "make test").splitlines() if "demo" in line)
    return checkout.type(first)


@pytest.fixture(scope="module")
def served(checkout: Checkout, demo: str) -> Iterator[Checkout]:
    assert demo
    log = (checkout.folder / "server.log").open("w")
    command = ["bash", "-c", f"exec {block_with('README.md', 'make serve')}"]
    with subprocess.Popen(
        command, cwd=checkout.folder, env=checkout.environment, stderr=log, start_new_session=True
    ) as server:
        try:
            wait_until_ready(checkout, server)
            yield checkout
        finally:
            os.killpg(server.pid, 15)
    log.close()


def wait_until_ready(checkout: Checkout, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        assert server.poll() is None, (checkout.folder / "server.log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{checkout.port}/readyz") as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail((checkout.folder / "server.log").read_text())


@pytest.mark.timeout(600)
def test_make_demo_ends_with_the_customers_the_comparison_and_the_next_command(demo: str) -> None:
    for words in (
        "69,659 rows",
        "The 10 customers with the most value at risk",
        "recency rule",
        "BG/NBD",
        "at_risk.csv",
        "make serve",
    ):
        assert words in demo


@pytest.mark.parametrize("readme", READMES)
def test_every_make_target_that_is_named_exists(checkout: Checkout, readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    for command in sorted({*re.findall(r"\bmake [a-z-]+", text), *NOT_HERE}):
        checkout.type(f"{command} --dry-run")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("readme", READMES)
def test_the_curl_lines_are_answered(served: Checkout, readme: str) -> None:
    key, *curls = block_with(readme, "curl").strip().splitlines()
    quiet = [curl.replace("curl ", "curl --silent --fail-with-body ") + "; printf '\\0'" for curl in curls]
    answers = served.type("\n".join([key, *quiet])).split("\0")
    for curl, answer in zip(curls, answers, strict=False):
        if "text/csv" in curl:
            assert answer.startswith("customer_id,")
        else:
            assert json.loads(answer)


@pytest.mark.timeout(600)
def test_the_guide_to_the_api_is_answered_as_it_says(served: Checkout) -> None:
    wait_until_a_model_is_in_use(served)
    script = "\n".join(blocks("docs/api.md", "sh"))
    expected = [
        (re.findall(r"# (\d{3})$", line) or ["2.."])[0]
        for line in script.splitlines()
        if line.startswith("curl ")
    ]
    curl = "curl --silent --show-error --write-out '\\n~%{http_code}\\n' "
    told = served.type(
        re.sub(r"^curl ", lambda _: curl, re.sub(r"\(curl ", "(curl -sS ", script), flags=re.MULTILINE)
    )
    statuses = re.findall(r"^~(\d{3})$", told, flags=re.MULTILINE)
    assert len(statuses) == len(expected) >= 20
    for status, pattern in zip(statuses, expected, strict=True):
        assert re.fullmatch(pattern, status), told
    assert '"churn_probability"' in told
    assert (served.folder / "demo" / "scores.csv").read_text().startswith("customer_id,")
    assert (served.folder / "demo" / "changes.ndjson").read_text() == ""


def wait_until_a_model_is_in_use(served: Checkout) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/v2/health/ready"):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail((served.folder / "server.log").read_text())


def test_both_guides_to_the_api_give_the_same_commands() -> None:
    assert blocks("docs/api.md", "sh") == blocks("docs/api.ja.md", "sh")


def test_both_readmes_give_the_same_commands() -> None:
    def commands(readme: str) -> list[str]:
        text = "\n".join([*blocks(readme, "sh"), *blocks(readme, "python")])
        without_comments = [re.sub(r"\s+#.*", "", line) for line in text.splitlines()]
        return [line.replace("&language=ja", "") for line in without_comments if line]

    assert commands("README.md") == commands("README.ja.md")
