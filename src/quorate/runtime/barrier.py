"""The order of effects: what follows a write waits until the write is durable.

Theory of operation. Effects come in lists; the lists form one queue. At its front stands at most one write under way,
which covers one or more `Persist` effects of the queue. When it is done, everything up to the last of them is released,
and all `Persist` effects that have gathered meanwhile become the next write: one write, one sync (group commit).
Writing later `Persist`s together with earlier ones, before what stands between them is released, is the same as a
faster disk: what stands between them is only delayed. A `WriteSnapshot` is a write of its own.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeAlias

from quorate.core.effects import (
    Effect,
    Explain,
    LeaderChanged,
    Persist,
    ReadRefused,
    Rejected,
    RequestRefused,
    Send,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.errors import InvariantError
from quorate.core.ids import LinkIncarnation, NodeId

EXEMPT = frozenset({Rejected, Unresolved, ReadRefused, RequestRefused, Explain})
"""They promise nothing about the disk, so a disk that hangs must not hold them back."""

Write: TypeAlias = tuple[Persist, ...] | WriteSnapshot


class Barrier:
    """The queue of held effects. `next_write` tells what must be written next, `written` what may then happen.

    A `Send` remembers the link it was decided for; `link_of` tells the present one.
    """

    __slots__ = ("_covered", "_held", "_link_of")

    def __init__(self, link_of: Callable[[NodeId], LinkIncarnation]) -> None:
        self._held: deque[tuple[Effect, LinkIncarnation]] = deque()
        self._covered = 0
        self._link_of = link_of

    def __len__(self) -> int:
        return len(self._held)

    @property
    def open(self) -> bool:
        """Whether nothing is held; then no write is under way either."""
        return not self._held

    @property
    def writing(self) -> bool:
        """Whether a write is under way."""
        return self._covered > 0

    def exempt(self, effect: Effect) -> bool:
        """Whether this happens at once, whatever is held. News that leadership is lost also overtakes, and so takes
        back, held news that somebody leads."""
        kind = type(effect)
        if kind in EXEMPT:
            return True
        if type(effect) is Send:
            return effect.at_once
        if type(effect) is LeaderChanged and effect.leader is None:
            self._held = deque(held for held in self._held if not isinstance(held[0], LeaderChanged))
            return True
        return False

    def hold(self, effect: Effect) -> None:
        """Put at the end of the queue."""
        link = self._link_of(effect.to) if type(effect) is Send else 0
        self._held.append((effect, link))

    def next_write(self) -> Write | None:
        """What to write now: called when no write is under way. None: the queue does not start with a write."""
        if self._covered:
            raise InvariantError("a write is under way already")
        if not self._held:
            return None
        first = self._held[0][0]
        if isinstance(first, WriteSnapshot):
            self._covered = 1
            return first
        if not isinstance(first, Persist):
            return None
        persists: list[Persist] = []
        for effect, _ in self._held:
            if isinstance(effect, WriteSnapshot):
                break
            if isinstance(effect, Persist):
                persists.append(effect)
        self._covered = len(persists)
        return tuple(persists)

    def written(self) -> Iterator[Effect]:
        """The write under way is durable: takes out, in order, what it held back. The caller carries it out before
        anything that comes later; a `Send` whose link is renewed by then is left out."""
        if not self._covered:
            raise InvariantError("no write is under way")
        held = self._held
        released: list[tuple[Effect, LinkIncarnation]] = []
        while held:
            effect, link = held[0]
            kind = type(effect)
            if kind is not Persist and kind is not WriteSnapshot:
                released.append((effect, link))
            elif self._covered:
                self._covered -= 1
            else:
                break
            held.popleft()
        link_of = self._link_of
        return (effect for effect, link in released if not isinstance(effect, Send) or link == link_of(effect.to))
