"""What the network keeps about one other member, over all its connections."""

import msgspec

from quorate.core.ids import NodeId
from quorate.core.message import Message
from quorate.real.address import Address
from quorate.real.link import Link
from quorate.real.traffic import Traffic


class PeerStats(msgspec.Struct, frozen=True):
    """For status and metrics; counted since the network was made.

    `dropped`: messages for which there was no link. `withheld`: messages that were not sent, because the peer's release is too old to
    know them. `unknown`: messages of the peer's newer release that this one does not know. `overflows`: breaks because the send buffer
    was full.
    `version`: of the protocol spoken on the present link, 0 without one. `disk`, `incarnation`: of the process met
    last; None before the first. `last_error`: empty while connected.
    """

    address: str
    connected: bool
    version: int
    disk: int | None
    incarnation: int | None
    connects: int
    disconnects: int
    refusals: int
    dropped: int
    overflows: int
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    buffered_bytes: int
    last_error: str
    withheld: int = 0
    unknown: int = 0


class Peer:
    """`link`: the one that is up, or None. `address`: where to call it, read anew at each attempt."""

    def __init__(self, node: NodeId, address: Address) -> None:
        self.node = node
        self.address = address
        self.link: Link | None = None
        self.traffic = Traffic()
        self.connects = 0
        self.disconnects = 0
        self.refusals = 0
        self.dropped = 0
        self.withheld = 0
        self.unknown = 0
        self.last_error = ""

    def send(self, message: Message) -> None:
        """On the present link; without one the message is dropped and counted."""
        if self.link is None or not self.link.send(message):
            self.dropped += 1

    def attach(self, link: Link) -> None:
        """`link` has come up and is the present one from now on."""
        self.link = link
        self.connects += 1
        self.last_error = ""
        self.traffic.add(link.traffic)
        link.traffic = self.traffic

    def detach(self, link: Link, error: str) -> bool:
        """`link` has ended; False if it was not the present one."""
        if self.link is not link:
            return False
        self.link = None
        self.disconnects += 1
        self.last_error = error
        return True

    def stats(self, disk: int | None, incarnation: int | None) -> PeerStats:
        """A copy of the counters."""
        return PeerStats(
            address=str(self.address),
            connected=self.link is not None,
            version=self.link.version if self.link is not None else 0,
            disk=disk,
            incarnation=incarnation,
            connects=self.connects,
            disconnects=self.disconnects,
            refusals=self.refusals,
            dropped=self.dropped,
            overflows=self.traffic.overflows,
            messages_in=self.traffic.messages_in,
            messages_out=self.traffic.messages_out,
            bytes_in=self.traffic.bytes_in,
            bytes_out=self.traffic.bytes_out,
            buffered_bytes=self.link.buffered_bytes() if self.link is not None else 0,
            last_error=self.last_error,
            withheld=self.withheld,
            unknown=self.unknown,
        )
