"""What has to happen in storms, as data: each milestone is a counter that must not stay at 0."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import msgspec

from quorate.core.algorithm import AlgorithmSpec, Feature
from quorate.sim.moments import MOMENTS
from quorate.sim.storms.faults import (
    Break,
    Bridge,
    Cut,
    Fault,
    Flap,
    Isolate,
    LyingDisk,
    Replay,
    Report,
    Reshape,
    Suspend,
    Transfer,
)

Setting: TypeAlias = Literal["peers", "datagrams"]
"""What not every storm has: more than one node; messages that are lost, doubled and reordered one by one."""


class Milestone(msgspec.Struct, frozen=True):
    """`name` is the counter in `Report.counts`. `often`: in how many of 1,000 seeds it happens, at a cautious guess: so many seeds are run
    before its absence means something. `needs_log`, `needs`: not demanded of algorithms, or in storms, without. `comes_with`: a feature
    that no algorithm has yet."""

    name: str
    meaning: str
    often: int = 20
    needs_log: bool = True
    needs: tuple[Setting, ...] = ()
    comes_with: Feature | None = None

    def applies(self, spec: AlgorithmSpec, settings: frozenset[Setting]) -> bool:
        """Whether it is demanded of this algorithm in such storms."""
        return (
            (spec.keeps_log or not self.needs_log)
            and (self.comes_with is None or self.comes_with in spec.features)
            and settings.issuperset(self.needs)
            and (spec.survives_datagrams or "datagrams" not in self.needs)
        )


_PEERS: tuple[Setting, ...] = ("peers",)
_DATAGRAMS: tuple[Setting, ...] = ("peers", "datagrams")

PROTOCOL = (
    Milestone(
        "older term commits", "an entry of an earlier term was committed by one of the leader's own", 100, needs=_PEERS
    ),
    Milestone("forwarded commits", "a batch was committed that a node took which did not lead", 200, needs=_PEERS),
    Milestone("follower reads", "a linearizable read was answered by a node that did not lead", 200, needs=_PEERS),
    Milestone("batches skipped", "a batch was sent again, and was not applied again", 100, needs=_PEERS),
    Milestone("term jumps", "a node skipped a term: it was away during an election", 100, needs=_PEERS),
    Milestone(
        "votes after a restart",
        "a process that was not the first on its disk voted",
        200,
        needs_log=False,
        comes_with="durable_votes",
    ),
)

DISKS = (
    Milestone("lost changes", "power loss took a write that was not synced", 20, needs_log=False),
    Milestone("lost torn", "power loss left half of a write", 10, needs_log=False),
    Milestone("lost names", "power loss undid a creation, renaming or removal", 10),
    Milestone(
        "log tails cut", "a store found a write that was never finished at the end of its log", 20, needs_log=False
    ),
    Milestone("logs reset to a snapshot", "a store found a received snapshot of which its log did not know", 5),
    Milestone("snapshots found damaged", "a store found its newest snapshot damaged, and used an older one", 5),
    Milestone("leftovers removed", "a store found what interrupted work had left behind", 5),
    Milestone(
        "corruption refused",
        "a node found damage in what it had promised to keep, and did not start",
        50,
        needs_log=False,
    ),
)

NETWORK = (
    Milestone("one-way cuts", "messages went in one direction only", 100, needs_log=False, needs=_PEERS),
    Milestone("network breaks", "a connection broke and was made anew", 200, needs_log=False, needs=_PEERS),
    Milestone("network lost", "a message was lost on its own", 100, needs_log=False, needs=_DATAGRAMS),
    Milestone("network doubled", "a message came twice", 100, needs_log=False, needs=_DATAGRAMS),
    Milestone("network reordered", "a message overtook another", 100, needs_log=False, needs=_DATAGRAMS),
    Milestone(
        "network replayed", "an old message came again, across connections", 50, needs_log=False, needs=_DATAGRAMS
    ),
)

CLIENTS = (
    Milestone("outcome applied", "a client's commands were applied", 900),
    Milestone("outcome refused", "a client was refused, and tried elsewhere", 200),
    Milestone("outcome unknown", "a client was left without an answer", 100),
    Milestone("outcome reads", "a client's read was answered", 500),
    Milestone("outcome failed reads", "a client's read failed", 100),
)

TO_COME = (
    Milestone(
        "configurations rolled back",
        "a change of the membership was dropped with the log's tail",
        comes_with="membership",
    ),
    Milestone(
        "snapshots during a change", "a snapshot was installed while the membership changed", comes_with="membership"
    ),
    Milestone("leaders removed", "a leader committed its own removal and stepped down", comes_with="membership"),
    Milestone(
        "leaderships transferred",
        "a leader handed over to the node that was asked for",
        100,
        needs=_PEERS,
        comes_with="transfer",
    ),
    Milestone(
        "transfers timed out",
        "the target did not take over, and the old leader went on",
        20,
        needs=_PEERS,
        comes_with="transfer",
    ),
    Milestone(
        "transfers with writes under way",
        "a leader was to hand over to a node that lacked entries",
        50,
        needs=_PEERS,
        comes_with="transfer",
    ),
    Milestone(
        "not promised, OneLeaderPerToken",
        "without a majority two nodes led the same counter: a split brain, which nobody rules out there",
        20,
        needs_log=False,
        needs=_PEERS,
        comes_with="guard",
    ),
    Milestone(
        "not promised, DurableVotes",
        "without a majority a node led that too few had granted anything",
        50,
        needs_log=False,
        needs=_PEERS,
        comes_with="guard",
    ),
    Milestone(
        "not promised, TokenAscends",
        "without a majority a node began to lead with a token below one that was in use",
        20,
        needs_log=False,
        needs=_PEERS,
        comes_with="guard",
    ),
    Milestone("lease reads", "a leader answered a read without asking the others", comes_with="leases"),
)
"""With the features that they come with; until then their counters are missing, and nobody asks."""

_UNDRAWN = (LyingDisk,)
"""Faults that no storm draws."""

_COMES_WITH: dict[type, Feature] = {Transfer: "transfer", Reshape: "membership", Suspend: "leases", Report: "freshness"}
"""Faults that are drawn for algorithms with a feature."""

_APART = (Break, Bridge, Cut, Flap, Isolate)


def _of_moments(spec: AlgorithmSpec) -> list[Milestone]:
    return [
        Milestone(f"moment {moment.name.replace('_', ' ')}", moment.meaning, needs_log=False, needs=_PEERS)
        for moment in MOMENTS
        if moment.applies(spec)
    ]


def _of_reasons(spec: AlgorithmSpec) -> list[Milestone]:
    return [
        Milestone(
            f"reason {reason.replace('_', ' ')}",
            "a node explained it so: docs/explain.md",
            5,
            needs_log=False,
            needs=_PEERS,
        )
        for reason in sorted(spec.reasons - spec.alarms - spec.unstormed)
    ]


def _of_faults() -> list[Milestone]:
    drawn = [kind for kind in get_args(Fault) if kind not in _UNDRAWN]
    return [
        Milestone(
            f"fault {kind.__name__}",
            "this fault found something to disturb: quorate.sim.storms.faults",
            needs_log=False,
            needs=_DATAGRAMS if kind is Replay else _PEERS if kind in _APART else (),
            comes_with=_COMES_WITH.get(kind),
        )
        for kind in drawn
    ]


def milestones(spec: AlgorithmSpec) -> tuple[Milestone, ...]:
    """All, also those that are not demanded everywhere."""
    return (*_of_moments(spec), *PROTOCOL, *_of_reasons(spec), *CLIENTS, *DISKS, *NETWORK, *_of_faults(), *TO_COME)
