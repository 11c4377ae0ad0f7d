"""What the Open Inference Protocol answers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from features.catalogue import CATALOGUE
from serving.in_use import Predictor
from serving.wire_score import Answer
from training.bundle import NUMBERS

__all__ = [
    "NAME",
    "InferAnswer",
    "LiveAnswer",
    "ModelAnswer",
    "ModelReadyAnswer",
    "OutputTensor",
    "ReadyAnswer",
    "ServerAnswer",
    "described",
]

NAME = "joren"
MEANINGS = {feature.name: f"{feature.meaning}, in {feature.unit}" for feature in CATALOGUE}


class ServerAnswer(Answer):
    """What answers."""

    name: str = Field(default="joren", description="Its name.", examples=["joren"])
    version: str = Field(default="1", description="The version of its API.", examples=["1"])
    extensions: list[str] = Field(default=[], description="It has none.")


class LiveAnswer(Answer):
    """The process answers."""

    live: Literal[True] = Field(default=True, description="Always true.")


class ReadyAnswer(Answer):
    """Whether rows can be predicted."""

    ready: bool = Field(description="Whether a model is in use.", examples=[True])


class ModelReadyAnswer(Answer):
    """The model is in use."""

    name: str = Field(description="The model's name.", examples=[NAME])
    ready: Literal[True] = Field(default=True, description="Always true.")


class TensorMetadata(Answer):
    """An input or an output."""

    name: str = Field(description="Its name.", examples=["orders"])
    datatype: str = Field(description="Always FP64.", examples=["FP64"])
    shape: list[int] = Field(description="[-1]: one value a row.", examples=[[-1]])
    parameters: dict[str, str] | None = Field(
        default=None, description="`meaning`: what it says, and in which unit."
    )


class ModelAnswer(Answer):
    """A model."""

    name: str = Field(description="Its name.", examples=[NAME])
    versions: list[str] = Field(description="The version in use.", examples=[["0a1b2c3d4e5f"]])
    platform: str = Field(default="joren_bundle", description="What it is.", examples=["joren_bundle"])
    inputs: list[TensorMetadata] = Field(description="Its features, in their order.")
    outputs: list[TensorMetadata] = Field(description="What it predicts.")
    parameters: dict[str, Any] = Field(
        description="`as_of`, `horizon_days`, `zone` and `currency` of its predictions.",
        examples=[{"as_of": "2026-03-31", "horizon_days": 91, "zone": "Asia/Tokyo", "currency": "JPY"}],
    )


class OutputTensor(Answer):
    """What is predicted of each row."""

    name: str = Field(description="What it is.", examples=["churn_probability"])
    shape: list[int] = Field(description="[rows].", examples=[[1]])
    datatype: str = Field(description="FP64.", examples=["FP64"])
    data: list[float | None] = Field(
        description="A value a row; null where there is none.", examples=[[0.71]]
    )


class InferAnswer(Answer):
    """Predictions."""

    id: str | None = Field(default=None, description="That of the request.", examples=["42"])
    model_name: str = Field(description="The model's name.", examples=[NAME])
    model_version: str = Field(description="The version that predicted.", examples=["0a1b2c3d4e5f"])
    parameters: dict[str, str] = Field(description="`as_of`: the local day that the rows are of.")
    outputs: list[OutputTensor] = Field(description="Those wanted.")


def described(model: Predictor) -> ModelAnswer:
    """Return what a client must know to ask ``model``."""
    origin = model.metadata
    return ModelAnswer(
        name=NAME,
        versions=[model.version],
        inputs=[_one_a_row(name, MEANINGS.get(name)) for name in origin.features],
        outputs=[_one_a_row(name) for name in NUMBERS],
        parameters={
            "as_of": str(origin.as_of),
            "horizon_days": origin.horizon_days,
            "zone": origin.zone,
            "currency": origin.currency,
        },
    )


def _one_a_row(name: str, meaning: str | None = None) -> TensorMetadata:
    told = None if meaning is None else {"meaning": meaning}
    return TensorMetadata(name=name, datatype="FP64", shape=[-1], parameters=told)
