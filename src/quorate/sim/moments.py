"""Moments: rare protocol events, by name. They are counted, and whoever watches is told at once, in the step in which they happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import msgspec

from quorate.core.algorithm import AlgorithmSpec, Feature
from quorate.core.ids import NodeId

MomentName: TypeAlias = Literal[
    "elected",
    "leader_by_one_vote",
    "two_leaders",
    "stepped_down",
    "voted",
    "appended_by_leader",
    "replicated_to_one",
    "first_commit_of_term",
    "older_term_on_quorum",
    "truncated",
    "overwritten_figure_8",
    "snapshot_taken",
    "compacted",
    "snapshot_installed",
]


class Moment(msgspec.Struct, frozen=True):
    """A name, what it means, and of which node it is told. `needs_log`: it cannot happen to an algorithm that only elects.
    `needs`: nor to one without this feature."""

    name: MomentName
    meaning: str
    needs_log: bool = True
    needs: Feature | None = None

    def applies(self, spec: AlgorithmSpec) -> bool:
        """Whether it can happen to the algorithm."""
        return (spec.keeps_log or not self.needs_log) and (self.needs is None or self.needs in spec.features)


MOMENTS: tuple[Moment, ...] = (
    Moment("elected", "the node leads a term since this step", needs_log=False),
    Moment(
        "leader_by_one_vote",
        "the node was elected, and exactly a majority of disks hold a vote for it",
        needs_log=False,
        needs="durable_votes",
    ),
    Moment("two_leaders", "the node was elected, while another one still believes that it leads", needs_log=False),
    Moment("stepped_down", "the node led, and does not any more, without having died", needs_log=False),
    Moment("voted", "a vote of the node, maybe for itself, has become durable", needs_log=False, needs="durable_votes"),
    Moment("appended_by_leader", "the node leads and has added to its log, which is on no disk yet"),
    Moment("replicated_to_one", "the node is the only one but the leader that has the leader's newest entry on disk"),
    Moment("first_commit_of_term", "the node leads, and the first entry of its own term counts as committed"),
    Moment(
        "older_term_on_quorum",
        "the node leads, an entry of an earlier term is on a majority of disks, and nobody counts it as committed: Figure 8 is near",
        needs="older_terms",
    ),
    Moment("truncated", "the node drops a tail of its log that was never committed"),
    Moment(
        "overwritten_figure_8",
        "the node drops an entry that is on a majority of disks: Figure 8 has happened",
        needs="older_terms",
    ),
    Moment("snapshot_taken", "a snapshot of the node's own state is durable"),
    Moment("compacted", "the node drops the start of its log, which a snapshot covers"),
    Moment("snapshot_installed", "the node replaces its log and its machine's state by another node's snapshot"),
)
"""All of them, the frequent ones too. Figure 8 is that of Ongaro and Ousterhout 2014."""

Watcher: TypeAlias = Callable[[str, NodeId], None]
"""Is told the name of a moment and the node. It may only schedule: the node is in the middle of a step."""


def moments_of(spec: AlgorithmSpec) -> tuple[MomentName, ...]:
    """Names of those that can happen to an algorithm."""
    return tuple(moment.name for moment in MOMENTS if moment.applies(spec))


class Moments:
    """Counts, and the ones who watch, in the order in which they came."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = dict.fromkeys(get_args(MomentName), 0)
        self.watchers: list[Watcher] = []

    def happened(self, name: MomentName, node: NodeId) -> None:
        """Count it and tell all who watch."""
        self.counts[name] += 1
        for watcher in self.watchers:
            watcher(name, node)
