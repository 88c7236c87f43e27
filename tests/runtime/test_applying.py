"""Entries reach the machine in order, each once, and never too many at a time."""

from collections.abc import Sequence

import pytest

from quorate.core.entry import Entry
from quorate.runtime.applying import SLICE_BYTES, SLICE_ENTRIES, Applying


def entries(first: int, last: int, size: int = 1) -> tuple[Entry, ...]:
    return tuple(Entry(index, 1, 1, bytes(size), 0) for index in range(first, last + 1))


class Desk:
    """What was applied, slice by slice, and how often it was asked to go on."""

    def __init__(self, most_bytes: int = 1 << 40) -> None:
        self.slices: list[list[int]] = []
        self.asked = 0
        self.applying = Applying(self.apply, self.later, most_bytes)

    def apply(self, entries: Sequence[Entry]) -> None:
        self.slices.append([entry.index for entry in entries])

    def later(self) -> None:
        self.asked += 1

    @property
    def applied(self) -> list[int]:
        return [index for one in self.slices for index in one]


def test_a_few_are_applied_at_once() -> None:
    desk = Desk()
    desk.applying.take(entries(1, SLICE_ENTRIES))
    desk.applying.take(entries(SLICE_ENTRIES + 1, SLICE_ENTRIES + 2))
    assert (desk.applied, desk.asked) == (list(range(1, SLICE_ENTRIES + 3)), 0)


def test_many_are_applied_in_slices_and_later_ones_behind_them() -> None:
    desk = Desk()
    desk.applying.take(entries(1, 2 * SLICE_ENTRIES + 5))
    desk.applying.take(entries(2 * SLICE_ENTRIES + 6, 2 * SLICE_ENTRIES + 7))
    assert (len(desk.applied), desk.asked) == (SLICE_ENTRIES, 1)
    while len(desk.applied) < 2 * SLICE_ENTRIES + 7:
        asked = desk.asked
        assert asked == len(desk.slices)
        desk.applying.go_on()
    assert desk.applied == list(range(1, 2 * SLICE_ENTRIES + 8))
    assert [len(one) for one in desk.slices] == [SLICE_ENTRIES, SLICE_ENTRIES, 5, 2]
    desk.applying.go_on()
    assert desk.asked == 3


@pytest.mark.parametrize(("size", "together"), [(SLICE_BYTES // 2, 2), (SLICE_BYTES - 1, 1), (3 * SLICE_BYTES, 1)])
def test_a_slice_has_a_size_and_at_least_one_entry(size: int, together: int) -> None:
    desk = Desk()
    desk.applying.take(entries(1, 6, size))
    desk.applying.finish()
    assert [len(one) for one in desk.slices] == [together] * (6 // together)


def test_finish_applies_all_and_forget_nothing_more() -> None:
    desk = Desk()
    desk.applying.take(entries(1, 3 * SLICE_ENTRIES))
    desk.applying.finish()
    assert desk.applied == list(range(1, 3 * SLICE_ENTRIES + 1))
    desk.applying.take(entries(1, 3 * SLICE_ENTRIES))
    desk.applying.forget()
    desk.applying.go_on()
    assert len(desk.applied) == 4 * SLICE_ENTRIES


def test_r37_no_more_waits_than_may() -> None:
    """A machine that is too slow holds its node up, instead of filling its memory."""
    desk = Desk(most_bytes=4 * SLICE_BYTES)
    desk.applying.take(entries(1, 4, SLICE_BYTES))
    assert (desk.applied, desk.applying.waiting_bytes) == ([1], 3 * SLICE_BYTES)
    desk.applying.take(entries(5, 5, SLICE_BYTES))
    assert (desk.applied, desk.applying.waiting_bytes) == ([1], 4 * SLICE_BYTES)
    desk.applying.take(entries(6, 8, SLICE_BYTES))
    assert (desk.applied, desk.applying.waiting_bytes) == ([1, 2, 3, 4], 4 * SLICE_BYTES)
    assert desk.asked == 1
    while desk.applying.waiting_bytes:
        desk.applying.go_on()
    assert desk.applied == list(range(1, 9))
    desk.applying.take(entries(9, 9, 9 * SLICE_BYTES))
    assert (desk.applied[-1], desk.applying.waiting_bytes) == (9, 0)


def test_what_is_forgotten_waits_no_more() -> None:
    desk = Desk()
    desk.applying.take(entries(1, 4, SLICE_BYTES))
    desk.applying.forget()
    assert desk.applying.waiting_bytes == 0
    desk.applying.take(entries(5, 5))
    assert desk.applied == [1, 5]
