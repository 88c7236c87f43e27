"""Applying entries in slices, so that a long log does not keep a node from its messages.

A node that starts on a long log, or catches up with one, has much to apply at once, and seconds may go by with it. Meanwhile it must answer
votes and heartbeats, and its own election timeout must not pass unseen: so it applies for a few milliseconds at a time.

Only so much may wait. A machine that is slower than the log for long holds its node up: then the node takes in entries, its own
callers' and other nodes', no faster than it applies them, and its queues and the windows towards it say so to everybody else.
"""

from collections import deque
from collections.abc import Callable, Sequence

from quorate.core.entry import Entry

SLICE_ENTRIES = 512
SLICE_BYTES = 256 * 1024
"""What is applied at once: some milliseconds of the key-value machine."""


class Applying:
    """Hands entries to `apply` in order, each once. What does not fit in a slice waits for `go_on`, which is called because `later` was.

    `waiting_bytes` never exceeds `most_bytes`: what is too much is applied at once.
    """

    def __init__(self, apply: Callable[[Sequence[Entry]], None], later: Callable[[], None], most_bytes: int) -> None:
        self.waiting_bytes = 0
        self._apply = apply
        self._later = later
        self._most_bytes = most_bytes
        self._waiting: deque[Sequence[Entry]] = deque()

    def take(self, entries: Sequence[Entry]) -> None:
        """Apply these after those that wait."""
        nothing_waited = not self._waiting
        self._waiting.append(entries)
        self.waiting_bytes += sum(len(entry.data) for entry in entries)
        while self.waiting_bytes > self._most_bytes:
            self._apply_slice()
        if nothing_waited:
            self.go_on()

    def go_on(self) -> None:
        """Apply one slice of what waits."""
        if self._waiting:
            self._apply_slice()
        if self._waiting:
            self._later()

    def finish(self) -> None:
        """Apply all that waits, now: somebody is to be told that it is applied."""
        while self._waiting:
            self._apply_slice()

    def forget(self) -> None:
        """What waits is applied by other means, or not at all."""
        self._waiting.clear()
        self.waiting_bytes = 0

    def _apply_slice(self) -> None:
        entries = self._waiting[0]
        count, size = _fitting(entries)
        self.waiting_bytes -= size
        if count == len(entries):
            self._waiting.popleft()
        else:
            self._waiting[0] = entries[count:]
            entries = entries[:count]
        self._apply(entries)


def _fitting(entries: Sequence[Entry]) -> tuple[int, int]:
    """How many of them make a slice, at least one, and their bytes."""
    size = 0
    for count, entry in enumerate(entries[:SLICE_ENTRIES]):
        if count and size + len(entry.data) > SLICE_BYTES:
            return count, size
        size += len(entry.data)
    return min(len(entries), SLICE_ENTRIES), size
