"""Tensors of the Open Inference Protocol to feature rows, and predictions to tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from types import NoneType
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving.errors import TensorsRefusedError
from serving.schemas import Question

__all__ = ["FEATURES", "InferRequest", "Tensor", "rows_of", "tensors_of"]

FEATURES = "features"
"""The name of the one tensor that holds all features, row by row."""

INTEGERS = (f"{sign}INT{bits}" for sign in ("", "U") for bits in (64, 32, 16, 8))
NUMBERS = ("FP64", "FP32", "FP16", *INTEGERS, "BOOL")


class Tensor(Question):
    """One input: a feature of all rows, or all features of all rows."""

    name: str = Field(description="A feature's name, or `features`.", examples=["orders"])
    shape: list[Annotated[int, Field(ge=1, strict=True)]] = Field(
        min_length=1, max_length=2, description="[rows] or [rows, 1]; of `features` [rows, features]."
    )
    datatype: str = Field(description="FP64, or another kind of number.", examples=["FP64"])
    parameters: dict[str, Any] | None = Field(default=None, description="Not looked at.")
    data: list[Any] = Field(description="The values, row by row, flat or nested; null where missing.")


class WantedOutput(Question):
    """An output that is wanted."""

    name: str = Field(description="Its name.", examples=["churn_probability"])
    parameters: dict[str, Any] | None = Field(default=None, description="Not looked at.")


class InferRequest(Question):
    """Feature rows."""

    id: str | None = Field(default=None, description="Comes back with the answer.", examples=["42"])
    parameters: dict[str, Any] | None = Field(
        default=None,
        description="`as_of`: the local day that the rows are of, YYYY-MM-DD; unless given, the model's own.",
        examples=[{"as_of": "2026-03-31"}],
    )
    inputs: list[Tensor] = Field(description="One for each feature of the model, or `features` alone.")
    outputs: list[WantedOutput] | None = Field(default=None, description="All unless some are named.")


def rows_of(tensors: Sequence[Tensor], features: Sequence[str]) -> NDArray[np.float64]:
    """Return (rows, features), NaN where missing; raises ``TensorsRefusedError`` where they are none."""
    named = {tensor.name: tensor for tensor in tensors}
    if len(named) < len(tensors):
        raise TensorsRefusedError("An input is given twice.")
    if set(named) == {FEATURES}:
        rows = _values(named[FEATURES])
        if rows.shape[1] != len(features):
            raise TensorsRefusedError(f"A row of {FEATURES} holds {len(features)} values.")
        return rows
    missing = [name for name in features if name not in named]
    if missing:
        raise TensorsRefusedError(f"{len(missing)} inputs lack, {', '.join(missing[:5])} among them.")
    if len(named) > len(features):
        raise TensorsRefusedError("Some inputs are no features of the model.")
    columns = [_values(named[name]) for name in features]
    if len({column.shape for column in columns}) > 1 or columns[0].shape[1] != 1:
        raise TensorsRefusedError("Every input has the shape [rows] or [rows, 1], with as many rows.")
    return np.hstack(columns)


def _values(tensor: Tensor) -> NDArray[np.float64]:
    """Return the tensor as (rows, columns)."""
    if tensor.datatype not in NUMBERS:
        raise TensorsRefusedError("The datatype of an input is no number's.", mend=f"Write {NUMBERS[0]}.")
    data = tensor.data
    if any(isinstance(value, list) for value in data):
        if not all(isinstance(value, list) for value in data):
            raise TensorsRefusedError("The data of an input is neither flat nor nested.")
        data = list(chain.from_iterable(data))
    if not all(type(value) in {int, float, bool, NoneType} for value in data):
        raise TensorsRefusedError("The data of an input holds what is no number.")
    rows, columns = (*tensor.shape, 1)[:2]
    if len(data) != rows * columns:
        raise TensorsRefusedError("The data of an input does not fill its shape.")
    try:
        return np.array(data, dtype=np.float64).reshape(rows, columns)
    except OverflowError as error:
        raise TensorsRefusedError("The data of an input holds a number beyond a double.") from error


def tensors_of(said: Mapping[str, NDArray[np.float64]]) -> list[dict[str, object]]:
    """Return predictions as tensors, null where there is none."""
    return [
        {
            "name": name,
            "shape": [len(values)],
            "datatype": "FP64",
            "data": [value if np.isfinite(value) else None for value in values.tolist()],
        }
        for name, values in said.items()
    ]
