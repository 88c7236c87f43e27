"""Requests: what an operator asks of the whole group, through any node. Plain data, the same for every algorithm."""

from typing import TypeAlias

import msgspec

from quorate.core.ids import Index, NodeId
from quorate.core.reconfigure import Change


class _Request(msgspec.Struct, frozen=True, tag=True):
    pass


class TransferLeadership(_Request, frozen=True):
    """Let `to` lead; None: whichever other node is best prepared. `only_from`: refused if another node leads than this one."""

    to: NodeId | None = None
    only_from: NodeId | None = None


class ChangeMembers(_Request, frozen=True):
    """Make these changes to the configuration, all at once. `expected`: only if its index is still this one; None: whichever it
    is. `auto_leave`: a joint configuration is left by itself."""

    changes: tuple[Change, ...]
    expected: Index | None = None
    auto_leave: bool = True


class LeaveJoint(_Request, frozen=True):
    """Leave a joint configuration that does not do so by itself."""


class ReportFreshness(_Request, frozen=True):
    """How new the data of this very node is, as the application measures it: the more, the fresher. It counts where the freshest should
    lead, goes to no other node, and is forgotten when the process ends."""

    freshness: int


Request: TypeAlias = TransferLeadership | ChangeMembers | LeaveJoint | ReportFreshness
