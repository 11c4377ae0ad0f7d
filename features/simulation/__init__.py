"""A made-up shop whose truth is known: buyers who leave, seasons, trouble, offers that work."""

from __future__ import annotations

from features.simulation.shop import CURRENCY, ZONE, Shop, simulate
from features.simulation.world import Effects, World

__all__ = ["CURRENCY", "ZONE", "Effects", "Shop", "World", "simulate"]
