"""Guesses at why two copies differ."""

from __future__ import annotations

from typing import ClassVar

import pytest

from quorate.sim.guard.causes import attributes, differing_attributes, shared_attributes


class Holder:
    def __init__(self, **values: object) -> None:
        vars(self).update(values)


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self, left: int) -> None:
        self.left = left


class Fussy:
    def __eq__(self, other: object) -> bool:
        raise ValueError("not now")

    def __hash__(self) -> int:
        return 0


class Sharing:
    names: ClassVar[list[str]] = []
    limit = 3


class Owning(Sharing):
    def __init__(self) -> None:
        self.names = []


def test_attributes_are_those_of_dict_and_slots() -> None:
    assert attributes(Holder(a=1)) == {"a": 1}
    assert attributes(Slotted(4)) == {"left": 4}
    assert attributes(3) == {}


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (Holder(a=1, b=2), Holder(a=1, b=3), "the attribute 'b' is 2 in one copy, 3 in the other"),
        (Holder(a=1), Holder(a=True), "the attribute 'a' is 1 in one copy, True in the other"),
        (Holder(a=1), Holder(a=1, b=2), "only one copy has the attribute 'b'"),
        (
            Holder(d={"x": 1, "y": 2}),
            Holder(d={"y": 2, "x": 1}),
            "the attribute 'd' is equal in both copies, but was filled in another",
        ),
        (Holder(a=1), Holder(a=1), "the attributes are equal: it is the order"),
        (Holder(a=object()), Holder(a=object()), "the attributes are equal"),
        (Holder(a=Fussy()), Holder(a=Fussy()), "the attributes are equal"),
        (Slotted(1), Slotted(2), "the attribute 'left' is 1"),
        (3, 4, ""),
    ],
)
def test_the_first_difference_is_named(ours: object, theirs: object, words: str) -> None:
    cause = differing_attributes(ours, theirs)
    assert cause.startswith(words)
    assert bool(cause) == bool(words)


def test_what_lives_on_the_class_is_named() -> None:
    assert shared_attributes(Sharing()).startswith("Sharing.names lives on the class")
    assert shared_attributes(Owning()) == ""
    assert shared_attributes(3) == ""
