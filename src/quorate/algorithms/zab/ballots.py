"""How votes compare and when they decide. Pure functions of plain values (ZooKeeper's FastLeaderElection)."""

from collections.abc import Mapping

import msgspec

from quorate.algorithms.zab.messages import Vote
from quorate.core.ids import NodeId

LOOKING, LEADING = "looking", "leading"


class Ballot(msgspec.Struct, frozen=True, gc=False):
    """What a voter said last: its state, its round, and its vote."""

    state: str
    round: int
    vote: Vote


def outranks(new: Vote, current: Vote, weight: int) -> bool:
    """Whether `new` is the better vote. `weight`: of the candidate; one that weighs nothing never wins (totalOrderPredicate)."""
    return weight > 0 and new.rank > current.rank


def equal(first: Ballot, second: Ballot) -> bool:
    """Whether both are for the same leader. Among servers that have decided, round and last entry may differ for good reasons
    (ZOOKEEPER-1805)."""
    if LOOKING in (first.state, second.state):
        return first.round == second.round and first.vote == second.vote
    return first.vote.sid == second.vote.sid and first.vote.epoch == second.vote.epoch


def supporters(ballots: Mapping[NodeId, Ballot], ballot: Ballot) -> set[NodeId]:
    """Whose ballots are for the same leader."""
    return {sid for sid, other in ballots.items() if equal(other, ballot)}


def leader_ok(ballots: Mapping[NodeId, Ballot], ballot: Ballot, me: NodeId, my_round: int) -> bool:
    """Whether the leader that others name still is one: it says so itself, which keeps servers from electing a dead one from each other's
    memory; or it is this server in the round of the votes, which keeps a restarted one from resuming what it no longer knows."""
    candidate = ballot.vote.sid
    if candidate == me:
        return ballot.round == my_round
    said = ballots.get(candidate)
    return said is not None and said.state == LEADING
