"""What a node is rebuilt from."""

import msgspec
import pytest

from quorate.core.durable import Durable, HardState, Identity, LogPoint


def test_a_new_node_remembers_nothing() -> None:
    assert Durable() == Durable(hard_state=None, start=LogPoint(0, 0), entries=(), snapshot=None, commit=0)


def test_hard_state_is_written_as_a_whole() -> None:
    """An array, in the order of the fields: what an algorithm derives from it is one record."""

    class Words(HardState, frozen=True):
        term: int
        voted_for: int | None = None

    data = msgspec.msgpack.encode(Words(7, 2))
    assert msgspec.msgpack.decode(data) == [7, 2]
    assert msgspec.msgpack.decode(data, type=Words) == Words(7, 2)


def test_points_are_compared_by_value_and_frozen() -> None:
    point = LogPoint(3, 1)
    assert point == LogPoint(3, 1)
    assert len({point, LogPoint(3, 1), LogPoint(3, 2)}) == 2
    with pytest.raises(AttributeError):
        point.index = 4  # type: ignore[misc]


def test_an_identity_is_one_start_of_one_disk() -> None:
    identity = Identity("c", 1, disk=9, incarnation=2, members=(1, 2, 3))
    assert identity != msgspec.structs.replace(identity, incarnation=3)
    assert identity != msgspec.structs.replace(identity, disk=8)
