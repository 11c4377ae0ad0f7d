"""Feature rows to predictions, by the model in use; without a word of HTTP.

What arrives while rows are being predicted is predicted next, all in one call: for the model, twenty rows
are hardly more work than one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from features.errors import JorenError
from serving.errors import ServiceBusyError, UnpredictableError
from serving.in_use import Predictor

__all__ = ["Inference"]

Numbers = Mapping[str, NDArray[np.float64]]

GATHER_SECONDS = 0.003  # where several came together, those who were just answered are likely to ask again
MOST_WAITING = 1_000
MOST_ROWS = 5_000  # in one call


@dataclass(frozen=True)
class Asked:
    """Rows that somebody waits for: (rows, features), NaN where missing."""

    model: Predictor
    as_of: date
    rows: NDArray[np.float64]
    answer: asyncio.Future[Numbers]


class Inference:
    """Predicts what is asked in the meantime together. To be asked from one event loop."""

    def __init__(self) -> None:
        self._waiting: list[Asked] = []
        self._work: asyncio.Task[None] | None = None
        self._many = False

    async def predict(self, model: Predictor, as_of: date, rows: NDArray[np.float64]) -> Numbers:
        """Return the model's ``numbers`` of ``rows``: (rows, features), in the order of its features.

        Raises ``UnpredictableError`` where they are no customer's, ``ServiceBusyError`` where too many wait.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise ServiceBusyError("Too much is being predicted already.", mend="Try again in a second.")
        asked = Asked(model, as_of, rows, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._predict_what_waits())
        return await asked.answer

    async def _predict_what_waits(self) -> None:
        while self._waiting:
            if self._many:
                await asyncio.sleep(GATHER_SECONDS)
            together = self._next()
            self._many = len(together) > 1
            try:
                answers: list[Numbers | Exception] = list(await run_in_threadpool(_numbers, together))
            except Exception:  # noqa: BLE001 - one of them is at fault: whoever it is shall hear, and only they
                answers = [await run_in_threadpool(_number_or_fault, one) for one in together]
            for asked, answer in zip(together, answers, strict=True):
                if asked.answer.done():
                    continue
                if isinstance(answer, Exception):
                    asked.answer.set_exception(answer)
                else:
                    asked.answer.set_result(answer)

    def _next(self) -> list[Asked]:
        """Take those that one call can answer: of one model and moment, as long as they are not too many."""
        first = self._waiting[0]
        together: list[Asked] = []
        rows = 0
        for asked in self._waiting:
            if asked.model is first.model and asked.as_of == first.as_of:
                rows += len(asked.rows)
                if together and rows > MOST_ROWS:
                    break
                together.append(asked)
        taken = set(map(id, together))
        self._waiting = [asked for asked in self._waiting if id(asked) not in taken]
        return together


def _numbers(together: list[Asked]) -> list[Numbers]:
    model, as_of = together[0].model, together[0].as_of
    rows = np.concatenate([asked.rows for asked in together])
    behaviour = pd.DataFrame(rows, columns=list(model.metadata.features))
    said = model.numbers(behaviour, as_of)
    ends = np.cumsum([len(asked.rows) for asked in together])[:-1]
    parts = {name: np.split(values, ends) for name, values in said.items()}
    return [{name: of[place] for name, of in parts.items()} for place in range(len(together))]


def _number_or_fault(asked: Asked) -> Numbers | Exception:
    try:
        return _numbers([asked])[0]
    except JorenError:
        return UnpredictableError("These rows are no customer's.", mend="See the units of the features.")
    except Exception as fault:  # noqa: BLE001 - handed to who asked, as a fault of ours
        return fault
