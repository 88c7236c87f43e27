"""How far a storm has come: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich import progress
from rich.console import Console

LINE_EVERY_S = 10.0
"""Between two lines in a file."""


class Progress:
    """For `with`. Everything goes to `console`."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0
        self._started = self._line_at = time.perf_counter()
        self._bar: progress.Progress | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            self._bar = progress.Progress(
                progress.TextColumn("storm"),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TextColumn("{task.fields[failed]} failed"),
                progress.TextColumn("{task.fields[rate]:.1f} seeds/s"),
                progress.TimeElapsedColumn(),
                progress.TimeRemainingColumn(),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("seeds", total=total, failed=0, rate=0.0)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, text: str) -> None:
        """News, above the bar."""
        self._console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)

    def done(self, failed: int) -> None:
        """One more seed is done; so many have failed."""
        self._done += 1
        now = time.perf_counter()
        rate = self._done / max(now - self._started, 1e-9)
        if self._bar is not None:
            self._bar.update(self._task, advance=1, failed=failed, rate=rate)
        elif now - self._line_at >= LINE_EVERY_S:
            self._line_at = now
            left = (self._total - self._done) / rate
            text = (
                f"{self._done:,} of {self._total:,} seeds, {failed} failed, {rate:.1f} seeds/s, about {left:.0f} s left"
            )
            self._console.print(text, highlight=False, soft_wrap=True)
