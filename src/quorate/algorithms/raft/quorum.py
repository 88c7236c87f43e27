"""Arithmetic of majorities. Pure functions of plain values.

A quorum is more than half of the configured voters, never of those that happen to answer.
"""

from collections.abc import Collection, Mapping
from enum import Enum

from quorate.core.ids import NodeId


class Tally(Enum):
    """How a vote stands."""

    WON = "won"
    LOST = "lost"
    OPEN = "open"


def quorum_size(voters: Collection[NodeId]) -> int:
    """The least number that is more than half."""
    return len(voters) // 2 + 1


def tally(voters: Collection[NodeId], votes: Mapping[NodeId, bool], silent: Collection[NodeId] = ()) -> Tally:
    """How an election stands. `votes`: who answered what; answers of others than `voters` are not counted.

    `silent`: voters that cannot be heard from, counted as refusals unless they answered.
    """
    need = quorum_size(voters)
    granted = sum(1 for voter in voters if votes.get(voter) is True)
    if granted >= need:
        return Tally.WON
    possible = sum(1 for voter in voters if votes.get(voter, voter not in silent))
    return Tally.LOST if possible < need else Tally.OPEN


def quorum_value(voters: Collection[NodeId], values: Mapping[NodeId, int]) -> int:
    """The largest value that a quorum of `voters` has reached. A voter without a value has not reached any: it counts as the
    least, -1."""
    ascending = sorted(values.get(voter, -1) for voter in voters)
    return ascending[len(ascending) - quorum_size(voters)]
