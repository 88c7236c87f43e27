"""What `quorate up` shows while it runs: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import errno
import io
import os
import select
from collections.abc import Sequence
from typing import IO, Protocol

from rich.console import Console
from rich.live import Live

from quorate.cli.table import NodeRow, as_lines, as_table, leader_of, term_of


class Board(Protocol):
    """Where news and the state of the cluster go."""

    def say(self, text: str) -> None:
        """Something happened."""
        ...

    def show(self, rows: Sequence[NodeRow]) -> None:
        """The state is now this."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


class LiveBoard:
    """A table that is drawn over itself; news scroll by above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """Above the table."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, rows: Sequence[NodeRow]) -> None:
        """Draw the table."""
        table = as_table(rows, endpoints=False)
        if self._live is None:
            self._live = Live(table, console=self._console, auto_refresh=False)
            self._live.start()
        self._live.update(table, refresh=True)

    def close(self) -> None:
        """Leave the last table where it is."""
        if self._live is not None:
            self._live.stop()
            self._live = None


class LineBoard:
    """Lines for a file or a pipe: the whole table once, and then only what changes in roles, terms and processes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: dict[str, str] = {}

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, rows: Sequence[NodeRow]) -> None:
        """A line for each node that has changed. Growing indexes are no news. Raises `BrokenPipeError` when nobody reads any more:
        a cluster at rest has nothing to say, and would not notice by itself."""
        if _reader_is_gone(self._console.file):
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if not self._before and leader_of(rows) is not None:
            self.say("\n".join(as_lines(rows)))
            self._before = {row.endpoint: _summary(row) for row in rows}
        for row in rows:
            summary = _summary(row)
            if self._before and self._before.get(row.endpoint) != summary:
                self._before[row.endpoint] = summary
                self.say(summary)

    def close(self) -> None:
        """Nothing is held."""


def board_for(console: Console) -> Board:
    """The one that suits where the output goes."""
    return LiveBoard(console) if console.is_terminal else LineBoard(console)


def _reader_is_gone(file: IO[str]) -> bool:
    """Whether `file` is a pipe or socket whose other end has closed."""
    try:
        descriptor = file.fileno()
    except io.UnsupportedOperation:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)  # an error is told without being asked for
    return any(flags & select.POLLERR for _, flags in poll.poll(0))


def _summary(row: NodeRow) -> str:
    view = row.view
    if view is None:
        return f"node {row.id}: {row.note}"
    leader = f"leader {view.leader}" if view.leader is not None else f"no leader ({view.why or 'none is known'})"
    return f"node {view.id}: {view.role}, term {term_of(view)}, {leader}, pid {view.pid}"
