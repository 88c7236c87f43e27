"""Epochs: the name of one leadership, and the fencing token made of it."""

import msgspec

from quorate.core.errors import ConfigError
from quorate.core.ids import NodeId, Term

NODE_BITS = 20
"""Of a token, the lowest ones say which node. 33 are left for the counter below 2**53, up to where every reader of JSON counts exactly:
more elections than a cluster that holds a hundred a second has in two years."""

HIGHEST_NODE: NodeId = (1 << NODE_BITS) - 1
"""The largest id that fits into a token."""


class Epoch(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """`counter` rises with each claim, and `node` is who claimed. Compared in that order: two nodes that claim at once have epochs that
    differ, and everybody finds the same one the higher."""

    counter: int
    node: NodeId


NEVER = Epoch(0, 0)
"""Before the first."""


def token(epoch: Epoch) -> Term:
    """The epoch as one integer, in the same order: what applications fence with, and what `LeaderChanged.term` and `Status.term` carry.

    The node is in it, although with the majority guard the counter alone would be unique: without the guard two nodes may claim one
    counter, and a token must not depend on a setting."""
    return (epoch.counter << NODE_BITS) | epoch.node


def epoch_of(term: Term) -> Epoch:
    """Inverse of `token`."""
    return Epoch(term >> NODE_BITS, term & HIGHEST_NODE)


def token_words(term: Term) -> str:
    """A token as people read it: 3.2, the third leadership claimed, by node 2."""
    epoch = epoch_of(term)
    return f"{epoch.counter}.{epoch.node}" if term else "0"


def check_node(node: NodeId) -> None:
    """Raises `ConfigError` for an id that does not fit into a token."""
    if not 1 <= node <= HIGHEST_NODE:
        raise ConfigError(
            f"node {node}: this algorithm puts the node's id into its tokens; choose one from 1 to {HIGHEST_NODE}"
        )
