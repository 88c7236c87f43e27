import asyncio
import socket

import pytest

from quorate.real.address import Address
from quorate.real.connect import connect, is_gone, met_itself, tune
from real.network_fakes import PATIENCE_S, eventually

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

TIMEOUT_MS = int(PATIENCE_S * 1000)


class Counter(asyncio.Protocol):
    """Counts connections and closes them when the other side does."""

    made = 0
    lost = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        type(self).made += 1

    def connection_lost(self, exc: Exception | None) -> None:
        type(self).lost += 1


class Client(asyncio.Protocol):
    transport: asyncio.BaseTransport

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)


@pytest.fixture
async def listener():
    """An address where connections are counted, by a class of its own for each test."""
    counter = type("Counted", (Counter,), {})
    server = await asyncio.get_running_loop().create_server(counter, "127.0.0.1", 0)
    yield Address(*server.sockets[0].getsockname()), counter
    server.close()
    await eventually(lambda: counter.made == counter.lost)
    await server.wait_closed()


def free_address() -> Address:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        return Address(*reserved.getsockname())


async def test_connects_and_gives_the_transport_of_the_protocol(listener: tuple[Address, type[Counter]]):
    address, counter = listener
    client = Client()
    transport = await connect(address, lambda: client, TIMEOUT_MS)
    assert transport is client.transport
    transport.close()
    await client.lost
    await eventually(lambda: counter.made == 1)


async def test_a_name_is_tried_at_each_of_its_addresses(listener: tuple[Address, type[Counter]]):
    """Where localhost is ::1 too, nobody listens there."""
    address, _ = listener
    client = Client()
    transport = await connect(Address("localhost", address.port), lambda: client, TIMEOUT_MS)
    assert transport.get_extra_info("peername")[:2] == ("127.0.0.1", address.port)
    transport.close()
    await client.lost


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_refused_connection_is_told_from_other_errors(host: str):
    with pytest.raises(ConnectionRefusedError):
        await connect(Address(host, free_address().port), Client, TIMEOUT_MS)


async def test_unknown_name_is_an_error_of_its_own():
    with pytest.raises(socket.gaierror):
        await connect(Address("no-such-host.invalid", 1), Client, TIMEOUT_MS)


async def test_nobody_there_is_gone():
    assert await is_gone(free_address(), TIMEOUT_MS)


async def test_listener_is_not_gone_and_sees_only_bare_connections(listener: tuple[Address, type[Counter]]):
    address, counter = listener
    assert not await is_gone(address, TIMEOUT_MS)
    await eventually(lambda: counter.made == counter.lost > 1)


async def test_listener_that_dies_between_two_probes_is_gone():
    """The first probe got through to a process in the middle of its death."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)

    def die() -> None:
        loop.remove_reader(listener.fileno())
        listener.close()

    loop.add_reader(listener.fileno(), die)
    assert await is_gone(Address(*listener.getsockname()), TIMEOUT_MS)


async def test_unknown_name_is_no_proof():
    assert not await is_gone(Address("no-such-host.invalid", 1), TIMEOUT_MS)


async def test_silence_is_no_proof_and_ends_in_time():
    """A listener whose queue is full does not answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = Address(*listener.getsockname())
        queue = []
        try:
            for _ in range(4):
                waiting = socket.socket()
                waiting.setblocking(False)
                queue.append(waiting)
                waiting.connect_ex(listener.getsockname())
            assert not await is_gone(address, 100)
            with pytest.raises(TimeoutError):
                await connect(address, Client, 100)
        finally:
            for waiting in queue:
                waiting.close()


async def test_connection_to_itself_is_recognised(listener: tuple[Address, type[Counter]]):
    loop = asyncio.get_running_loop()
    itself = free_address()
    here = (itself.host, itself.port)
    client = Client()
    transport, _ = await loop.create_connection(lambda: client, *here, local_addr=here)
    assert met_itself(transport)
    transport.abort()
    await client.lost
    other = Client()
    transport = await connect(listener[0], lambda: other, TIMEOUT_MS)
    assert not met_itself(transport)
    transport.abort()
    await other.lost


async def test_tune_sets_no_delay_and_keepalive():
    with socket.socket() as sock:
        tune(sock)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5


async def test_tune_lets_a_dead_socket_pass():
    sock = socket.socket()
    sock.close()
    tune(sock)
    assert sock.fileno() == -1
