"""For every test and doctest, however pytest was started."""

from __future__ import annotations

import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

collect_ignore = ["training/pyfunc_model.py"]  # MLflow alone runs it; importing it imports MLflow
