"""The node's face that the site is written against is the real node's."""

from __future__ import annotations

import inspect

from quorate.real.node import Node
from quorate.server.serving import ServedNode
from server.fake_node import FakeNode


def test_the_real_node_and_the_fake_have_every_member() -> None:
    members = {name for name in vars(ServedNode) if not name.startswith("_")}
    assert {"apply", "read_with_info", "status", "leadership", "term", "counters"} <= members
    for name in members:
        assert hasattr(Node, name), name
        assert hasattr(FakeNode, name) or name in ("counters", "applied"), name


def test_the_calls_take_the_same_arguments() -> None:
    for name in ("apply", "read_with_info"):
        ours = list(inspect.signature(getattr(ServedNode, name)).parameters)
        assert list(inspect.signature(getattr(Node, name)).parameters) == ours
        assert list(inspect.signature(getattr(FakeNode, name)).parameters) == ours
