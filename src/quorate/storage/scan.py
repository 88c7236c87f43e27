"""Reading one segment file: its intact frames, and why reading stopped."""

from collections.abc import Iterator
from typing import NamedTuple

from quorate.core.durable import LogPoint
from quorate.storage.frame import (
    END,
    FRAME_LIMIT,
    FRAME_OVERHEAD,
    HEADER,
    HEADER_MAGIC,
    PREAMBLE,
    Header,
    decode_header,
    decode_preamble,
    looks_interrupted,
    segment_seed,
)
from quorate.storage.record import FORMAT, BadRecordError, Record, decode_records
from quorate.storage.run import Run, read_run
from quorate.storage.window import BLOCK, Window

_HELD = BLOCK // 16
"""Bytes that a run is looked for in, at least: below it a new block is read, and what was held is read twice."""


class Frame(NamedTuple):
    """An intact write: `size` bytes at `offset`."""

    offset: int
    size: int
    number: int
    records: list[Record]


class Stop(NamedTuple):
    """`offset`: of the write that is not intact. `at`: of the bad bytes in it. `interrupted`: a write that never
    finished explains what is there. `misplaced`: the write is intact as far as looked at, but has the wrong number. `newer`: it is
    intact, and of a newer release."""

    offset: int
    at: int
    what: str
    interrupted: bool = False
    misplaced: bool = False
    newer: bool = False


class SegmentScan:
    """One pass over a segment. `end`: offset after the last intact frame so far. After `frames()` is exhausted `stop` is None if only
    zeros follow it."""

    def __init__(self, window: Window, disk: int, segment: int) -> None:
        self.end = 0
        self.stop: Stop | None = None
        self._expected: int | None = None
        self._window = window
        self._disk = disk
        self._segment = segment
        self._seed = segment_seed(disk, segment)

    def frames(self, expected: int | None) -> Iterator[Frame]:
        """The intact frames from the start, as long as their numbers rise by one. `expected`: number of the first, if it is known."""
        if self._window.is_blank():
            return
        self.stop = self._check_preamble()
        if self.stop is None:
            yield from self.frames_from(PREAMBLE.size, expected)
        if not self.end:  # the preamble was part of the first write and shares its fate
            stop = self.stop or Stop(0, 0, "nothing follows the segment's preamble", interrupted=True)
            self.stop = stop._replace(offset=0)

    def frames_from(self, offset: int, expected: int | None) -> Iterator[Frame]:
        """As `frames`, from a frame border on."""
        self._expected = expected
        found = self._frame(offset, expected)
        while isinstance(found, Frame):
            self.end = found.offset + found.size
            self._expected = found.number + 1
            yield found
            found = self._frame(self.end, self._expected)
        self.stop = found

    def run_ahead(self, last: LogPoint) -> Run | None:
        """Between two frames: take in one go the plain writes that follow, after the entry `last`. None: the next write is none, or it
        is for `frames` to read, whatever it is."""
        if self._expected is None:
            return None
        block, low = self._window.held(self.end, _HELD)
        run = read_run(block, low, self.end, self._seed, self._expected, last)
        if not run.writes:
            return None
        self.end = run.end
        self._expected += run.writes
        return run

    def later_write(self, offset: int, number: int) -> int | None:
        """Offset of the first intact header, at or after `offset`, of a write with a number above `number`: proof that
        writes up to `number` were durable."""
        while (found := self._window.find(HEADER_MAGIC, offset)) is not None:
            header = decode_header(self._window.read(found, HEADER.size), found, self._seed)
            if header is not None and header.number > number:
                return found
            offset = found + 1
        return None

    def _check_preamble(self) -> Stop | None:
        data = self._window.read(0, PREAMBLE.size)
        preamble = decode_preamble(data)
        if preamble is None:
            interrupted = looks_interrupted(data.ljust(PREAMBLE.size, b"\0"), 0)
            return Stop(0, 0, "the segment's preamble is not intact", interrupted)
        if preamble.format != FORMAT:
            what = f"the segment has format {preamble.format}, this version of quorate reads format {FORMAT}"
            return Stop(0, 0, what, newer=preamble.format > FORMAT)
        if (preamble.disk, preamble.segment) != (self._disk, self._segment):
            what = f"segment {preamble.segment} of disk id {preamble.disk} stands where segment {self._segment} belongs"
            return Stop(0, 0, what)
        return None

    def _frame(self, offset: int, expected: int | None) -> Frame | Stop | None:
        """The frame at `offset`; None if nothing but zeros follows."""
        data = self._window.read(offset, HEADER.size)
        header = decode_header(data, offset, self._seed)
        if header is None:
            if self._window.is_blank(offset):
                return None
            interrupted = looks_interrupted(data.ljust(HEADER.size, b"\0"), offset)
            return Stop(offset, offset, "the header of a write is not intact", interrupted)
        if expected is not None and header.number != expected:
            what = f"write {header.number} stands where write {expected} belongs"
            return Stop(offset, offset, what, misplaced=True)
        if header.length > FRAME_LIMIT:
            return Stop(offset, offset, f"a write of {header.length} bytes is above the limit of {FRAME_LIMIT}")
        return self._body(offset, header)

    def _body(self, offset: int, header: Header) -> Frame | Stop:
        size = FRAME_OVERHEAD + header.length
        body_at = offset + HEADER.size
        body = self._window.read(body_at, header.length + len(END)).ljust(header.length + len(END), b"\0")
        try:
            records = list(decode_records(body[: header.length], body_at, self._seed))
        except BadRecordError as error:
            interrupted = not error.written and self._interrupted(offset, size)
            return Stop(offset, error.offset, error.what, interrupted, newer=error.newer)
        if body[header.length :] != END:
            end_at = body_at + header.length
            return Stop(offset, end_at, "the end mark of a write is not intact", self._interrupted(offset, size))
        return Frame(offset, size, header.number, records)

    def _interrupted(self, offset: int, size: int) -> bool:
        return looks_interrupted(self._window.read(offset, size).ljust(size, b"\0"), offset)
