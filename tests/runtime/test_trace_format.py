"""The frame of a trace file: its header, its past, its lines."""

from __future__ import annotations

import io
from zlib import crc32

import msgspec
import pytest

from quorate.core.durable import Durable, Identity
from quorate.core.entry import Entry
from quorate.core.errors import TraceError
from quorate.runtime import trace_format
from quorate.runtime.trace_format import (
    FORMAT,
    VERSION,
    Ended,
    NodeHeader,
    Preamble,
    encode_line,
    lines_of,
    past_of,
    read_preamble,
)


class Settings(msgspec.Struct, frozen=True):
    """Of an algorithm."""

    patience_ms: int = 5


HEADER = NodeHeader(
    FORMAT, VERSION, "node", "0.1", "fake", Identity("c", 1, 7, 1, (1, 2)), Settings(), 2**64 - 1, Durable(), 0, "today"
)


def entries(*sizes: int) -> tuple[Entry, ...]:
    return tuple(Entry(number, 1, 1, bytes(size), crc32(bytes(size))) for number, size in enumerate(sizes, 1))


def test_a_header_says_what_the_file_is() -> None:
    line = encode_line(HEADER)
    assert line.startswith(b'{"format":"quorate-trace","version":1,"kind":"node","quorate":"0.1","algorithm":"fake",')
    assert line.endswith(b"}\n")
    assert b'"seed":18446744073709551615' in line
    assert read_preamble(line, "x") == Preamble(FORMAT, VERSION, "node", "0.1", "fake")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"", "x:1: no header of a trace"),
        (b"\x00\x01\x02", "x:1: no header of a trace"),
        (b"[" * 100_000, "x:1: no header of a trace"),
        (b'{"format":"zip","version":1,"kind":"","quorate":"","algorithm":""}', "x:1: the header says 'zip'"),
        (
            b'{"format":"quorate-trace","version":2,"kind":"","quorate":"9.1","algorithm":""}',
            "x:1: written in version 2 of the format, this quorate reads version 1; use the quorate that wrote it: '9.1'",
        ),
    ],
)
def test_what_is_no_header_is_named(line: bytes, complaint: str) -> None:
    with pytest.raises(TraceError) as refused:
        read_preamble(line, "x")
    assert str(refused.value).startswith(complaint)
    assert "\n" not in str(refused.value)


def test_the_past_comes_in_lines_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_format, "PAST_BYTES", 1000)
    pages = [[entry.index for entry in past.entries] for past in past_of(entries(400, 400, 400, 5000, 10, 10))]
    assert pages == [[1, 2], [3], [4], [5, 6]]
    assert list(past_of(())) == []


def test_lines_have_numbers_and_the_last_one_may_be_torn() -> None:
    assert list(lines_of(io.BytesIO(b"a\nb\nc"), "x")) == [(1, b"a\n"), (2, b"b\n"), (3, b"c")]


def test_a_line_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_format, "MAX_LINE_BYTES", 10)
    lines = lines_of(io.BytesIO(b"0123456789\nmore"), "x")
    with pytest.raises(TraceError, match="x:1: the line is longer than 10 bytes"):
        next(lines)
    assert list(lines_of(io.BytesIO(b"012345678\n"), "x")) == [(1, b"012345678\n")]


def test_an_end_says_why() -> None:
    assert encode_line(Ended(5, "no space")) == b'{"type":"Ended","at":5,"reason":"no space"}\n'
