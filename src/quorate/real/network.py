"""The real network of one node: a listener, one link for each other member, and what its owner hears of them.

Each pair of nodes shares one TCP connection, called by the one with the higher id and called again whenever it breaks. A
newer connection of a peer replaces the older, which may be half open. Whenever a link breaks, both sides probe the
other's address at once: a refused connection means that the process is gone, and the owner hears `unreachable` within
milliseconds, long before any election timeout.
"""

import asyncio
import errno
import logging
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import msgspec

from quorate.core.configuration import Configuration, Member
from quorate.core.durable import Identity
from quorate.core.errors import ConfigError
from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.message import Message
from quorate.real.address import Address, describe_socket_name, parse_address
from quorate.real.clock import MonotonicClock
from quorate.real.connect import is_gone
from quorate.real.dialer import Dialer
from quorate.real.link import Link
from quorate.real.link_owner import LinkOwner
from quorate.real.log_limiter import LogLimiter
from quorate.real.network_limits import NetworkLimits
from quorate.real.peer import Peer, PeerStats
from quorate.wire.admission import Admission
from quorate.wire.codec import Codec
from quorate.wire.knock import Admitted, Knock, NotNow
from quorate.wire.refusal import Reason, RefusedError

_log = logging.getLogger("quorate.network")

_NO_PROBE = ("replaced", "stopping", "left")
"""Ends of a link after which there is nothing to find out."""


FAREWELL_S = 1.0
"""For how long the link to a member that has left goes on."""


class NetworkStats(msgspec.Struct, frozen=True):
    """`address`: listened at, empty while stopped. `strangers`: connections whose hello is not done.

    `refused`: connections refused by either side. `dropped`: messages to nodes that are no members.
    """

    address: str
    strangers: int
    refused: int
    dropped: int
    peers: dict[NodeId, PeerStats]


class Network:
    """`messages`: the union of message types. `since`: see `Codec`. `peers`: id -> `host:port` of all members; `listen`: where to listen,
    if that is not the own address in `peers`. `on_disk_seen`: see `Admission`. `on_error`: gets what owner calls raise.

    Belongs to the event loop on which `start` is called. Raises `ConfigError`.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        algorithm: str,
        messages: Any,
        peers: Mapping[NodeId, str],
        owner: LinkOwner,
        on_error: Callable[[BaseException], None],
        listen: str | None = None,
        since: Mapping[type[msgspec.Struct], int] | None = None,
        on_disk_seen: Callable[[NodeId, int], bool] | None = None,
        limits: NetworkLimits | None = None,
        random: Random | None = None,
    ) -> None:
        expected = {identity.node, *identity.members}
        missing = [node for node in sorted(expected) if node not in peers]
        if missing:
            raise ConfigError(f"peers has no address for node {missing[0]}: give one for each member")
        addresses = {node: parse_address(peers[node], f"the address of node {node}") for node in sorted(expected)}
        self._node = identity.node
        self._listen_at = parse_address(listen, "the listen address") if listen else addresses[identity.node]
        self._owner = owner
        self._on_error = on_error
        self._on_disk_seen = on_disk_seen
        self._limits = limits or NetworkLimits()
        self._random = random or Random()
        self._codec = Codec(messages, self._limits.max_frame_bytes, since)
        self._admission = Admission(identity, algorithm, self._accepts_disk, self._limits.max_protocol_version)
        self._peers = {node: Peer(node, address) for node, address in addresses.items() if node != identity.node}
        self._leaving: dict[NodeId, Peer] = {}
        self._dialers: dict[NodeId, asyncio.Task[None]] = {}
        self._log_limiter = LogLimiter(self._limits.log_interval_ms * MILLISECOND, MonotonicClock().now)
        self._lock = asyncio.Lock()
        self._running = False
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: set[Link] = set()
        self._strangers: dict[Link, None] = {}  # a set that remembers the order
        self._refused = 0
        self._dropped = 0

    # What the owner does.

    async def start(self) -> None:
        """Listen, and begin to call the peers with lower ids. Does nothing if it runs. Raises `ConfigError`."""
        async with self._lock:
            if self._running:
                return
            self._running = True
            try:
                self._server = await self._listen()
            except BaseException:
                self._running = False
                raise
            for peer in self._peers.values():
                self._begin_to_call(peer)

    async def stop(self) -> None:
        """Close the listener and every link, after what was sent has left or the time for it is over. Idempotent."""
        async with self._lock:
            if self._server is None:
                return
            self._running = False
            self._server.close()
            try:
                await self._end_tasks()
                await self._end_links()
            finally:
                for link in list(self._links):
                    link.abort("stopping", "this node stops")
            await self._server.wait_closed()
            self._server = None

    def send(self, to: NodeId, message: Message) -> None:
        """Put `message` on the link to `to`. Never blocks. Without a link it is dropped and counted, as is one that the peer's release
        is too old to know; over the bound of the buffer the link breaks. Raises `ProtocolError` for one above `max_frame_bytes`."""
        peer = self._peers.get(to) or self._leaving.get(to)
        if peer is None:
            self._dropped += 1
        elif peer.link is not None and self._codec.since(message) > peer.link.version:
            self._withhold(peer, peer.link, message)
        else:
            peer.send(message)

    def follow(self, configuration: Configuration, *, committed: bool) -> None:
        """Be connected to these from now on, at these addresses. Who is not among them goes once that is `committed`. A member without an
        address, or with one that cannot be, keeps the one that the settings gave."""
        self._admission.follow(configuration)
        for member in configuration.members:
            if member.id != self._node:
                self._follow_member(member)
        if committed:
            for node in [node for node in self._peers if configuration.member(node) is None]:
                self._leave(self._peers[node])

    def set_address(self, node: NodeId, address: str) -> None:
        """Call `node` there from the next attempt on. Raises `ConfigError`."""
        self._peers[node].address = parse_address(address, f"the address of node {node}")

    def _follow_member(self, member: Member) -> None:
        peer = self._peers.get(member.id)
        try:
            address = parse_address(member.address, f"the address of node {member.id}") if member.address else None
        except ConfigError as error:
            self._say(logging.WARNING, (member.id, "address"), "%s", error)
            address = None
        if peer is None and address is not None:
            peer = self._peers[member.id] = Peer(member.id, address)
            if self._running:
                self._begin_to_call(peer)
        elif peer is not None and address is not None:
            peer.address = address

    def _begin_to_call(self, peer: Peer) -> None:
        """Of two nodes the one with the higher id calls."""
        if peer.node < self._node:
            dialer = Dialer(peer, self._make_link, self._dial_failed, self._limits, self._random)
            self._dialers[peer.node] = self._spawn(dialer.run(), f"quorate dialer of node {peer.node}")

    def _leave(self, peer: Peer) -> None:
        """It belongs to the group no more. For a while both may still be told why, and what became of what they had asked for."""
        del self._peers[peer.node]
        dialer = self._dialers.pop(peer.node, None)
        if dialer is not None:
            dialer.cancel()
        if peer.link is not None:
            self._leaving[peer.node] = peer
            asyncio.get_running_loop().call_later(FAREWELL_S, self._part, peer, peer.link)

    def _part(self, peer: Peer, link: Link) -> None:
        if self._leaving.get(peer.node) is peer:
            del self._leaving[peer.node]
        link.close("left", f"node {peer.node} belongs to the group no more")

    @property
    def address(self) -> str:
        """Where this node listens, with the port that the system chose; empty while stopped."""
        sockets = self._server.sockets if self._server is not None else ()
        return describe_socket_name(sockets[0].getsockname()) if sockets else ""

    def stats(self) -> NetworkStats:
        """Counters since the network was made."""
        admission = self._admission
        return NetworkStats(
            address=self.address,
            strangers=len(self._strangers),
            refused=self._refused,
            dropped=self._dropped,
            peers={
                node: peer.stats(admission.disk_of(node), admission.incarnation_of(node))
                for node, peer in self._peers.items()
            },
        )

    # What links report.

    def link_opened(self, link: Link) -> None:
        self._links.add(link)
        if not self._running:
            link.abort("stopping", "this node stops")
        elif link.dialed is None:
            self._strangers[link] = None
            if len(self._strangers) > self._limits.max_strangers:
                # The oldest, not the newest: a real peer says hello at once, and must get in while others dawdle.
                oldest = next(iter(self._strangers))
                limit = self._limits.max_strangers
                oldest.refuse(RefusedError(Reason.TOO_MANY, f"more than {limit} connections have not said hello"))

    def link_knocked(self, link: Link, knock: Knock) -> None:
        self._strangers.pop(link, None)

        def done(answer: Admitted | NotNow | RefusedError) -> None:
            if isinstance(answer, RefusedError):
                link.refuse(answer)
            else:
                link.answer_knock(answer)

        self._say(logging.INFO, (None, "knock"), "node %d at %s asks to be let in", knock.node, knock.address)
        self._call(link, self._owner.knocked, knock, done)

    def link_up(self, link: Link) -> None:
        self._strangers.pop(link, None)
        peer = self._peer_of(link)
        if peer is None:
            link.close("left", "it belongs to the group no more")
            return
        if peer.link is not None:
            peer.link.drop_for("replaced", "the peer has opened a newer connection")
        peer.attach(link)
        self._say(logging.INFO, (peer.node, "up"), "link to node %s at %s is up", peer.node, link.address)
        self._call(link, self._owner.connected, peer.node, link.version)

    def link_received(self, link: Link, message: Message) -> None:
        self._call(link, self._owner.received, link.peer, message)

    def link_unknown(self, link: Link, tag: str) -> None:
        peer = self._peer_of(link)
        if peer is not None:
            peer.unknown += 1
            text = "dropped a message of type %s from node %s, whose release is newer: upgrade this node as well"
            self._say(logging.WARNING, (peer.node, "unknown"), text, tag, peer.node)

    def link_refused(self, link: Link, reason: str, detail: str) -> None:
        self._refused += 1
        peer = self._peer_of(link)
        if peer is not None:
            peer.refusals += 1
            peer.last_error = f"{reason}: {detail}"
        node = peer.node if peer is not None else None
        # Only reasons we know make keys of their own: a stranger must not be able to invent any number of them.
        key = (node, reason if reason in Reason.__members__.values() else "other")
        self._say(logging.WARNING, key, "connection with %s refused: %s: %s", link.address, reason, detail)
        self._call(link, self._owner.refused, node, link.address, reason, detail)

    def link_ended(self, link: Link, reason: str, detail: str) -> None:
        self._strangers.pop(link, None)
        peer = self._peer_of(link)
        if peer is None or not peer.detach(link, f"{reason}: {detail}"):
            return
        level = logging.INFO if reason in _NO_PROBE else logging.WARNING
        self._say(
            level, (peer.node, reason), "link to node %s at %s broke: %s: %s", peer.node, link.address, reason, detail
        )
        self._call(link, self._owner.disconnected, peer.node)
        if self._running and reason not in _NO_PROBE:
            self._spawn(self._probe(peer), f"quorate probe of node {peer.node}")

    def link_closed(self, link: Link) -> None:
        self._links.discard(link)

    # The rest.

    def _withhold(self, peer: Peer, link: Link, message: Message) -> None:
        peer.withheld += 1
        text = (
            "%s is not sent to node %s: its release speaks protocol version %d and does not know it; upgrade that node"
        )
        self._say(logging.WARNING, (peer.node, "withheld"), text, type(message).__name__, peer.node, link.version)

    async def _listen(self) -> asyncio.Server:
        at = self._listen_at
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(self._make_link, at.host, at.port, backlog=128)
        except OSError as error:
            raise ConfigError(_cannot_listen(self._node, at, error)) from error

    def _make_link(self, dialed: NodeId | None = None) -> Link:
        return Link(self, self._codec, self._admission, self._limits, dialed)

    def _peer_of(self, link: Link) -> Peer | None:
        return self._peers.get(link.peer) if link.peer is not None else None

    async def _probe(self, peer: Peer) -> None:
        gone = await is_gone(peer.address, self._limits.connect_timeout_ms)
        if gone and peer.link is None and self._running:
            self._call(None, self._owner.unreachable, peer.node)

    def _dial_failed(self, peer: Peer, error: OSError) -> None:
        text = str(error) or f"no answer within {self._limits.connect_timeout_ms} ms"
        if text != peer.last_error:
            peer.last_error = text
            self._say(
                logging.INFO, (peer.node, "dial"), "cannot reach node %s at %s: %s", peer.node, peer.address, text
            )

    def _accepts_disk(self, peer: NodeId, disk: int) -> bool:
        if self._on_disk_seen is None:
            return True
        try:
            return self._on_disk_seen(peer, disk)
        except Exception as error:
            self._on_error(error)
            return False

    def _call(self, link: Link | None, callback: Callable[..., None], *arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception as error:
            # The owner has missed something; going on as if it had heard would break the promise of order.
            if link is not None:
                link.abort("callback_failed", f"{type(error).__name__}: {error}")
            self._on_error(error)

    def _say(self, level: int, key: tuple[NodeId | None, str], text: str, *arguments: Any) -> None:
        held_back = self._log_limiter.admit(key)
        if held_back is not None:
            suffix = f" (held back meanwhile: {held_back} like this)" if held_back else ""
            _log.log(level, f"node %s: {text}%s", self._node, *arguments, suffix)

    def _spawn(self, work: Any, name: str) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)
        return task

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self._on_error(error)

    async def _end_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _end_links(self) -> None:
        for link in list(self._links):
            link.close("stopping", "this node stops")
        if self._links:
            await asyncio.wait([link.closed for link in self._links], timeout=self._limits.stop_timeout_ms / 1000)
        for link in list(self._links):
            link.abort("stopping", "this node stops")
        if self._links:
            await asyncio.wait([link.closed for link in self._links])


def _cannot_listen(node: NodeId, at: Address, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        remedy = f"another process uses the port; stop it, or give node {node} another port on all nodes"
    elif error.errno in (errno.EADDRNOTAVAIL, None):  # newer Pythons say the latter
        remedy = "this machine has no such address; set `listen` if peers reach it under another one"
    else:
        remedy = f"{error.strerror or error}; check the address of node {node}"
    return f"cannot listen at {at}: {remedy}"
