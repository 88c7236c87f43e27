"""Where a bit may decay on a simulated disk so that the node is bound to notice, or never reads it.

Not in the last write of the log: there a flipped bit cannot be told from a write that power cut off (see `storage/recovery.py`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from quorate.sim.disk import SimDisk
from quorate.sim.image import DiskImage
from quorate.storage.frame import PREAMBLE, decode_preamble
from quorate.storage.layout import PARTIAL_SUFFIX, SNAPSHOT_SUFFIX, SNAPSHOTS, WAL, segment_numbers, segment_path
from quorate.storage.scan import SegmentScan
from quorate.storage.window import Window

Aged: TypeAlias = Literal["log", "snapshot"]
"""What of a node's past is hit."""


class Span(NamedTuple):
    """The first `size` bytes of a file: durable before the newest ones were written."""

    path: str
    size: int


def old_spans(image: DiskImage, what: Aged) -> list[Span]:
    """Where old records lie: in segments all but the last write, in snapshots everything, of those that are being received too: their
    digest is checked at the end, whatever was torn."""
    if what == "snapshot":
        files = image.durable_files(SNAPSHOTS)
        return [
            Span(path, len(data))
            for path, data in files.items()
            if path.endswith((SNAPSHOT_SUFFIX, PARTIAL_SUFFIX)) and data
        ]
    files = image.durable_files(WAL)
    spans: list[Span] = []
    last = 0
    for number in segment_numbers([path.rpartition("/")[2] for path in files]):
        path = segment_path(number)
        writes = _writes(files[path], number)
        if writes:
            spans.append(Span(path, writes[-1]))
            last = writes[-2] if len(writes) > 1 else 0
    if not spans:
        return []
    return [*spans[:-1], spans[-1]._replace(size=last)] if last else spans[:-1]


def flip_old(image: DiskImage, what: Aged, place: int, bit: int) -> str | None:
    """Turn one bit of the old records: byte number `place`, counted through all of them and round again. The path, or None if
    there are none."""
    spans = old_spans(image, what)
    size = sum(span.size for span in spans)
    if not size:
        return None
    place %= size
    for span in spans:
        if place < span.size:
            image.flip(span.path, place, bit % 8)
            image.find(span.path).rotten = True
            return span.path
        place -= span.size
    return None


def _writes(data: bytes, number: int) -> list[int]:
    """Where each write of a segment ends; the first one has the preamble with it."""
    preamble = decode_preamble(data[: PREAMBLE.size])
    if preamble is None:
        return []
    file = SimDisk(DiskImage()).open("segment", create=True)
    file.write(0, data)
    scan = SegmentScan(Window(file), preamble.disk, number)
    return [frame.offset + frame.size for frame in scan.frames(None)]
