import asyncio
import socket
from typing import Any

import pytest

from quorate.core.errors import ProtocolError
from quorate.core.ids import NodeId
from quorate.real.link import Link, Phase
from quorate.real.network_limits import NetworkLimits
from quorate.wire.admission import Admission
from quorate.wire.codec import Codec
from quorate.wire.frames import frame
from quorate.wire.hello import Hello, Welcome, make_hello
from quorate.wire.refusal import Reason, Refuse, RefusedError
from real.network_fakes import Ask, Hub, Note, RawPeer, eventually, identity

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


class Kit:
    """Node 1 as links see it: those that it is called on, and one that it makes itself."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.limits = NetworkLimits()
        self.server: asyncio.Server | None = None
        self.address = ""

    def make(self, node: NodeId = 1, dialed: NodeId | None = None) -> Link:
        return Link(self.hub, Codec(Note | Ask), Admission(identity(node), "test"), self.limits, dialed)

    async def called(self) -> tuple[Link, RawPeer]:
        """A link on which nothing was said yet, and its other end."""
        if self.server is None:
            self.server = await asyncio.get_running_loop().create_server(self.make, "127.0.0.1", 0)
            self.address = "{}:{}".format(*self.server.sockets[0].getsockname())
        count = len(self.hub.links)
        peer = await RawPeer.dial(self.address)
        await eventually(lambda: len(self.hub.links) > count)
        return self.hub.links[-1], peer

    async def up(self) -> tuple[Link, RawPeer]:
        """A link that node 3 has called and that is up."""
        link, peer = await self.called()
        peer.say(make_hello(identity(3), "test", 1))
        assert isinstance(await peer.hear(Hello), Hello)
        peer.say(Welcome())
        await eventually(lambda: link.phase is Phase.UP)
        return link, peer


@pytest.fixture
async def kit():
    made = Kit()
    yield made
    for link in made.hub.links:
        link.abort("stopping", "")
        await link.closed
    if made.server is not None:
        made.server.close()
        await made.server.wait_closed()


async def test_called_side_goes_through_all_phases(kit: Kit):
    link, peer = await kit.called()
    assert (link.phase, link.peer, link.version) == (Phase.HELLO, None, 0)
    peer.say(make_hello(identity(3), "test", 1))
    assert await peer.hear(Hello) == make_hello(identity(1), "test", 3)
    assert (link.phase, link.peer, link.version) == (Phase.WELCOME, 3, 2)
    assert not link.send(Note(1)), "not before the other has agreed"
    peer.say(Welcome())
    peer.say(Note(2))
    await eventually(lambda: len(kit.hub.heard) == 3)
    assert kit.hub.of(link) == [("opened",), ("up", 3), ("received", Note(2))]
    assert link.send(Note(3))
    assert await peer.hear(Note) == Note(3)
    await peer.close()
    await link.closed
    assert kit.hub.of(link)[3:] == [("ended", "end_of_stream", "the peer closed the connection"), ("closed",)]
    assert not link.send(Note(4))


async def test_calling_side_goes_through_all_phases(kit: Kit):
    heard: list[Any] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = RawPeer(reader, writer)
        heard.append(await peer.hear(Hello))
        peer.say(make_hello(identity(1), "test", 3))
        peer.say(Note(5))
        heard.append(await peer.hear(Welcome))
        heard.append(await peer.hear(Note))
        await peer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    link = kit.make(node=3, dialed=1)
    host, port = server.sockets[0].getsockname()
    await asyncio.get_running_loop().create_connection(lambda: link, host, port)
    await eventually(lambda: ("received", Note(5)) in kit.hub.of(link))
    assert link.send(Note(6))
    await link.closed
    assert heard == [make_hello(identity(3), "test", 1), Welcome(), Note(6)]
    assert kit.hub.kinds(link) == ["opened", "up", "received", "ended", "closed"]
    server.close()
    await server.wait_closed()


async def test_whole_conversation_in_one_chunk_is_understood(kit: Kit):
    """Hello, welcome and a message larger than a hello may be: the limit rises with the welcome."""
    link, peer = await kit.called()
    large = Note(1, bytes(100_000))
    peer.say_bytes(bytes(frame(make_hello(identity(3), "test", 1)) + frame(Welcome()) + frame(large)))
    await eventually(lambda: ("received", large) in kit.hub.of(link))
    await peer.close()


async def test_large_frame_before_the_welcome_is_refused(kit: Kit):
    link, peer = await kit.called()
    peer.say_bytes(bytes(frame(make_hello(identity(3), "test", 1)) + frame(Note(1, bytes(5000)))))
    assert isinstance(await peer.hear(Hello), Hello)
    assert (await peer.hear_refusal()).reason == "too_large"
    await peer.close()
    await link.closed
    assert kit.hub.kinds(link) == ["opened", "refused", "ended", "closed"]


async def test_burst_is_sent_in_order_and_in_few_writes(kit: Kit):
    link, peer = await kit.up()
    for number in range(2000):
        assert link.send(Note(number, bytes(100)))
    assert link.buffered_bytes() > 2000 * 100
    for number in range(2000):
        assert (await peer.hear(Note)).number == number
    assert link.traffic.messages_out == 2000
    assert link.buffered_bytes() == 0
    await peer.close()


async def test_traffic_counts_whole_frames_both_ways(kit: Kit):
    link, peer = await kit.up()
    sent, answer = Note(1, bytes(100)), Ask("why")
    peer.say(sent)
    await eventually(lambda: ("received", sent) in kit.hub.of(link))
    link.send(answer)
    assert await peer.hear(Ask) == answer
    said = [make_hello(identity(3), "test", 1), Welcome(), sent]
    assert link.traffic.bytes_in == sum(len(frame(content)) for content in said)
    assert link.traffic.bytes_out == len(frame(make_hello(identity(1), "test", 3))) + len(frame(answer))
    assert (link.traffic.messages_in, link.traffic.messages_out) == (1, 1)
    await peer.close()


async def test_message_that_cannot_be_sent_harms_no_other(kit: Kit):
    kit.limits = NetworkLimits()
    link, peer = await kit.up()
    link._codec = Codec(Note | Ask, max_frame_bytes=1000)
    link.send(Note(1))
    with pytest.raises(ProtocolError):
        link.send(Note(2, bytes(2000)))
    link.send(Note(3))
    assert [await peer.hear(Note), await peer.hear(Note)] == [Note(1), Note(3)]
    await peer.close()


async def test_abort_is_told_on_a_later_turn_and_nothing_comes_after(kit: Kit):
    link, peer = await kit.up()
    peer.say(Note(1))
    link.send(Note(2))
    link.abort("cut", "by the test")
    link.abort("other", "the first reason counts")
    assert kit.hub.kinds(link) == ["opened", "up"]
    await link.closed
    assert kit.hub.of(link)[2:] == [("ended", "cut", "by the test"), ("closed",)]
    await peer.close()


async def test_drop_for_is_told_at_once(kit: Kit):
    link, peer = await kit.up()
    link.drop_for("replaced", "by a newer one")
    assert kit.hub.of(link)[-1] == ("ended", "replaced", "by a newer one")
    await link.closed
    assert kit.hub.kinds(link) == ["opened", "up", "ended", "closed"]
    await peer.close()


async def test_close_sends_what_waits(kit: Kit):
    link, peer = await kit.up()
    for number in range(10):
        link.send(Note(number, bytes(10_000)))
    link.close("stopping", "")
    assert not link.send(Note(10))
    for number in range(10):
        assert (await peer.hear(Note)).number == number
    assert await peer.rest() == b""
    await link.closed
    await peer.close()


async def test_refuse_is_spoken_once_and_ends_the_link(kit: Kit):
    link, peer = await kit.up()
    link.refuse(RefusedError(Reason.BAD_FRAME, "some detail"))
    link.refuse(RefusedError(Reason.TOO_LARGE, "too late"))
    assert kit.hub.of(link)[2:] == [("refused", "bad_frame", "some detail"), ("ended", "bad_frame", "some detail")]
    assert await peer.hear_refusal() == Refuse("bad_frame", "some detail")
    await peer.close()
    await link.closed


async def test_refused_peer_that_does_not_close_is_closed(kit: Kit):
    kit.limits = NetworkLimits(linger_ms=20)
    link, peer = await kit.up()
    link.refuse(RefusedError(Reason.BAD_FRAME, "some detail"))
    peer.say_bytes(bytes(100_000))
    await link.closed
    assert (await peer.hear(Refuse)).reason == "bad_frame"
    await peer.close()


@pytest.mark.parametrize("moment", ["hello", "welcome", "up"])
async def test_refusal_by_the_peer_is_told_at_any_moment(kit: Kit, moment: str):
    link, peer = await (kit.up() if moment == "up" else kit.called())
    if moment == "welcome":
        peer.say(make_hello(identity(3), "test", 1))
        assert isinstance(await peer.hear(Hello), Hello)
    peer.say(Refuse("disk_changed", "why"))
    await link.closed
    (refused,) = [item for item in kit.hub.of(link) if item[0] == "refused"]
    assert refused[1] == "disk_changed"
    assert refused[2].startswith("said by ")
    assert refused[2].endswith(": why")
    assert kit.hub.kinds(link)[-2:] == ["ended", "closed"]
    await peer.close()


async def test_silent_peer_is_given_up_by_the_calling_side_too(kit: Kit):
    kit.limits = NetworkLimits(hello_timeout_ms=20)
    link = kit.make(node=3, dialed=1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        await asyncio.get_running_loop().create_connection(lambda: link, *silent.getsockname())
        await link.closed
    assert kit.hub.kinds(link) == ["opened", "refused", "ended", "closed"]
    assert kit.hub.of(link)[1][1] == "too_slow"
    assert "did not complete its hello in 0.02 s" in kit.hub.of(link)[1][2]


async def test_connection_to_itself_ends_before_a_word_is_said(kit: Kit):
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        here = reserved.getsockname()
    link = kit.make(node=3, dialed=1)
    await asyncio.get_running_loop().create_connection(lambda: link, *here, local_addr=here)
    await link.closed
    assert kit.hub.of(link) == [("opened",), ("ended", "refused", "nobody listens there"), ("closed",)]
    assert link.traffic.bytes_out == 0


async def test_reset_is_told_as_such(kit: Kit):
    link, peer = await kit.up()
    sock = peer.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    peer.writer.transport.abort()
    await link.closed
    (ended,) = [item for item in kit.hub.of(link) if item[0] == "ended"]
    assert ended[1] == "reset"


async def test_abandoned_attempt_is_told_even_if_the_loop_says_nothing(kit: Kit):
    link = kit.make(node=3, dialed=1)
    link.abandon()
    assert kit.hub.heard == [], "there was no connection"
    called, peer = await kit.called()
    called.abandon()
    assert kit.hub.kinds(called) == ["opened", "ended", "closed"]
    assert called.closed.done()
    assert await peer.rest() == b""
    await peer.close()
    assert kit.hub.kinds(called) == ["opened", "ended", "closed"]
