"""The catalog knows the algorithms by name."""

from random import Random
from typing import get_args

import msgspec
import pytest

from quorate.algorithms import catalog
from quorate.core.durable import Durable, HardState, Identity
from quorate.core.errors import ConfigError
from quorate.core.message import Message


def test_names_are_sorted_and_each_is_found() -> None:
    names = catalog.names()
    assert "raft" in names
    assert names == sorted(names)
    assert [catalog.find(name).name for name in names] == names


@pytest.mark.parametrize("name", catalog.names())
def test_what_a_spec_promises(name: str) -> None:
    """Messages that one decoder can tell apart, a durable type, settings with defaults that fit, and a way to build it."""
    spec = catalog.find(name)
    messages = get_args(spec.messages) or (spec.messages,)
    assert all(issubclass(message, Message) for message in messages)
    assert len({message.__struct_config__.tag for message in messages}) == len(messages)
    msgspec.msgpack.Decoder(spec.messages)
    assert issubclass(spec.hard_state, HardState)
    algorithm = spec.build(Identity("test", 1, 1, 1, (1, 2, 3)), spec.config(), Durable(), Random(1))
    algorithm.start(0)
    algorithm.check()
    status = algorithm.status(0)
    assert (status.algorithm, status.node) == (name, 1)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"there is no algorithm 'paxos'.*Known: .*raft"):
        catalog.find("paxos")


def test_a_misspelt_name_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match="did you mean 'raft'"):
        catalog.find("rafft")
