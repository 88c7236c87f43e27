"""What a node knows of its own disk: how long its writes take, and whether there is room. Knows no messages.

Theory of operation. A disk that hangs answers nothing, so only the clock can tell: a write that is older than the stall limit means that
the disk hangs. It counts as well again when a write that was asked for later than that has finished in time. A process that was not
running cannot blame its disk: then the clock of what is under way begins anew.
"""

from collections import deque

from quorate.core.algorithm import DiskState
from quorate.core.ids import SECOND, Nanos, Position

SMOOTHING = 8
"""A write moves the usual time of a write by an eighth of the difference, as TCP's estimate of a round trip (RFC 6298)."""

LEAST_WRITES = 16
"""Fewer writes than that say nothing of a disk."""

MOVE_PAUSE_NS: Nanos = 60 * SECOND
"""Between two moves of leadership away from a slow disk, so that it does not wander."""


WHY_HUNG = (
    "its disk hangs: a write has not finished within disk_stall_ms, so this node neither leads nor campaigns until one does; "
    "see to its disk"
)
"""For people."""


class DiskWatch:
    """`hung`: a write has not finished within the stall limit, and no later one has yet. `short`: the disk is full. `write_ns`: how long
    a write takes of late; 0: not known. `waiting_bytes`: entries asked to be written and not durable yet.

    For a leader: `slow_since`: when its disk began to be far slower than another; `move_at`: not before then it moves leadership away
    again for that; `look_at`: the same for a full disk.
    """

    __slots__ = (
        "_asked",
        "hung",
        "hung_at",
        "look_at",
        "move_at",
        "short",
        "slow_since",
        "waiting_bytes",
        "write_ns",
        "writes",
    )

    def __init__(self) -> None:
        self.hung = False
        self.hung_at: Nanos = 0
        self.short = False
        self.write_ns: Nanos = 0
        self.writes = 0
        self.waiting_bytes = 0
        self.slow_since: Nanos | None = None
        self.move_at: Nanos = 0
        self.look_at: Nanos = 0
        self._asked: deque[tuple[Position, Nanos, int]] = deque()

    @property
    def word(self) -> DiskState:
        """For a status."""
        return "hung" if self.hung else "full" if self.short else "ok"

    @property
    def idle(self) -> bool:
        """Whether nothing is being written."""
        return not self._asked

    def asked(self, position: Position, now: Nanos, size: int) -> None:
        """A write of `size` bytes of entries begins, or waits behind others."""
        self._asked.append((position, now, size))
        self.waiting_bytes += size

    def finished(self, position: Position, now: Nanos, stall_ns: Nanos) -> bool:
        """Everything up to `position` is durable. Returns whether that shows that a disk which hung is well again."""
        recovered = False
        while self._asked and self._asked[0][0] <= position:
            _, at, size = self._asked.popleft()
            self.waiting_bytes -= size
            self._note(now - at)
            if self.hung and at > self.hung_at and now - at <= stall_ns:
                self.hung, recovered = False, True
        return recovered

    def _note(self, duration: Nanos) -> None:
        self.writes += 1
        self.write_ns = smoothed(self.write_ns, duration)

    def age(self, now: Nanos) -> Nanos:
        """How long the oldest unfinished write has taken so far; 0 without one."""
        return now - self._asked[0][1] if self._asked else 0

    def deadline(self, stall_ns: Nanos) -> Nanos | None:
        """When the oldest unfinished write will have taken too long; None: there is none, or one has already."""
        return self._asked[0][1] + stall_ns if self._asked and not self.hung else None

    def begin_anew(self, now: Nanos) -> None:
        """The process was not running: how long its writes took is not known."""
        self._asked = deque((position, now, size) for position, _, size in self._asked)

    def hang(self, now: Nanos) -> None:
        """The oldest write has taken too long."""
        self.hung, self.hung_at = True, now


def smoothed(usual: Nanos, sample: Nanos) -> Nanos:
    """The usual duration after one more sample; 0 is none yet."""
    return usual + (sample - usual) // SMOOTHING if usual else max(sample, 1)


def overslept(due: Nanos | None, now: Nanos, patience_ns: Nanos) -> bool:
    """Whether this process has not been running for a while: it was to be woken at `due`, long ago."""
    return due is not None and now - due > patience_ns // 4
