"""Events: what happened. The only way anything reaches an algorithm. Past tense."""

from typing import TypeAlias

import msgspec

from quorate.core.ids import LinkIncarnation, NodeId, Position
from quorate.core.message import NEWEST_VERSION, Message
from quorate.core.requests import Request
from quorate.core.snapshot import SnapshotMeta


class _Event(msgspec.Struct, frozen=True, tag=True, gc=False):
    pass


class Received(_Event, frozen=True, gc=False):
    """A message of the link's present incarnation arrived."""

    sender: NodeId
    message: Message


class TimePassed(_Event, frozen=True, gc=False):
    """The clock has reached what `deadline()` said, or is past it."""


class Persisted(_Event, frozen=True, gc=False):
    """Every `Persist` up to and including `position` is durable."""

    position: Position


class SpaceChanged(_Event, frozen=True, gc=False):
    """`short`: the disk is full; what the log has in hand is for what is under way and for what is small, such as votes. Not `short`:
    there is room again. A write for which there is no room at all waits, and everything behind it."""

    short: bool


class Proposed(_Event, frozen=True, gc=False):
    """A local batch wants to be an entry. `data` is the encoded batch, `sequence` names it in answers.

    The same sequence may be proposed again after `Rejected` or `Unresolved`. `floor`: every sequence up to it is
    settled.
    """

    sequence: int
    data: bytes
    floor: int = 0


class ReadRequested(_Event, frozen=True, gc=False):
    """A local reader asks from which applied index on its read is linearizable. `id` is never used twice."""

    id: int


class Requested(_Event, frozen=True, gc=False):
    """An operator asks for something, here. `id` is never used twice; `RequestDone` or `RequestRefused` names it."""

    id: int
    request: Request


Setting: TypeAlias = bool | int | float | str
"""The value of one setting."""


class SettingsChanged(_Event, frozen=True, gc=False):
    """An operator has changed settings of the algorithm, by name; together with the others they have been checked."""

    settings: dict[str, Setting]


class PeerConnected(_Event, frozen=True, gc=False):
    """A connection to `peer` is up. Without a `PeerDisconnected` before it, it counts as both. `version`: of the protocol, agreed on
    by both."""

    peer: NodeId
    link: LinkIncarnation
    version: int = NEWEST_VERSION


class PeerDisconnected(_Event, frozen=True, gc=False):
    """The connection to `peer` broke; what was under way on it may be lost."""

    peer: NodeId


class PeerUnreachable(_Event, frozen=True, gc=False):
    """The connection to `peer` broke and an immediate attempt to connect again was refused: its process is gone."""

    peer: NodeId


class SnapshotTaken(_Event, frozen=True, gc=False):
    """A snapshot of the applied state is durable on this node; the log behind it may go."""

    meta: SnapshotMeta


class SnapshotRead(_Event, frozen=True, gc=False):
    """Answer to `ReadSnapshot`. `data` is empty and `failed` set when the snapshot is no longer there."""

    to: NodeId
    meta: SnapshotMeta
    offset: int
    data: bytes
    failed: bool = False


class SnapshotWritten(_Event, frozen=True, gc=False):
    """Answer to `WriteSnapshot`: the bytes below `offset` are durable. `complete`: the whole snapshot is published,
    its digest was right. `damaged`: the digest was wrong and what was received is thrown away. `no_room`: so it is because the disk
    is full."""

    meta: SnapshotMeta
    offset: int
    complete: bool = False
    damaged: bool = False
    no_room: bool = False


Event: TypeAlias = (
    Received
    | TimePassed
    | Persisted
    | SpaceChanged
    | Proposed
    | ReadRequested
    | Requested
    | SettingsChanged
    | PeerConnected
    | PeerDisconnected
    | PeerUnreachable
    | SnapshotTaken
    | SnapshotRead
    | SnapshotWritten
)
