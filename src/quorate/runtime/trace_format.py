"""What a trace file is made of beside records. One format for simulated and real runs: JSON Lines, the first line a header.

A real node's file: a `NodeHeader`, the entries that were durable at the start (`Past`, as many lines as it takes), a `Record` a step, and
`Ended` if tracing ended before the node did. A simulated run's file: see `quorate.sim.traces.lines`.
"""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from quorate.core.durable import Durable, Identity
from quorate.core.entry import Entry
from quorate.core.errors import TraceError
from quorate.core.ids import Nanos
from quorate.wire.refusal import printable

FORMAT = "quorate-trace"
VERSION = 1

MAX_LINE_BYTES = 256 * 1024 * 1024
"""What one line may have: a step with the largest entries, sent to several peers, in base64."""

PAST_BYTES = 1024 * 1024
"""Data of the entries in one line of the past: many small lines, rather than one that nobody can read."""


class Preamble(msgspec.Struct, frozen=True):
    """What every header begins with, so that anybody can tell what a file is. `kind`: `node`, or of a simulated run `storm` or `cluster`.
    `quorate`: the version that wrote it."""

    format: str
    version: int
    kind: str
    quorate: str
    algorithm: str


class NodeHeader(Preamble, frozen=True):
    """All that makes a real node's algorithm the one it was. `seed`: of its `random.Random`. `durable`: without the entries, of which
    `entries` follow. `began`: the wall clock when tracing began, for people; records have the monotonic clock."""

    identity: Identity
    config: msgspec.Struct
    seed: int
    durable: Durable
    entries: int
    began: str = ""


class Past(msgspec.Struct, frozen=True, tag=True):
    """Entries that were durable at the start; each line continues the one before."""

    entries: tuple[Entry, ...]


class Ended(msgspec.Struct, frozen=True, tag=True):
    """Tracing ended here, the node went on. `at`: its own clock, at the first step that is missing."""

    at: Nanos
    reason: str


_encoder = msgspec.json.Encoder(order="deterministic")


def encode_line(line: msgspec.Struct) -> bytes:
    """One line, with its newline."""
    return _encoder.encode(line) + b"\n"


def past_of(entries: tuple[Entry, ...]) -> Iterator[Past]:
    """The past in lines of bounded size; a single larger entry still is one."""
    page: list[Entry] = []
    size = 0
    for entry in entries:
        if page and size + len(entry.data) > PAST_BYTES:
            yield Past(tuple(page))
            page, size = [], 0
        page.append(entry)
        size += len(entry.data) + 64
    if page:
        yield Past(tuple(page))


def lines_of(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers, from 1. Raises `TraceError` for one over `MAX_LINE_BYTES`, without reading on.

    A last line without its newline is what a process wrote when it died, and comes as it is.
    """
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise TraceError(
                f"{name}:{number}: the line is longer than {MAX_LINE_BYTES:,} bytes; this is no trace, or it is damaged"
            )
        yield number, line


_preambles = msgspec.json.Decoder(Preamble)


def read_preamble(line: bytes, name: str) -> Preamble:
    """What a file's first line says it is. Raises `TraceError`."""
    try:
        preamble = _preambles.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise TraceError(
            f"{name}:1: no header of a trace: {printable(str(error))}; is this a file that quorate wrote?"
        ) from error
    if preamble.format != FORMAT:
        raise TraceError(f"{name}:1: the header says {preamble.format[:40]!r}, expected {FORMAT!r}; is this a trace?")
    if preamble.version != VERSION:
        raise TraceError(
            f"{name}:1: written in version {preamble.version} of the format, this quorate reads version {VERSION}; "
            f"use the quorate that wrote it: {preamble.quorate[:40]!r}"
        )
    return preamble
