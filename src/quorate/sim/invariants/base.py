"""What every invariant is made of, and the shared memory they check against."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeAlias

from quorate.core.algorithm import AlgorithmSpec, Feature, Grants, Histories, Inspection, Status, majorities
from quorate.core.configuration import Configuration, first_configuration
from quorate.core.durable import Durable, LogPoint
from quorate.core.effects import LeaderChanged, Persist
from quorate.core.entry import Entry
from quorate.core.ids import Index, Nanos, NodeId, Position, Term
from quorate.core.message import Message
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.view import NodeView


class InvariantBrokenError(AssertionError):
    """Something that must never happen has happened. Names the invariant and its source."""

    def __init__(self, title: str, source: str, detail: str) -> None:
        self.title = title
        self.detail = detail
        super().__init__(f"{title}: {detail} [{source}]")


Quorum: TypeAlias = Callable[[Sequence[Collection[NodeId]], Collection[NodeId]], bool]
"""Given sets of voters and some nodes: whether these decide."""

MAJORITIES: Quorum = partial(majorities, None)


class Chronicle:
    """What is known of the whole cluster for ever: the first sight of every committed entry, as (term, digest), and the term of the node
    that committed it first. `alarms`: reasons that no sound node gives. `settled`: the newest configuration that is committed;
    `reshaped`: there has been another one than the first in some log. `grants`, `histories`: how those are seen, where there are any.
    `quorum`: who decides. `clocks_kept`: none has been wrong by more than its settings allow, which is what a lease rests on."""

    def __init__(
        self,
        members: Sequence[NodeId],
        alarms: frozenset[str] = frozenset(),
        spares: Sequence[NodeId] = (),
        *,
        grants: Grants | None = None,
        histories: Histories | None = None,
        quorum: Quorum = MAJORITIES,
    ) -> None:
        self.members = tuple(members)
        self.settled = first_configuration(dict.fromkeys(members, ""))
        self.alarms = alarms
        self.grants = grants
        self.histories = histories
        self.quorum = quorum
        self.clocks_kept = True
        self.views: Mapping[NodeId, NodeView] = {node: NodeView(node) for node in (*members, *spares)}
        for node in members:
            self.views[node].configuration = self.settled
        self.committed: dict[Index, tuple[Term, int]] = {}
        self.commit_terms: dict[Index, Term] = {}
        self.committed_to: Index = 0
        self.reshaped = False

    @property
    def majority(self) -> int:
        """Of the members that the group began with."""
        return len(self.members) // 2 + 1

    def counter(self, term: Term) -> int:
        """What of a term has one leader at most."""
        return term if self.grants is None else self.grants.counter(term)

    def decides(self, configuration: Configuration, nodes: Collection[NodeId]) -> bool:
        """Whether `nodes` can elect and commit under `configuration`: a quorum of each of its sets of voters."""
        return self.quorum(_voter_sets(configuration), nodes)

    def recoverable(self, nodes: Collection[NodeId]) -> bool:
        """Whether what only `nodes` have can never be lost. In a group that never changed: a quorum has it. While members come and go,
        another configuration may be at work already: then, whoever can decide under the settled one has one of `nodes` among them."""
        settled = self.settled
        if settled.index == 0 and not self.reshaped:
            return self.decides(settled, nodes)
        sets = _voter_sets(settled)
        return any(not self.quorum([voters], [voter for voter in voters if voter not in nodes]) for voters in sets)


def _voter_sets(configuration: Configuration) -> list[Sequence[NodeId]]:
    return [voters for voters in (configuration.voters, configuration.outgoing) if voters]


class Invariant:
    """One rule. Each method is told of one kind of fact, after the views have taken it in, and raises through `broken`.

    An invariant overrides the methods it needs; the others are never called. `needs_log`: it says nothing of algorithms that only elect.
    `features`: what an algorithm must have for it to apply. `guarded`: where a setting takes away the need for a majority, nobody promises
    this; it is counted there, not raised.
    """

    title: ClassVar[str] = ""
    source: ClassVar[str] = ""
    needs_log: ClassVar[bool] = True
    features: ClassVar[frozenset[Feature]] = frozenset()
    guarded: ClassVar[bool] = False

    def __init__(self, chronicle: Chronicle) -> None:
        self.chronicle = chronicle

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        """Whether the algorithm promises this. If not said otherwise, every one that keeps a log does; see `needs_log`, `features`."""
        return (spec.keeps_log or not cls.needs_log) and spec.features.issuperset(cls.features)

    @classmethod
    def promised(cls, spec: AlgorithmSpec, config: Any) -> bool:
        """Whether an algorithm to which it applies promises it by these settings."""
        return not cls.guarded or spec.grants is None or spec.grants.guarded(config)

    def broken(self, detail: str) -> InvariantBrokenError:
        """The exception to raise."""
        return InvariantBrokenError(self.title, self.source, detail)

    def recovered(self, view: NodeView, durable: Durable) -> None:
        """A process is about to start with what its disk gave back; `view` is still that of the process before."""

    def started(self, view: NodeView, inspection: Inspection) -> None:
        """A process has been built and has not stepped yet."""

    def stepped(self, view: NodeView, status: Status) -> None:
        """A step changed role, term, leader, commit or applied; `view` has the values from before it."""

    def asked(self, view: NodeView, persist: Persist) -> None:
        """The node asks to make something durable; nothing of it is in `view` yet."""

    def answered(self, view: NodeView, position: Position) -> None:
        """The disk has said that everything up to `position` is durable; `view` does not know it yet."""

    def snapshot(self, view: NodeView, meta: SnapshotMeta) -> None:
        """The node has this snapshot on its disk, its own or a received one, or found it there when it started."""

    def appended(self, view: NodeView, entry: Entry, previous_term: Term | None) -> None:
        """An entry was added to the log in memory."""

    def truncated(self, view: NodeView, index: Index) -> None:
        """Entries from `index` on are about to be dropped from the log in memory."""

    def reset(self, view: NodeView, point: LogPoint) -> None:
        """The whole log in memory is about to be replaced by a snapshot's end."""

    def elected(self, view: NodeView) -> None:
        """The node leads `view.term` since this step."""

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        """The node counts the entry at `index`, which is in its log, as committed. `first`: no node did before."""

    def applied(self, view: NodeView, entry: Entry) -> None:
        """The node handed a committed entry to its machine."""

    def loaded(self, view: NodeView, meta: SnapshotMeta) -> None:
        """The node replaced its machine's state by a snapshot."""

    def matched(self, view: NodeView, peer: NodeId, match: Index) -> None:
        """The node, which leads, counts `peer` as having everything up to `match`, more than before."""

    def announced(self, view: NodeView, change: LeaderChanged) -> None:
        """The node's application is told who leads."""

    def explained(self, view: NodeView, reason: str) -> None:
        """The node gave a reason for something."""

    def waited(self, view: NodeView, deadline: Nanos | None, now: Nanos) -> None:
        """A deadline had passed and the node has made its step; `deadline` is its next one, in its own time, which is `now`."""

    def leased(self, view: NodeView) -> None:
        """The node has answered a read by itself, because it holds a lease; or it would, right after a suspension."""

    def waiting(self, view: NodeView, now: Nanos) -> None:
        """The node begins a step, at `now` of its own time, with writes that have not finished."""

    def voted(self, view: NodeView, term: Term, candidate: NodeId) -> None:
        """A vote is about to count as durable in `view.durable_votes`."""

    def sent(self, view: NodeView, to: NodeId, message: Message) -> None:
        """A message of the node goes out, now."""

    def led(self, view: NodeView) -> None:
        """The node has made a step, and leads."""

    def inspected(self, view: NodeView, inspection: Inspection) -> None:
        """A look at everything, now and then and whenever role or term changed."""
