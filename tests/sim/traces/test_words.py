"""Values as words: short, on one line, and whatever they hold."""

from __future__ import annotations

import pytest

from quorate.core.durable import LogPoint
from quorate.core.effects import Persist
from quorate.core.entry import Batch, Entry, EntryKind, SessionId, encode_batch
from quorate.core.ids import MILLISECOND
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.storms.faults import Crash
from quorate.sim.traces.words import plain, seconds, show, show_data, show_entries, show_fields, span

BATCH = encode_batch(Batch(SessionId(2, 77, 3), 9, 8, [b"put x", b"\xff"]))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5, "5"),
        (None, "None"),
        ("text", "text"),
        ("two\nlines", r"'two\nlines'"),
        ("", "''"),
        ("x" * 100, "x" * 48 + "..."),
        (b"text", "text"),
        (b"\x00\x01", "2 bytes"),
        (b"\xff" * 10, "\N{REPLACEMENT CHARACTER}" * 10),
        (BATCH, "[put x, \N{REPLACEMENT CHARACTER}] as 2.3.9"),
        ((1, 2), "[1, 2]"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, and 94 more]"),
        (Entry(4, 2, EntryKind.NOOP, b"", 0), "4:t2 noop"),
        (Entry(4, 2, EntryKind.BATCH, BATCH, 0), "4:t2 [put x, \N{REPLACEMENT CHARACTER}] as 2.3.9"),
        (SnapshotMeta(9, 2, (1,), 500, "ab"), "[up to 9:t2, 500 bytes]"),
        (LogPoint(3, 1), "LogPoint index=3 term=1"),
        (Persist(1, truncate_from=4), "Persist position=1 truncate_from=4"),
    ],
)
def test_a_value(value: object, words: str) -> None:
    assert show(value) == words


def test_fields_with_their_defaults_and_those_not_wanted_are_left_out() -> None:
    fault = Crash(5, 2, down_ns=1500 * MILLISECOND, silent=True)
    assert show(fault, without=frozenset({"at", "node"})) == "Crash down=1500ms silent=True"
    assert show_fields(LogPoint(3, 1), frozenset({"term"})) == ["index=3"]


def test_entries_and_ranges() -> None:
    entries = [Entry(number, 1, EntryKind.NOOP, b"", 0) for number in range(1, 9)]
    assert show_entries(entries[:2]) == "1..2: 1:t1 noop, 2:t1 noop"
    assert show_entries(entries).endswith("6:t1 noop, ...")
    assert (span(3, 3), span(3, 4)) == ("3", "3..4")


def test_times_and_explanations() -> None:
    assert seconds(1_234_567_890) == "1.234568"
    assert (plain(None), plain(3), plain("x")) == ("none", "3", "x")
    assert show_data(b"") == "''"
