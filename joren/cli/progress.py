"""Which step a run is at, on stderr: a line that moves on a terminal, one plain line a step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

__all__ = ["Steps"]


class Steps:
    """The steps of a run, each told when it is done with the seconds it took.

    >>> import sys
    >>> steps = Steps(Console(file=sys.stdout, width=40))
    >>> with steps.step("Reading transactions.csv"):  # doctest: +ELLIPSIS
    ...     pass
    ✓ Reading transactions.csv  ... s
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show ``title`` while the block runs; of a block that fails, only the error is told."""
        began = perf_counter()
        with self._moving(title):
            yield
        self._console.print(_done(title, perf_counter() - began))

    def _moving(self, title: str) -> AbstractContextManager[object]:
        if not self._console.is_terminal:
            return nullcontext()
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        progress = Progress(*columns, console=self._console, transient=True)
        progress.add_task(title, total=None)
        return progress


def _done(title: str, seconds: float) -> Text:
    return Text.assemble(("✓ ", "green"), title, (f"  {seconds:.1f} s", "dim"))
