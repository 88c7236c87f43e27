"""Effects: values, told apart by type, that nobody can change."""

from typing import Any, get_args

import msgspec
import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.scenes import batch
from quorate.core.configuration import first_configuration
from quorate.core.durable import HardState, LogPoint
from quorate.core.effects import (
    Apply,
    ConfigurationChanged,
    Effect,
    Explain,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    ReadSnapshot,
    Rejected,
    RequestDone,
    RequestRefused,
    Send,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.message import Message


class Hello(Message, frozen=True):
    """Some message."""


META = meta_of(9, 2)
EXAMPLES: list[Any] = [
    Send(2, Hello()),
    Persist(3, HardState(), LogPoint(1, 1), 2, (batch(2, 1),), LogPoint(1, 1), 1),
    Apply((batch(1, 1),)),
    LeaderChanged(1, 3, ready=True),
    ConfigurationChanged(first_configuration({1: "", 2: ""}), committed=True),
    ReadReady(4, 9),
    ReadRefused(4, "busy", 2),
    Rejected(5, "busy", 2),
    RequestDone(6),
    RequestRefused(6, "target_silent", 2),
    Unresolved(5, "leader_changed"),
    ReadSnapshot(2, META, 0, 10),
    WriteSnapshot(META, 0, b"state"),
    LoadSnapshot(META),
    Explain("why", {"term": 3, "leader": None}),
]


def test_there_is_an_example_of_each() -> None:
    assert {type(example) for example in EXAMPLES} == set(get_args(Effect))


@pytest.mark.parametrize("effect", EXAMPLES, ids=lambda effect: type(effect).__name__)
def test_equal_by_value_and_frozen(effect: Any) -> None:
    assert msgspec.structs.replace(effect) == effect
    for name in effect.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(effect, name, None)


def test_each_has_its_own_tag() -> None:
    """Records of a run are files of these."""
    assert len({kind.__struct_config__.tag for kind in get_args(Effect)}) == len(get_args(Effect))


def test_what_an_empty_persist_says() -> None:
    """Nothing but where it stands in the order."""
    assert Persist(7) == Persist(7, None, None, None, (), None, 0)


def test_no_leader_is_not_node_zero() -> None:
    assert LeaderChanged(None, 3) != LeaderChanged(0, 3)


def test_a_leader_is_exclusive_by_its_quorum_unless_it_says_otherwise() -> None:
    change = LeaderChanged(2, 7)
    assert (change.exclusive, change.until) == ("quorum", None)
    assert LeaderChanged(2, 7, exclusive="best_effort") != change
