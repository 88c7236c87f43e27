"""Quorum verifiers: which sets of voters decide. Pure functions of plain values.

Majority, unless there are weights or groups. Weights: more than half of the sum. Groups: more than half of the groups, each won with more
than half of its weight; a group that weighs nothing does not count. While members change, each of two sets of voters must be won.
"""

from collections.abc import Collection, Mapping, Sequence

from quorate.algorithms.logged.quorum import joint_value, quorum_size
from quorate.core.ids import NodeId


class Quorums:
    """`weights`: of voters that weigh something else than 1. `groups`: empty, or each voter in one of them; who is in none decides
    nothing. Any two quorums of the same voters have a member in common."""

    __slots__ = ("groups", "weights")

    def __init__(self, weights: Mapping[NodeId, int] | None = None, groups: Sequence[frozenset[NodeId]] = ()) -> None:
        self.weights = dict(weights or {})
        self.groups = tuple(groups)

    def weight(self, sid: NodeId) -> int:
        """What a voter weighs. One that weighs nothing never leads."""
        return self.weights.get(sid, 1) if self.grouped(sid) else 0

    @property
    def plain(self) -> bool:
        """Whether any majority decides."""
        return not self.weights and not self.groups

    def grouped(self, sid: NodeId) -> bool:
        """Whether a voter is in one of the groups, if there are any."""
        return not self.groups or any(sid in group for group in self.groups)

    def decides(self, sets: Sequence[Collection[NodeId]], ids: Collection[NodeId]) -> bool:
        """Whether `ids` are a quorum of each of `sets`; without any they decide nothing."""
        return bool(sets) and all(self._wins(voters, ids) for voters in sets)

    def reached(self, sets: Sequence[Collection[NodeId]], values: Mapping[NodeId, int]) -> int:
        """The largest value that a quorum has reached; -1: none."""
        if self.plain:
            return joint_value(sets, values) if sets else -1
        for value in sorted(set(values.values()), reverse=True):
            if self.decides(sets, {sid for sid, its in values.items() if its >= value}):
                return value
        return -1

    def _wins(self, voters: Collection[NodeId], ids: Collection[NodeId]) -> bool:
        if self.plain:
            return sum(voter in ids for voter in voters) >= quorum_size(voters)
        if not self.groups:
            return self._outweighs(voters, ids)
        counted = [members for group in self.groups if self._sum(members := group.intersection(voters))]
        return 2 * sum(self._outweighs(members, ids) for members in counted) > len(counted)

    def _outweighs(self, voters: Collection[NodeId], ids: Collection[NodeId]) -> bool:
        return 2 * self._sum([voter for voter in voters if voter in ids]) > self._sum(voters)

    def _sum(self, voters: Collection[NodeId]) -> int:
        return sum(self.weight(voter) for voter in voters)


def parse_weights(text: str) -> dict[NodeId, int]:
    """`1=2, 3=0`: what voters weigh. Raises `ValueError`, naming the remedy."""
    weights: dict[NodeId, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        node, _, weight = part.partition("=")
        if not node.strip().isdecimal() or not weight.strip().isdecimal():
            raise ValueError(f'quorum_weights has {part!r}: write it as "1=2, 3=0", node=weight')
        if int(node) in weights:
            raise ValueError(f"quorum_weights names node {int(node)} twice: give each node one weight")
        weights[int(node)] = int(weight)
    return weights


def parse_groups(text: str) -> tuple[frozenset[NodeId], ...]:
    """`1,2,3; 4,5,6`: the groups. Raises `ValueError`, naming the remedy."""
    groups: list[frozenset[NodeId]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        names = [name.strip() for name in part.split(",")]
        if not all(name.isdecimal() for name in names):
            raise ValueError(f'quorum_groups has {part!r}: write groups as "1,2,3; 4,5,6"')
        group = frozenset(map(int, names))
        if len(group) < len(names) or any(group & other for other in groups):
            raise ValueError(f"quorum_groups names a node of {part!r} twice: put each node into one group")
        groups.append(group)
    return tuple(groups)
