"""The one interface, and the plain data that goes with it."""

from random import Random

import msgspec
import pytest

from quorate.algorithms import catalog
from quorate.core.algorithm import EntryView, Inspection, PeerStatus, Status
from quorate.core.durable import Durable, Identity

MEMBERS = (1, 2, 3)


@pytest.mark.parametrize("name", catalog.names())
def test_an_algorithm_is_a_function_of_its_events(name: str) -> None:
    """Built from the same, asked the same: the same answers, and nothing that it was given is changed."""
    spec = catalog.find(name)
    durable = Durable()
    twins = [spec.build(Identity("c", 1, 1, 1, MEMBERS), spec.config(), durable, Random(5)) for _ in range(2)]
    answers = [(twin.start(0), twin.deadline(), twin.status(0), twin.inspect()) for twin in twins]
    assert answers[0] == answers[1]
    assert durable == Durable()


@pytest.mark.parametrize("name", catalog.names())
def test_what_it_says_of_itself_is_plain_data(name: str) -> None:
    spec = catalog.find(name)
    algorithm = spec.build(Identity("c", 2, 1, 1, MEMBERS), spec.config(), Durable(), Random(5))
    algorithm.start(0)
    for value, kind in ((algorithm.status(0), Status), (algorithm.inspect(), Inspection)):
        assert msgspec.convert(msgspec.to_builtins(value), kind) == value


def test_a_view_of_an_entry_is_short() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(EntryView(3, 2, 1, 99))) == [3, 2, 1, 99]


def test_never_heard_is_not_heard_just_now() -> None:
    assert PeerStatus(0, "probe", None) != PeerStatus(0, "probe", 0)
