"""Churn and lifetime-value models: fitted, judged, kept."""
