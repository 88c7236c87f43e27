"""What a network tells the one whose it is."""

from collections.abc import Callable
from typing import Protocol

from quorate.core.ids import NodeId
from quorate.core.message import Message
from quorate.wire.knock import Admitted, Knock, NotNow
from quorate.wire.refusal import RefusedError


class LinkOwner(Protocol):
    """Who is told. All calls are made on the event loop, none out of `Network.send`.

    For each peer: `connected`, then any number of `received`, then `disconnected`, and so on; nothing of an old
    connection comes after a new `connected`. An exception out of a call goes to the network's `on_error` and breaks the link.
    """

    def connected(self, peer: NodeId, version: int) -> None:
        """A new link is up, on which `version` of the protocol is spoken; `send` reaches the peer from now on."""
        ...

    def disconnected(self, peer: NodeId) -> None:
        """The link is gone, and with it what was under way."""
        ...

    def unreachable(self, peer: NodeId) -> None:
        """After `disconnected`: an immediate attempt to connect was refused, so its process is gone."""
        ...

    def received(self, peer: NodeId, message: Message) -> None:
        """A message of the present link, in the order in which it was sent."""
        ...

    def knocked(self, knock: Knock, done: Callable[[Admitted | NotNow | RefusedError], None]) -> None:
        """A newcomer asks to be let in; `done` tells it what became of that."""
        ...

    def refused(self, peer: NodeId | None, address: str, reason: str, detail: str) -> None:
        """A connection was refused, by this node or by the other side. `peer`: None if it is not known who it is."""
        ...
