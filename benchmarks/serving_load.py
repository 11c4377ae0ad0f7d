"""What the service bears, and how long an answer takes.

    python -m benchmarks.serving_load --project demo

``--project``: a folder after `joren run`. One worker on the loopback, the load beside it on the same machine;
``--only`` takes one of the parts below. A table, then a line of JSON; exit code 3 where a goal is missed.
``stolen`` is the share of the time that the host kept from this machine: over some hundredths, repeat it.

- ``lookups``: scores looked up over 50 connections, by a worker for each of two cores, against as many of a
  bare FastAPI route; then at half the goal, which the bare route is asked at too
- ``compute``: one customer of 200 events, over one connection
- ``soak``: lookups, lists, feature rows and computed scores over 50 connections, for ``--seconds``
- ``swaps``: models are promoted under a load of feature rows, ``--swaps`` times, damaged ones among them
- ``infer``: one feature row over `/v2`, beside `mlflow models serve` on the same model
- ``store``: an export, an erasure, a backup and its restore

``cpu_ms`` of lookups and of compute: what the service has of the processors for an answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.load import free_port, serving, under_load
from benchmarks.served import Served, histories, served
from benchmarks.serving_infer import compared
from benchmarks.store import looked_after
from benchmarks.swaps import swapped

CONNECTIONS = 50
INFER_CONNECTIONS = 16
CORES = 2
EVENTS = 200
WIDE = 48
COMPUTE_MS, LOOKUP_MS, MOST_MIB = 150.0, 15.0, 50.0
LEAST_LOOKUPS, SHARE_OF_BARE = 1_500.0, 0.5

Part = Callable[[Path, Path, argparse.Namespace], dict[str, Any]]


def main(arguments: list[str] | None = None) -> int:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--only", choices=sorted(PARTS), action="append")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--swaps", type=int, default=100)
    asked = parser.parse_args(arguments)

    measured = {}
    for name in asked.only or PARTS:
        with tempfile.TemporaryDirectory() as scratch:
            measured[name] = PARTS[name](asked.project.resolve(), Path(scratch), asked)
    print(_table(measured))
    print(json.dumps(measured))
    return 0 if all(part["reached"] for part in measured.values()) else 3


def lookups(project: Path, scratch: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Look scores up as fast as they come, then at half that pace."""
    seconds = min(asked.seconds, 10.0)
    port = free_port()
    bare_route = ["-m", "benchmarks.bare", str(port), str(CORES)]
    with serving(bare_route, f"http://127.0.0.1:{port}/bare", folder=scratch):
        request = b"GET /bare HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        bare = under_load(port, [request], connections=CONNECTIONS, seconds=seconds)
        goal = min(LEAST_LOOKUPS, SHARE_OF_BARE * bare.per_second)
        bare_half = under_load(port, [request], connections=CONNECTIONS, seconds=seconds, per_second=goal / 2)
    with served(project, scratch, workers=CORES) as service:
        requests = _lookups(project, service)
        under_load(service.port, requests, connections=CONNECTIONS, seconds=1.0)
        before = service.cpu_ms
        full = under_load(service.port, requests, connections=CONNECTIONS, seconds=seconds)
        cpu_ms = round((service.cpu_ms - before) / max(len(full.took), 1), 3)
        half = under_load(
            service.port, requests, connections=CONNECTIONS, seconds=seconds, per_second=goal / 2
        )
    clean = not (full.errors or half.errors)
    return {
        "bare": bare.told(),
        "full": {**full.told(), "cpu_ms": cpu_ms},
        "share_of_bare": round(full.per_second / bare.per_second, 2),
        "bare_half": bare_half.told(),
        "half": half.told(),
        "reached": clean and full.per_second >= goal and half.ms(0.99) <= LOOKUP_MS,
    }


def compute(project: Path, scratch: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Compute one customer of many events again and again."""
    customer = _of_events(project, EVENTS)
    with served(project, scratch) as service:
        request = service.post("/v1/scores/compute", {"customers": [customer]})
        under_load(service.port, [request], connections=1, seconds=2.0)
        before = service.cpu_ms
        one = under_load(service.port, [request], connections=1, seconds=min(asked.seconds, 20.0))
        cpu_ms = round((service.cpu_ms - before) / max(len(one.took), 1), 1)
    reached = one.ms(0.99) <= COMPUTE_MS and not one.errors
    return {"events": EVENTS, **one.told(), "cpu_ms": cpu_ms, "reached": reached}


def soak(project: Path, scratch: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Ask for everything that a CRM asks for, over many connections."""
    with served(project, scratch) as service:
        some = [service.post("/v1/scores/compute", {"customers": [one]}) for one in histories(project, 3)]
        requests = [*_lookups(project, service) * 4, *some, service.get("/v2/models/joren/ready")]
        before = service.resident_mib
        load = under_load(service.port, requests, connections=CONNECTIONS, seconds=asked.seconds)
        grown = service.resident_mib - before
    return {**load.told(), "grown_mib": round(grown, 1), "wrong": load.errors[:5], "reached": not load.errors}


def swaps(project: Path, scratch: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Promote other models while feature rows are predicted."""
    told = swapped(project, scratch, asked.swaps)
    return {**told, "reached": not told["errors"] and told["grown_mib"] <= MOST_MIB}


def infer(project: Path, scratch: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Predict a feature row beside MLflow."""
    return compared(project, scratch, INFER_CONNECTIONS, min(asked.seconds, 10.0))


def store(project: Path, scratch: Path, asked: argparse.Namespace) -> dict[str, Any]:  # noqa: ARG001 - a part's
    """Look after the store; no goal was set."""
    return {**looked_after(project, scratch), "reached": True}


def _table(measured: dict[str, dict[str, Any]]) -> str:
    """Return each figure on a line, those within another by both names."""
    lines = []
    for part, told in measured.items():
        lines.append(f"{part} {'reached' if told['reached'] else 'NOT REACHED':>{WIDE - len(part)}}")
        for name, value in told.items():
            inner = value if isinstance(value, dict) else {"": value}
            lines += [f"  {f'{name} {key}'.strip():<{WIDE - 12}}{it!s:>10}" for key, it in inner.items()]
    return "\n".join(line for line in lines if not line.startswith("  reached"))


def _lookups(project: Path, service: Served) -> list[bytes]:
    ids = [one["customer_id"] for one in histories(project, 100)]
    single = [service.get(f"/v1/customers/{one}/score") for one in ids[:50]]
    return [*single, *(service.post("/v1/scores/lookup", {"customer_ids": [one]}) for one in ids[50:])]


def _of_events(project: Path, events: int) -> dict[str, Any]:
    """Return a customer made of the first customers' events, one every day or so."""
    lines = [line for one in histories(project, events) for line in one["transactions"]]
    return {"customer_id": "made of many", "transactions": sorted(lines[:events], key=str)}


PARTS: dict[str, Part] = {
    "lookups": lookups,
    "compute": compute,
    "soak": soak,
    "swaps": swaps,
    "infer": infer,
    "store": store,
}


if __name__ == "__main__":
    sys.exit(main())
