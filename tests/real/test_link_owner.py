"""The node takes every call of its network. What is called when is in test_network.py."""

import inspect

import pytest

from quorate.real.link_owner import LinkOwner
from quorate.real.node import Node

CALLS = [name for name in vars(LinkOwner) if not name.startswith("_")]


@pytest.mark.parametrize("name", CALLS)
def test_a_node_takes_every_call(name: str) -> None:
    expected = list(inspect.signature(getattr(LinkOwner, name)).parameters)
    assert list(inspect.signature(getattr(Node, name)).parameters) == expected
