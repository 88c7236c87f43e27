"""Arithmetic of majorities. Pure functions of plain values.

A quorum is more than half of the configured voters, never of those that happen to answer.
"""

from collections.abc import Collection, Mapping, Sequence
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


def joint_tally(
    sets: Sequence[Collection[NodeId]], votes: Mapping[NodeId, bool], silent: Collection[NodeId] = ()
) -> Tally:
    """How an election stands that needs a majority of each of `sets`; without any it cannot be won."""
    standings = [tally(voters, votes, silent) for voters in sets]
    if not standings or Tally.LOST in standings:
        return Tally.LOST
    return Tally.OPEN if Tally.OPEN in standings else Tally.WON


def joint_value(sets: Sequence[Collection[NodeId]], values: Mapping[NodeId, int]) -> int:
    """The largest value that a quorum of each of `sets` has reached. There must be one at least."""
    if len(sets) == 1:
        return quorum_value(sets[0], values)
    return min([quorum_value(voters, values) for voters in sets])
