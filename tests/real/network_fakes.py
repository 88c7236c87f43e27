"""An owner that writes down what it hears, small messages, and networks on loopback ports of the system's choice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from quorate.core.durable import Identity
from quorate.core.ids import NodeId
from quorate.core.message import NEWEST_VERSION, Message
from quorate.real.address import parse_address
from quorate.real.link import Link
from quorate.real.network import Network
from quorate.wire.frames import HEADER, HEADER_BYTES, frame
from quorate.wire.hello import Control, Hello, Welcome, make_hello
from quorate.wire.refusal import Refuse

PATIENCE_S = 30.0
"""How long a test waits for what must happen; generous, because machines are shared."""


class Note(Message, frozen=True):
    """A number and some bytes."""

    number: int
    data: bytes = b""


class Ask(Message, frozen=True):
    """A second kind of message, so that there is a union."""

    text: str


class Recorder:
    """A `LinkOwner`: one list of everything it heard, in order, and a way to wait for it."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.errors: list[BaseException] = []
        self.versions: dict[NodeId, int] = {}
        self._changed = asyncio.Event()

    def _hear(self, *what: Any) -> None:
        self.heard.append(what)
        self._changed.set()

    def connected(self, peer: NodeId, version: int) -> None:
        self.versions[peer] = version
        self._hear("connected", peer)

    def disconnected(self, peer: NodeId) -> None:
        self._hear("disconnected", peer)

    def unreachable(self, peer: NodeId) -> None:
        self._hear("unreachable", peer)

    def received(self, peer: NodeId, message: Message) -> None:
        self._hear("received", peer, message)

    def refused(self, peer: NodeId | None, address: str, reason: str, detail: str) -> None:
        self._hear("refused", peer, reason, detail)

    def on_error(self, error: BaseException) -> None:
        self.errors.append(error)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for `condition`, which is looked at whenever something was heard."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def until_heard(self, *what: Any, times: int = 1) -> None:
        """Wait until `what`, or something that begins with it, was heard `times` times."""
        await self.until(lambda: self.count(*what) >= times)

    def count(self, *what: Any) -> int:
        return sum(1 for item in self.heard if item[: len(what)] == what)

    def of(self, peer: NodeId) -> list[tuple[Any, ...]]:
        """What was heard of one peer, without its id."""
        return [(item[0], *item[2:]) for item in self.heard if item[1] == peer]


class Hub:
    """A `LinkHub` that writes down what it hears."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.heard: list[tuple[Any, ...]] = []

    def link_opened(self, link: Link) -> None:
        self.links.append(link)
        self.heard.append((link, "opened"))

    def link_up(self, link: Link) -> None:
        self.heard.append((link, "up", link.peer))

    def link_received(self, link: Link, message: Message) -> None:
        self.heard.append((link, "received", message))

    def link_unknown(self, link: Link, tag: str) -> None:
        self.heard.append((link, "unknown", tag))

    def link_refused(self, link: Link, reason: str, detail: str) -> None:
        self.heard.append((link, "refused", reason, detail))

    def link_ended(self, link: Link, reason: str, detail: str) -> None:
        self.heard.append((link, "ended", reason, detail))

    def link_closed(self, link: Link) -> None:
        self.heard.append((link, "closed"))

    def of(self, link: Link) -> list[tuple[Any, ...]]:
        return [item[1:] for item in self.heard if item[0] is link]

    def kinds(self, link: Link) -> list[str]:
        return [item[0] for item in self.of(link)]


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.002)


def identity(node: NodeId, members: tuple[NodeId, ...] = (1, 2, 3), **other: Any) -> Identity:
    fields: dict[str, Any] = {"cluster": "test", "disk": 1000 + node, "incarnation": 1} | other
    return Identity(node=node, members=members, **fields)


class Nodes:
    """Networks of one cluster in one loop. `owners[n]` hears what node n's network says."""

    def __init__(self) -> None:
        self.addresses: dict[NodeId, str] = {}
        self.networks: list[Network] = []
        self.owners: dict[NodeId, Recorder] = {}

    async def add(self, node: NodeId, members: tuple[NodeId, ...] = (1, 2, 3), **options: Any) -> Network:
        """Start a network for `node`; it and those already started learn each other's addresses."""
        who = options.pop("identity", None) or identity(node, members)
        owner = options.pop("owner", None) or Recorder()
        settings: dict[str, Any] = {"algorithm": "test", "messages": Note | Ask} | options
        own = self.addresses.get(node, "127.0.0.1:0")
        known = {member: self.addresses.get(member, "127.0.0.1:1") for member in who.members} | {node: own}
        network = Network(identity=who, peers=known, owner=owner, on_error=owner.on_error, **settings)
        self.networks.append(network)
        await network.start()
        self.owners[node] = owner
        self.addresses[node] = network.address
        for other in self.networks:
            if node in other.stats().peers:
                other.set_address(node, network.address)
        return network

    async def stop(self) -> None:
        for network in self.networks:
            await network.stop()


def plain_address(text: str) -> tuple[str, int]:
    """`host:port` as asyncio wants it."""
    address = parse_address(text, "address")
    return address.host, address.port


class RawPeer:
    """The other end of a connection, by hand: it says what a test tells it to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def dial(cls, address: str) -> RawPeer:
        return cls(*await asyncio.open_connection(*plain_address(address), limit=1 << 20))

    @classmethod
    async def connect(
        cls, address: str, who: Identity, receiver: NodeId, algorithm: str = "test", newest: int = NEWEST_VERSION
    ) -> RawPeer:
        """Dial and go through the whole hello, as the node `who`, whose release speaks up to version `newest`."""
        peer = await cls.dial(address)
        peer.say(make_hello(who, algorithm, receiver, newest))
        assert isinstance(await peer.hear(Hello), Hello)
        peer.say(Welcome())
        return peer

    def say(self, content: Control | Message) -> None:
        self.writer.write(frame(content))

    def say_bytes(self, data: bytes) -> None:
        self.writer.write(data)

    async def payload(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            length, _ = HEADER.unpack(await self.reader.readexactly(HEADER_BYTES))
            return await self.reader.readexactly(length)

    async def hear(self, kind: Any) -> Any:
        """The next frame, which must be of this type or union."""
        return msgspec.msgpack.decode(await self.payload(), type=kind)

    async def hear_refusal(self) -> Refuse:
        """The last words, with nothing after them."""
        refuse: Refuse = await self.hear(Refuse)
        assert await self.rest() == b""
        return refuse

    async def rest(self) -> bytes:
        """Everything up to the end of the connection; a reset is an end too."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return
