"""What may go into the log while releases are mixed: what one node overlooks, and another does not, makes them differ."""

from quorate.core.ids import NodeId

KEYED_CALLS = 2
"""The protocol version from which on a batch may carry keys and its node's clock."""


class Versions:
    """The protocol version that each peer spoke when it was met last. One that was never met counts as new."""

    def __init__(self) -> None:
        self._met: dict[NodeId, int] = {}

    def met(self, peer: NodeId, version: int) -> None:
        """A link to `peer` is up."""
        self._met[peer] = version

    def all_speak(self, version: int) -> bool:
        """Whether no peer is known to be older than that."""
        return all(met >= version for met in self._met.values())
