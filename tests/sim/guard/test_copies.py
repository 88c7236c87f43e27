"""Copies of one machine."""

from __future__ import annotations

import pytest

from quorate.core.errors import ConfigError
from quorate.core.machine import CommandError
from quorate.sim.guard.copies import Copies
from quorate.sim.guard.rules import MachineBrokenError, Place, Rule
from sim.guard import machines
from sim.guard.machines import Words

HERE = Place("Words")


def test_a_copy_has_the_state_and_no_part_of_the_original() -> None:
    copies = Copies(Words)
    for word in (b"a", b"b"):
        copies.run(copies.first, word, HERE)
    copy = copies.copy(copies.state(copies.first, HERE), HERE)
    assert copies.state(copy, HERE) == b'["a", "b"]'
    copies.run(copy, b"c", HERE)
    assert copies.state(copies.first, HERE) == b'["a", "b"]'


def test_an_empty_state_is_restored_too() -> None:
    class Nothing(Words):
        def snapshot(self) -> bytes:
            return b""

        def restore(self, chunks: object) -> None:
            self.chunks = chunks

    copies = Copies(Nothing)
    assert copies.state(copies.copy(b"", HERE), HERE) == b""


def test_a_result_is_a_value_a_refusal_or_an_error() -> None:
    copies = Copies(machines.Crashing)
    value = copies.run(copies.first, b"a", HERE)
    assert (value.value, value.error, value.text) == (1, None, "1")
    refusal = copies.run(copies.first, b"", HERE)
    assert isinstance(refusal.error, CommandError)
    assert refusal.stored is not None
    error = copies.run(copies.first, b"c", HERE)
    assert (error.stored, error.text) == (None, "KeyError('no such word')")


def test_only_a_watched_command_is_watched() -> None:
    copies = Copies(machines.Clocked)
    assert copies.run(copies.first, b"a", HERE).value == 0
    with pytest.raises(MachineBrokenError) as caught:
        copies.run(copies.first, b"a", HERE, watched=True)
    assert caught.value.rule is Rule.CLOCK


def test_a_result_is_encoded_as_it_is_now() -> None:
    copies = Copies(machines.Aliasing)
    result = copies.run(copies.first, b"a", HERE)
    assert copies.stored(result) == result.stored
    copies.run(copies.first, b"b", HERE)
    assert copies.stored(result) != result.stored


def test_an_unknown_exception_is_refused() -> None:
    class Sloppy(Words):
        determinism_exceptions = ("time",)

    with pytest.raises(ConfigError, match="Sloppy declares the exception 'time', which is none"):
        Copies(Sloppy)


def test_what_snapshot_raises_is_told_as_such() -> None:
    class Sick(Words):
        def snapshot(self) -> bytes:
            raise OSError("no")

    copies = Copies(Sick)
    with pytest.raises(MachineBrokenError, match=r"snapshot\(\) raises OSError\('no'\)") as caught:
        copies.state(copies.first, HERE)
    assert isinstance(caught.value.__cause__, OSError)
