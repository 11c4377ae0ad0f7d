"""Joren (常連): which customers are about to leave, what each is worth, why, and whom it pays to keep."""

__version__ = "0.1.0"
