"""What training may be told: a frozen value, made by ``joren/project.py`` or by hand."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TrainingConfig:
    """How models are fitted.

    ``horizon_days``: length of the outcome window. ``seed``: of every draw. ``threads``: of the tree
    learner; part of what makes two fits the same to the last bit. ``max_moments``: past moments in the
    panel at the most. ``max_rows``: rows of the panel that the learners see at the most (drawn by the seed;
    the run says so).
    """

    horizon_days: int
    seed: int = 0
    threads: int = 1
    max_moments: int = 12
    max_rows: int = 60_000

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a count below one."""
        for name in ("horizon_days", "threads", "max_moments", "max_rows"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it is at least 1")

    def to_dict(self) -> dict[str, int]:
        """Return the settings by name."""
        return asdict(self)
