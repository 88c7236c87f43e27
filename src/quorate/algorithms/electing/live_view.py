"""Who is thought to live. A suspicion is no knowledge, so it ends: with any word from the suspect, and by itself."""

from collections.abc import Iterable

from quorate.core.ids import Nanos, NodeId


class LiveView:
    """The members that are suspected, and until when.

    A suspicion without an end would shut a node out for good where only a node that suspects it would ever write to it, as on a ring
    its predecessor."""

    def __init__(self) -> None:
        self._until: dict[NodeId, Nanos] = {}

    def suspect(self, node: NodeId, until: Nanos) -> None:
        """Take it for dead until then."""
        self._until[node] = until

    def heard(self, node: NodeId) -> None:
        """It lives: a message or a connection of its came."""
        self._until.pop(node, None)

    def suspects(self, node: NodeId, now: Nanos) -> bool:
        """Whether it is taken for dead."""
        until = self._until.get(node)
        return until is not None and now < until

    def live(self, nodes: Iterable[NodeId], now: Nanos) -> list[NodeId]:
        """Those of `nodes` that are not suspected, in their order."""
        return [node for node in nodes if not self.suspects(node, now)]

    def suspected(self, now: Nanos) -> list[NodeId]:
        """All that are, ascending."""
        return sorted([node for node in self._until if self.suspects(node, now)])
