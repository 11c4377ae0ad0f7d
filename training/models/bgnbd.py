"""BG/NBD: Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.models.beta_geometric import BetaGeometricNBD

__all__ = ["BGNBD"]


@dataclass(frozen=True)
class BGNBD(BetaGeometricNBD):
    """Buying rates λ ~ Gamma(r, α); after each repeat purchase a customer leaves with p ~ Beta(a, b).

    One who has bought once only cannot have left yet: P(alive) = 1 for x = 0, by construction.

    >>> cdnow = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)  # weeks
    >>> float(cdnow.expected_purchases(39, x=2, t_x=30.43, T=38.86).round(2))
    1.23
    """

    NAME: ClassVar[str] = "bgnbd"
    FIRST_TOSS: ClassVar[int] = 0
