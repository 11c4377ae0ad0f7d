"""What the tables tell without a model: NPS, CSAT, CES, churn and retention, cohorts, support."""

from __future__ import annotations

from features.cx.experience import ACTIVITY_DAYS, Experience, experience

__all__ = ["ACTIVITY_DAYS", "Experience", "experience"]
