"""From when on a movement is an alert: ``[monitor]`` of ``joren.toml``."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """How far something may move; what chance alone would do, and what is usual, is allowed on top.

    ``psi``: population stability index of a feature, of the scores or of a column's categories.
    ``missing_share``: change of the share of customers of whom a feature is not known.
    ``new_category_share``: share of the customers who have a category that was not there before.
    ``auc_drop``: how far the realised AUC may lie below what the scores themselves promised.
    ``calibration_error``: mean distance of stated from realised churn (ECE).
    ``revised_share``: share of an earlier run's customers whose score is another by today's data.
    """

    psi: float = 0.25
    missing_share: float = 0.10
    new_category_share: float = 0.02
    auc_drop: float = 0.05
    calibration_error: float = 0.10
    revised_share: float = 0.05
