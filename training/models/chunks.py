"""Long sums, taken in slices that fit the processor's cache.

The slices are short enough, too, for BLAS to leave them to one thread. So a sum is fast, and the same to
the last bit however many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from training.models.optimise import Derivatives

__all__ = ["chunks", "summed"]


def chunks(size: int, rows: int) -> Iterator[slice]:
    """Yield slices of ``rows`` rows that cover ``size`` of them."""
    for first in range(0, size, rows):
        yield slice(first, min(first + rows, size))


def summed(start: Derivatives, function: Callable[[slice], Derivatives], size: int, rows: int) -> Derivatives:
    """Return ``start`` plus what a function says of each slice."""
    for part in chunks(size, rows):
        start = start.plus(function(part))
    return start
