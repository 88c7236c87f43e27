import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from itertools import pairwise
from random import Random

import pytest

from quorate.core.ids import MILLISECOND, NodeId
from quorate.real.address import Address
from quorate.real.dialer import Dialer
from quorate.real.link import Link
from quorate.real.network_limits import NetworkLimits
from quorate.real.peer import Peer
from quorate.wire.admission import Admission
from quorate.wire.codec import Codec
from quorate.wire.hello import Hello, make_hello
from real.network_fakes import Ask, Hub, Note, RawPeer, eventually, identity

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

NODE_TWO = identity(2)


class Kit:
    """Node 2 calls node 1, played by a server that does what the test says with each connection."""

    def __init__(self, limits: NetworkLimits) -> None:
        self.hub = Hub()
        self.limits = limits
        self.failures: list[OSError] = []
        self.calls: list[tuple[float, RawPeer]] = []
        self.peer = Peer(1, Address("127.0.0.1", 1))
        self.dialer = Dialer(self.peer, self.make_link, self.failed, limits, Random(5))
        self.server: asyncio.Server | None = None

    def make_link(self, dialed: NodeId) -> Link:
        assert dialed == 1
        return Link(self.hub, Codec(Note | Ask), Admission(NODE_TWO, "test"), self.limits, dialed)

    def failed(self, peer: Peer, error: OSError) -> None:
        assert peer is self.peer
        self.failures.append(error)

    def called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls.append((asyncio.get_running_loop().time(), RawPeer(reader, writer)))

    async def listen(self) -> None:
        self.server = await asyncio.start_server(self.called, "127.0.0.1", 0)
        self.peer.address = Address(*self.server.sockets[0].getsockname())

    async def call(self, number: int) -> RawPeer:
        """The connection of that number, from 0."""
        await eventually(lambda: len(self.calls) > number)
        return self.calls[number][1]


@contextlib.asynccontextmanager
async def dialing(limits: NetworkLimits, *, listen: bool = True) -> AsyncIterator[Kit]:
    kit = Kit(limits)
    if listen:
        await kit.listen()
    task = asyncio.create_task(kit.dialer.run())
    try:
        yield kit
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for link in kit.hub.links:
            link.abort("stopping", "")
        for link in kit.hub.links:
            await link.closed
        for _, peer in kit.calls:
            await peer.close()
        if kit.server is not None:
            kit.server.close()
            await kit.server.wait_closed()


async def test_says_hello_and_calls_again_after_each_end():
    async with dialing(NetworkLimits(backoff_longest_ms=20)) as kit:
        for number in range(3):
            peer = await kit.call(number)
            assert await peer.hear(Hello) == make_hello(NODE_TWO, "test", 1)
            assert len(kit.calls) == number + 1, "one connection at a time"
            await peer.close()
        assert kit.failures == []


async def test_failures_are_told_and_a_new_address_is_used():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        nobody = Address(*reserved.getsockname())
    async with dialing(NetworkLimits(backoff_longest_ms=20), listen=False) as kit:
        kit.peer.address = nobody
        await eventually(lambda: len(kit.failures) >= 3)
        assert all(isinstance(error, ConnectionRefusedError) for error in kit.failures)
        await kit.listen()
        await kit.call(0)


async def test_peer_that_closes_at_once_is_called_more_and_more_seldom():
    async with dialing(NetworkLimits(backoff_first_ms=10, backoff_longest_ms=40)) as kit:
        for number in range(5):
            await (await kit.call(number)).close()
        times = [time for time, _ in kit.calls[:5]]
        pauses_ms = [(later - earlier) * 1000 for earlier, later in pairwise(times)]
        # The dialer starts a pause when its side is closed, a little after the connection was counted here.
        assert all(pause >= least for pause, least in zip(pauses_ms, [4, 9, 19, 19], strict=True)), pauses_ms


async def test_link_that_lived_well_makes_the_next_call_immediate():
    async with dialing(NetworkLimits(backoff_first_ms=10, backoff_longest_ms=20)) as kit:
        for number in range(3):
            await (await kit.call(number)).close()
        good = await kit.call(3)
        good.say(make_hello(identity(1), "test", 2))
        link = kit.hub.links[-1]
        await eventually(lambda: link.up_at is not None)
        await asyncio.sleep(0.03)
        await good.close()
        await kit.call(4)
        assert kit.dialer._backoff._limit_ns == 10 * MILLISECOND, "reset, then one wait of nothing"


async def test_cancelling_it_leaves_a_link_that_is_up_alone():
    async with dialing(NetworkLimits()) as kit:
        peer = await kit.call(0)
        peer.say(make_hello(identity(1), "test", 2))
        (link,) = kit.hub.links
        await eventually(lambda: link.up_at is not None)
        assert "ended" not in kit.hub.kinds(link)
    assert ("ended", "stopping", "") in kit.hub.of(link)
