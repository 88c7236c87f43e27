from quorate.core.message import Message
from quorate.real.address import Address
from quorate.real.peer import Peer, PeerStats
from quorate.real.traffic import Traffic
from real.network_fakes import Note


class FakeLink:
    """As much of a link as a peer needs."""

    version = 1

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.sent: list[Message] = []
        self.traffic = Traffic(bytes_in=40, bytes_out=50)

    def send(self, message: Message) -> bool:
        if self.up:
            self.sent.append(message)
            self.traffic.messages_out += 1
        return self.up

    def buffered_bytes(self) -> int:
        return 7


def make_peer() -> Peer:
    return Peer(2, Address("127.0.0.1", 7102))


def attach(peer: Peer, link: FakeLink) -> FakeLink:
    peer.attach(link)  # type: ignore[arg-type]
    return link


def test_without_a_link_messages_are_dropped_and_counted():
    peer = make_peer()
    peer.send(Note(1))
    assert peer.dropped == 1
    link = attach(peer, FakeLink())
    peer.send(Note(2))
    assert (link.sent, peer.dropped) == ([Note(2)], 1)
    link.up = False
    peer.send(Note(3))
    assert peer.dropped == 2


def test_only_the_present_link_can_be_detached():
    peer = make_peer()
    old, new = attach(peer, FakeLink()), attach(peer, FakeLink())
    assert not peer.detach(old, "reset")  # type: ignore[arg-type]
    assert (peer.link, peer.disconnects, peer.last_error) == (new, 0, "")
    assert peer.detach(new, "reset")  # type: ignore[arg-type]
    assert (peer.link, peer.disconnects, peer.last_error) == (None, 1, "reset")


def test_connecting_clears_the_last_error():
    peer = make_peer()
    peer.last_error = "refused"
    attach(peer, FakeLink())
    assert (peer.last_error, peer.connects) == ("", 1)


def test_counters_go_on_over_links():
    peer = make_peer()
    for _ in range(3):
        attach(peer, FakeLink())
        peer.send(Note(1))
    assert peer.traffic == Traffic(messages_out=3, bytes_in=120, bytes_out=150)


def test_stats_are_a_copy():
    peer = make_peer()
    attach(peer, FakeLink())
    peer.send(Note(1))
    peer.refusals = 4
    assert peer.stats(disk=9, incarnation=3) == PeerStats(
        address="127.0.0.1:7102",
        connected=True,
        version=1,
        disk=9,
        incarnation=3,
        connects=1,
        disconnects=0,
        refusals=4,
        dropped=0,
        overflows=0,
        messages_in=0,
        messages_out=1,
        bytes_in=40,
        bytes_out=50,
        buffered_bytes=7,
        last_error="",
    )
    peer.link = None
    after = peer.stats(None, None)
    assert (after.connected, after.version, after.buffered_bytes) == (False, 0, 0)
