"""MBG/NBD: Batislam, Denizel & Filiztekin (2007), International Journal of Research in Marketing 24.

Hoppe & Wagner (2007) gave the same model as CBG/NBD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.models.beta_geometric import BetaGeometricNBD

__all__ = ["MBGNBD"]


@dataclass(frozen=True)
class MBGNBD(BetaGeometricNBD):
    """BG/NBD whose coin is tossed after the first purchase too: one who has bought only once may have left.

    >>> cdnow = MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614)  # weeks
    >>> float(cdnow.probability_alive(x=0, t_x=0, T=0).round(3))
    0.644
    """

    NAME: ClassVar[str] = "mbgnbd"
    FIRST_TOSS: ClassVar[int] = 1
