"""Reads a trace file, of whatever kind: its header, then line by line what happened. What it cannot read it names by file and line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from quorate.algorithms.catalog import find
from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable
from quorate.core.errors import ConfigError, TraceError
from quorate.runtime.record import UNREADABLE, Fatal, Record, TypedDecoder
from quorate.runtime.trace_format import Ended, NodeHeader, Past, Preamble, lines_of, read_preamble
from quorate.sim.traces.header import StormHeader
from quorate.sim.traces.lines import ClockSet, ClusterHeader, Crashed, Happened, Started, Stopped, Verdict
from quorate.wire.refusal import printable

HEADERS: dict[str, type[Preamble]] = {"node": NodeHeader, "storm": StormHeader, "cluster": ClusterHeader}

LINES = (Record, Fatal, Past, Ended, Started, ClockSet, Crashed, Stopped, Happened, Verdict)


MOST_WORDS = 2000
"""Characters of a complaint: it may quote what is in the file."""


class Line(msgspec.Struct, frozen=True):
    """One line after the header: its number in the file, its bytes, and what they say."""

    number: int
    data: bytes
    what: msgspec.Struct


class TraceReader:
    """An open trace file. `header` is known at once, the lines come as they are asked for. `torn`: the last line has no end, because
    whoever wrote it died; it is left out.

    Raises `TraceError` for what is no trace, and from `lines` for a line that cannot be read.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.torn = False
        self._raw = lines_of(file, name)
        _, first = next(self._raw, (0, b""))
        preamble = read_preamble(first, name)
        self.spec = self._spec(preamble)
        self.header: Preamble = self._header(first, preamble)
        self._decoder = TypedDecoder(self.spec, *LINES)

    def error(self, number: int, what: str) -> TraceError:
        """An error that names the place."""
        return TraceError(f"{self.name}:{number}: {printable(what, MOST_WORDS)}")

    def lines(self) -> Iterator[Line]:
        """All lines after the header, once."""
        for number, data in self._raw:
            if not data.endswith(b"\n"):
                self.torn = True
                return
            try:
                what = self._decoder.decode(data)
            except UNREADABLE as error:
                raise self.error(
                    number, f"unreadable: {error}; the file was changed, or another quorate wrote it"
                ) from error
            yield Line(number, data, what)

    def _spec(self, preamble: Preamble) -> AlgorithmSpec:
        try:
            return find(preamble.algorithm)
        except ConfigError as error:
            raise self.error(1, str(error)) from error

    def _header(self, line: bytes, preamble: Preamble) -> Preamble:
        kind = HEADERS.get(preamble.kind)
        if kind is None:
            raise self.error(1, f"a trace of kind {preamble.kind[:40]!r}, which this quorate does not know")
        try:
            header = TypedDecoder(self.spec, kind).decode(line)
        except UNREADABLE as error:
            raise self.error(1, f"the header is unreadable: {error}; another quorate may have written it") from error
        return cast("Preamble", header)


@contextmanager
def open_trace(path: Path) -> Iterator[TraceReader]:
    """Open a file. Raises `TraceError`, and `OSError` if it cannot be opened."""
    with path.open("rb") as file:
        yield TraceReader(file, str(path))


def past_of_node(reader: TraceReader, header: NodeHeader, lines: Iterator[Line]) -> Durable:
    """What was durable when a real node started: takes as many lines as that has. Raises `TraceError` if they are not there."""
    durable = header.durable
    entries = list(durable.entries)
    while len(entries) < header.entries:
        line = next(lines, None)
        if line is None or not isinstance(line.what, Past):
            raise reader.error(
                line.number if line else 1,
                f"{header.entries:,} durable entries should come first, there are {len(entries):,}; the file is cut off",
            )
        entries += line.what.entries
    return msgspec.structs.replace(durable, entries=tuple(entries))
