"""Whom a node lets in: the checks of a hello, and what is remembered of every member between connections."""

from collections.abc import Callable

import msgspec

from quorate.core.configuration import Configuration
from quorate.core.durable import Identity
from quorate.core.ids import Index, NodeId
from quorate.core.message import NEWEST_VERSION
from quorate.wire.hello import Hello, check_hello, check_knock, make_hello
from quorate.wire.knock import Knock
from quorate.wire.refusal import Reason, RefusedError


class Admission:
    """Remembers the disk of each peer, and the highest incarnation met on it.

    A node that comes back with another disk has forgotten its votes and what it acknowledged; counting it would
    break elections, so it is refused. A process that is older than one already met on its disk is a leftover.

    `on_disk_seen(peer, disk)` is asked once for a disk that is new here; False refuses it. That is the place to keep
    the binding over restarts. `newest`: the newest version of the protocol that this node is to speak.
    """

    def __init__(
        self,
        identity: Identity,
        algorithm: str,
        on_disk_seen: Callable[[NodeId, int], bool] | None = None,
        newest: int = NEWEST_VERSION,
    ) -> None:
        self.newest = newest
        self._identity = identity
        self._algorithm = algorithm
        self._on_disk_seen = on_disk_seen
        self._group: Index = 0
        self._bound: dict[NodeId, int] = {}
        self._disks: dict[NodeId, int] = {}
        self._incarnations: dict[NodeId, int] = {}

    def hello(self, receiver: NodeId) -> Hello:
        """What this node says to `receiver`."""
        return make_hello(self._identity, self._algorithm, receiver, self.newest, self._group)

    def follow(self, configuration: Configuration) -> None:
        """Who belongs to the group from now on, and with which disks."""
        self._group = configuration.index
        self._identity = msgspec.structs.replace(self._identity, members=configuration.ids)
        self._bound = {member.id: member.disk for member in configuration.members if member.disk}
        for node in [node for node in self._disks if node not in configuration.ids]:
            # Should it be let in again, it may come with another disk.
            del self._disks[node]
            self._incarnations.pop(node, None)

    def hear(self, knock: Knock) -> None:
        """A newcomer asks to be let in: may it ask? Raises `RefusedError`."""
        check_knock(knock, self._identity, self._algorithm)

    def admit(self, hello: Hello, dialed: NodeId | None) -> None:
        """Let the sender in and remember it, or raise `RefusedError`. `dialed`: whom we called, None if we were called."""
        check_hello(hello, self._identity, self._algorithm, dialed, self._group)
        self._check_disk(hello)
        self._check_incarnation(hello)
        self._disks[hello.sender] = hello.disk
        self._incarnations[hello.sender] = hello.incarnation

    def disk_of(self, peer: NodeId) -> int | None:
        """The disk bound to `peer`; None: it was never met."""
        return self._disks.get(peer)

    def incarnation_of(self, peer: NodeId) -> int | None:
        """The highest incarnation met; None: it was never met."""
        return self._incarnations.get(peer)

    def _check_disk(self, hello: Hello) -> None:
        if not self._accepts_disk(hello):
            known = self._bound.get(hello.sender) or self._disks.get(hello.sender)
            before = "" if known is None else f" ({known:x})"
            raise RefusedError(
                Reason.DISK_CHANGED,
                f"node {hello.sender} comes with data directory {hello.disk:x}, node {self._identity.node} knows it "
                f"with another one{before}: an emptied or exchanged directory has forgotten votes and entries it "
                f"answered for. Start node {hello.sender} with its original data directory; if that is lost for good, "
                "replace the member by one with a new id",
                hello.sender,
            )

    def _accepts_disk(self, hello: Hello) -> bool:
        # What the group has agreed on is newer than what this node has met.
        known = self._bound.get(hello.sender) or self._disks.get(hello.sender)
        if known is not None:
            return known == hello.disk
        return self._on_disk_seen is None or self._on_disk_seen(hello.sender, hello.disk)

    def _check_incarnation(self, hello: Hello) -> None:
        met = self._incarnations.get(hello.sender, 0) if self._disks.get(hello.sender) == hello.disk else 0
        if hello.incarnation < met:
            raise RefusedError(
                Reason.STALE_PROCESS,
                f"node {hello.sender} comes as start {hello.incarnation} of its data directory, start {met} was "
                f"already met by node {self._identity.node}: an old process still runs, or the directory was copied "
                "or restored from a backup. Stop the old process; never run a copy of a data directory",
                hello.sender,
            )
