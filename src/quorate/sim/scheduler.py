"""Simulated time: one heap of (time, sequence), so that what happens at the same instant happens in the order it was asked."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from quorate.core.ids import Nanos

MAX_EVENTS_PER_INSTANT = 20_000
"""More than this without time passing is a loop, not a busy moment: a storm of 5 nodes has about that many in 20 s."""


class StuckError(Exception):
    """Something schedules itself again and again without letting time pass."""


class Scheduler:
    """`now` is the world's own time in ns, from 0; nodes see it through their clocks."""

    __slots__ = ("_at_this_instant", "_heap", "_sequence", "events", "now")

    def __init__(self) -> None:
        self.now: Nanos = 0
        self.events = 0
        self._sequence = 0
        self._at_this_instant = 0
        self._heap: list[tuple[Nanos, int, Callable[..., object], tuple[Any, ...]]] = []

    def at(self, time: Nanos, action: Callable[..., object], *arguments: Any) -> None:
        """Call `action(*arguments)` at `time`; a time that has passed means now, after what already waits for now."""
        self._sequence += 1
        heappush(self._heap, (max(self.now, time), self._sequence, action, arguments))

    def after(self, delay: Nanos, action: Callable[..., object], *arguments: Any) -> None:
        """Call `action(*arguments)` when `delay` ns have passed."""
        self._sequence += 1
        heappush(self._heap, (self.now + delay, self._sequence, action, arguments))

    def next_time(self) -> Nanos | None:
        """When the next thing happens; None: nothing ever will."""
        return self._heap[0][0] if self._heap else None

    def step(self) -> bool:
        """Let the next thing happen; False if there is none."""
        if not self._heap:
            return False
        time, _, action, arguments = heappop(self._heap)
        if time > self.now:
            self.now = time
            self._at_this_instant = 0
        self._at_this_instant += 1
        if self._at_this_instant > MAX_EVENTS_PER_INSTANT:
            raise StuckError(f"{MAX_EVENTS_PER_INSTANT} events at {self.now} ns and no end; the last one is {action!r}")
        self.events += 1
        action(*arguments)
        return True

    def run_until(self, time: Nanos) -> None:
        """Let everything up to and including `time` happen; it is `time` then."""
        heap = self._heap
        while heap and heap[0][0] <= time:
            self.step()
        self.now = max(self.now, time)

    def run_while(self, condition: Callable[[], bool], limit: Nanos) -> bool:
        """Go on as long as `condition()` holds, at most to the time `limit`. Whether it ended because it no longer holds."""
        while condition():
            if not self._heap or self._heap[0][0] > limit:
                self.now = max(self.now, limit)
                return False
            self.step()
        return True
