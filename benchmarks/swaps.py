"""Models that take each other's place under load, and whether each answer is of the version it names."""

from __future__ import annotations

import json
import math
import shutil
import threading
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.load import under_load
from benchmarks.served import Served, served
from training.bundle import Bundle
from training.golden import Golden, made_up_customers
from training.promotion import point_at

__all__ = ["swapped"]

MODELS = 4
DAMAGED_EVERY = 10
WITHIN = 1e-9
SETTLED = 10  # swaps, after which memory is looked at first
WAIT_SECONDS = 60.0
CONNECTIONS = 8


@dataclass(frozen=True)
class Cast:
    """Models that score differently, by version: what each says of the made-up customer asked about."""

    places: tuple[Path, ...]
    damaged: Path
    said: dict[str, dict[str, float | None]]
    inputs: list[dict[str, object]]

    def wrong(self, body: bytes) -> str | None:
        """Say what is wrong with an answer."""
        answer = json.loads(body)
        golden = self.said[answer["model_version"]]
        for output in answer["outputs"]:
            expected, (told,) = golden[output["name"]], output["data"]
            if not (told == expected or math.isclose(told, expected, rel_tol=WITHIN, abs_tol=WITHIN)):
                return f"{output['name']} is {told}, not {expected}"
        return None


def swapped(project: Path, scratch: Path, swaps: int) -> dict[str, Any]:
    """Promote one of a few models after the other; return how often, what went wrong, and how memory grew."""
    bundles = scratch / "bundles"
    cast = _cast(Bundle.load((project / "bundles" / "current").resolve()), bundles)
    with served(project, scratch, bundles=bundles, watch_seconds=0.05) as service:
        promoting = Promoting(service, cast, swaps)
        request = service.post("/v2/models/joren/infer", {"inputs": cast.inputs})
        promoting.start()
        answers, errors = 0, []
        while promoting.is_alive():
            load = under_load(service.port, [request], connections=CONNECTIONS, seconds=2.0, check=cast.wrong)
            answers += len(load.took)
            errors += load.errors
        promoting.join()
        after = service.resident_mib
    return {
        "swaps": promoting.done,
        "refused": promoting.refused,
        "answers": answers,
        "errors": len(errors) + len(promoting.errors),
        "wrong": [*errors, *promoting.errors][:5],
        "grown_mib": round(after - promoting.settled_mib, 1),
    }


class Promoting(threading.Thread):
    """Promotes one model after the other, as soon as the one before is in use."""

    def __init__(self, service: Served, cast: Cast, swaps: int) -> None:
        super().__init__(daemon=True)
        self._service, self._cast, self._swaps = service, cast, swaps
        self.done = self.refused = 0
        self.settled_mib = service.resident_mib
        self.errors: list[str] = []

    def run(self) -> None:
        """Promote, and wait until it is in use."""
        for number in range(1, self._swaps + 1):
            if number % DAMAGED_EVERY == 0:
                point_at(self._cast.damaged)
                time.sleep(0.2)
                self.refused += 1
            place = self._cast.places[number % len(self._cast.places)]
            point_at(place)
            if not self._came(place.name):
                self.errors.append(f"{place.name} did not come into use")
                return
            self.done = number
            if number == SETTLED:
                self.settled_mib = self._service.resident_mib

    def _came(self, version: str) -> bool:
        url = f"http://127.0.0.1:{self._service.port}/v2/models/joren"
        ask = urllib.request.Request(url, headers={"X-API-Key": self._service.key})
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            with urllib.request.urlopen(ask, timeout=WAIT_SECONDS) as answer:  # noqa: S310 - the same
                if json.load(answer)["versions"] == [version]:
                    return True
            time.sleep(0.02)
        return False


def _cast(bundle: Bundle, bundles: Path) -> Cast:
    """Make models that differ in their margin rate, and one whose golden scores are no longer its own."""
    customers = made_up_customers(bundle)
    inputs: list[dict[str, object]] = [
        {"name": name, "shape": [1], "datatype": "FP64", "data": [_plain(customers.iloc[0][name])]}
        for name in bundle.metadata.features
    ]
    places, said = [], {}
    for number in range(1, MODELS + 2):
        model = replace(bundle, policy=replace(bundle.policy, margin_rate=number / 10))
        place = bundles / model.version
        model.save(place)
        places.append(place)
        said[model.version] = dict(Golden.of(model).scores[0])
    damaged = places.pop()
    shutil.copy(places[0] / "golden.json", damaged / "golden.json")
    point_at(places[0])
    return Cast(tuple(places), damaged, said, inputs)


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
