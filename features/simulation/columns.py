"""Arrays to the columns of an Arrow table: ids, times, money."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.simulation.world import Floats, Ints, World

__all__ = ["DAY_SECONDS", "codes", "moments", "pick", "within", "yen"]

DAY_SECONDS = 86_400


def codes(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """Return text such as "o-000017"."""
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, padded, "-")


def pick(names: tuple[str, ...] | NDArray[np.str_], positions: Ints) -> pa.Array:
    """Return the name at each position."""
    return pa.array(list(names)).take(pa.array(positions))


def moments(world: World, seconds: Floats | Ints) -> pa.Array:
    """Return the wall time so many seconds after the world's start; null where it is not finite.

    Null, too, beyond the world's last day: it has not come yet.
    """
    come = seconds < world.days * DAY_SECONDS
    whole = np.where(come, seconds, 0).astype(np.int64)
    times = np.datetime64(world.start, "us") + whole.astype("timedelta64[s]")
    return pa.array(times, mask=~come)


def yen(amounts: Floats | Ints) -> pa.Array:
    """Return money in whole yen."""
    return pa.array(np.rint(amounts).astype(np.int64))


def within(world: World, seconds: Floats | Ints) -> NDArray[np.bool_]:
    """Return which of the times have come by the end of the world's last day."""
    return seconds < world.days * DAY_SECONDS
