"""A disk lane of a simulated process: one job at a time, in order, each with a simulated duration."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND, Nanos
from quorate.sim.disk import CrashedError, SimDisk
from quorate.sim.scheduler import Scheduler

Job: TypeAlias = tuple[Callable[[], Any], Callable[[Any], None]]

SURVIVING_OPERATIONS = (2, 2, 4, 8, 16, 32)
"""A crash lets less than one of these more operations of the running job happen: mostly few, as most jobs have few, and now and then
many, so that every point of the long ones is hit."""


class DiskSettings(msgspec.Struct, frozen=True):
    """How long a job takes: `latency_ns` and uniformly up to `spread_ns` more; a share `tail_share` takes up to `tail_ns` more,
    mostly much less."""

    latency_ns: Nanos = 200_000
    spread_ns: Nanos = 800_000
    tail_share: float = 0.01
    tail_ns: Nanos = 60 * MILLISECOND


class Lane:
    """The job takes effect at the end of its time; if the process dies before, a random part of its operations does.

    `gate` passes a callback to the process: held while it is paused, dropped when it is dead.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        settings: DiskSettings,
        random: Random,
        gate: Callable[[Callable[[], None]], None],
    ) -> None:
        self._scheduler = scheduler
        self._settings = settings
        self._random = random
        self._gate = gate
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._stalled = False
        self._overdue = False
        self._ambush: Callable[[], object] | None = None

    def submit(self, job: Job) -> None:
        """Run it when all that came before it is done."""
        if self._running is None:
            self._start(job)
        else:
            self._waiting.append(job)

    def stall(self) -> None:
        """The disk hangs: nothing completes until `release`."""
        self._stalled = True

    def release(self) -> None:
        """The disk goes on; a job whose time has passed completes now."""
        self._stalled = False
        if self._overdue:
            self._overdue = False
            self._scheduler.after(0, self._due)

    def use(self, settings: DiskSettings) -> None:
        """From the next job on, jobs take as long as `settings` say."""
        self._settings = settings

    def ambush(self, action: Callable[[], object]) -> None:
        """Call `action` while the next job that starts is under way: faults at random moments mostly find the disk idle."""
        self._ambush = action

    def crash(self, disk: SimDisk) -> None:
        """The process dies. Of the running job a random number of operations still happens; waiting ones never start."""
        self._waiting.clear()
        running, self._running = self._running, None
        if running is None:
            return
        disk.crash_after(self._random.randrange(self._random.choice(SURVIVING_OPERATIONS)))
        try:
            running[0]()
        except (CrashedError, Exception):
            # Whatever the job made of it, nobody is left to be told.
            return

    def _start(self, job: Job) -> None:
        self._running = job
        settings, draw = self._settings, self._random.random
        latency = settings.latency_ns + int(draw() * settings.spread_ns)
        if draw() < settings.tail_share:
            latency += int(draw() ** 3 * settings.tail_ns)
        if self._ambush is not None:
            self._scheduler.after(int(draw() * latency), self._ambush)
            self._ambush = None
        self._scheduler.after(latency, self._due)

    def _due(self) -> None:
        if self._stalled:
            self._overdue = True
        else:
            self._gate(self._complete)

    def _complete(self) -> None:
        if self._stalled:
            self._overdue = True
            return
        running = self._running
        if running is None:
            return
        job, done = running
        result: Any
        try:
            result = job()
        except Exception as error:
            result = error
        self._running = None
        if self._waiting:
            self._start(self._waiting.popleft())
        done(result)
