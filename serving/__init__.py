"""Scores for other systems, and pages for people."""
