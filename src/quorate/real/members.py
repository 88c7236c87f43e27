"""Who belongs to the group, and changing that: `node.members`."""

from collections.abc import Awaitable, Callable, Sequence

from quorate.core.configuration import Configuration, Member
from quorate.core.ids import Index, NodeId
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove, Update
from quorate.core.requests import ChangeMembers, LeaveJoint, Request


class Members:
    """Each change returns once it is committed, and each may be asked of any node, again too: what is so already changes nothing.

    `expected`: only if the configuration still has this index (compare-and-set). `timeout`: seconds. All raise `RequestFailedError`, whose
    `reason` says why not (docs/members.md), and `StoppedError`.
    """

    def __init__(
        self, present: Callable[[], Configuration], ask: Callable[[Request, float | None], Awaitable[None]]
    ) -> None:
        self._present = present
        self._ask = ask

    @property
    def configuration(self) -> Configuration:
        """As this node knows it: the newest in its log, which acts even before it is committed."""
        return self._present()

    def list(self) -> list[Member]:
        """All members, by id; who votes is in `configuration`."""
        return [*self.configuration.members]

    async def add(
        self,
        node: NodeId,
        address: str,
        *,
        vote: bool = True,
        priority: int = 0,
        expected: Index | None = None,
        timeout: float | None = None,
    ) -> None:
        """Let `node` in, as a learner; with `vote` it votes as soon as it has caught up. `address`: its `host:port` for peers. A node that
        is started with `join` asks for this itself."""
        await self.change([Add(node, address, priority=priority, wants_vote=vote)], expected=expected, timeout=timeout)

    async def promote(self, node: NodeId, *, expected: Index | None = None, timeout: float | None = None) -> None:
        """Let a learner vote, caught up or not: as long as it is not, it cannot help to commit."""
        await self.change([Promote(node)], expected=expected, timeout=timeout)

    async def demote(self, node: NodeId, *, expected: Index | None = None, timeout: float | None = None) -> None:
        """Make a voter a learner: it has everything and counts for nothing."""
        await self.change([Demote(node)], expected=expected, timeout=timeout)

    async def remove(self, node: NodeId, *, expected: Index | None = None, timeout: float | None = None) -> None:
        """Take `node` out of the group, dead or alive. A leader hands over first."""
        await self.change([Remove(node)], expected=expected, timeout=timeout)

    async def replace(
        self,
        old: NodeId,
        new: NodeId,
        address: str,
        *,
        expected: Index | None = None,
        timeout: float | None = None,
    ) -> None:
        """Let `new` in; as soon as it has caught up it votes and `old` goes, in one change. Returns once `new` is let in."""
        await self.change([Add(new, address, wants_vote=True, replaces=old)], expected=expected, timeout=timeout)

    async def update(
        self,
        node: NodeId,
        *,
        address: str | None = None,
        priority: int | None = None,
        expected: Index | None = None,
        timeout: float | None = None,
    ) -> None:
        """Change the address or the priority of a member."""
        await self.change([Update(node, address, priority)], expected=expected, timeout=timeout)

    async def change(
        self,
        changes: Sequence[Change],
        *,
        expected: Index | None = None,
        auto_leave: bool = True,
        timeout: float | None = None,
    ) -> None:
        """Several changes at once, all or none of them. `auto_leave`: a joint configuration, which more than one voter more or less needs
        in between, is left by itself."""
        await self._ask(ChangeMembers(tuple(changes), expected, auto_leave), timeout)

    async def leave_joint(self, *, timeout: float | None = None) -> None:
        """Leave a joint configuration that was told not to leave by itself."""
        await self._ask(LeaveJoint(), timeout)
