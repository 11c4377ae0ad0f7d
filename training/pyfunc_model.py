"""How a notebook loads a bundle from MLflow: ``mlflow.pyfunc.load_model("models:/joren@champion")``.

MLflow keeps this file beside the bundle and runs it there ("models from code": nothing is pickled). Joren
itself must be installed where the model is loaded. Its source is not put into the model: there it would come
before the ``features`` and ``training`` of the Joren that the same notebook imports.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from training.bundle import Bundle


class JorenModel(PythonModel):
    """A bundle, as MLflow calls it."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle among the model's artefacts; ``BundleError`` where it is damaged."""
        self.bundle = Bundle.load(Path(context.artifacts["bundle"]))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow passes it
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - the same
    ) -> pd.DataFrame:
        """Return the scores of a behaviour table, a row each, without reasons (the bundle tells those).

        ``as_of`` is the table's, or the bundle's where it has none; ``ValueError`` where it mixes several.
        """
        as_of = self.bundle.metadata.as_of
        if "as_of" in model_input:
            moments = pd.to_datetime(model_input["as_of"]).dt.date.unique()
            if len(moments) > 1:
                raise ValueError(f"the table mixes {len(moments)} moments: score one at a time")
            as_of = next(iter(moments), as_of)
        return self.bundle.score_table(model_input, as_of).drop(columns="reasons")


set_model(JorenModel())
