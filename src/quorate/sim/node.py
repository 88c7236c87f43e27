"""One simulated member: a machine with a disk and a clock, and, while it is up, a process with the production store and driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from quorate.core.algorithm import Algorithm, Status
from quorate.core.consistency import LINEARIZABLE, Consistency, ReadInfo
from quorate.core.effects import ConfigurationChanged, Explain, LeaderChanged
from quorate.core.errors import DiskFailedError, DiskFullError, QuorateError, ReadFailedError
from quorate.core.finding import Why
from quorate.core.ids import Index, Nanos, NodeId
from quorate.core.keys import Key
from quorate.core.outcome import NotApplied, Outcome, Unknown
from quorate.core.requests import Request
from quorate.runtime.calls import see_nothing
from quorate.runtime.driver import Driver
from quorate.runtime.record import Record
from quorate.runtime.requests import Answer, RequestFailed
from quorate.sim.clock import NOMINAL_RATE, Clock
from quorate.sim.disk import CrashedError, Failure, Operation, SimDisk
from quorate.sim.ground import Ground
from quorate.sim.guard.machine import guarded
from quorate.sim.image import DiskImage, Loss, LossRule
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.lane import DiskSettings
from quorate.sim.process import Process, open_store
from quorate.sim.rot import Aged, flip_old
from quorate.sim.streams import stream
from quorate.sim.traces.lines import ClockSet, Crashed, Started, Stopped
from quorate.storage.damage import LocatedDamageError


class Losses(msgspec.Struct):
    """What crashes took from one node in all."""

    crashes: int = 0
    changes: int = 0
    torn: int = 0
    names: int = 0

    def add(self, loss: Loss) -> None:
        self.changes += loss.changes
        self.torn += loss.torn
        self.names += loss.names


class NodeDownError(Exception):
    """The node has no process now: start it first."""


class SimNode:
    """`failure`: what the process died of by itself, such as a failed disk; None after a crash from outside. `ruined`: it was
    damage to what it had promised to keep, and it never starts again. `rotten`: files in which bits were flipped.

    A failure that no fault explains is raised out of the simulation: it is a bug.
    """

    def __init__(self, ground: Ground, node: NodeId) -> None:
        self.node = node
        self.image = DiskImage()
        self.clock = Clock()
        self.losses = Losses()
        self.leader_changes: list[LeaderChanged] = []
        self.failure: BaseException | None = None
        self.rotten: set[str] = set()
        self.ruined = False
        self._ground = ground
        self._random = stream(ground.seed, "node", node)
        self._rate = NOMINAL_RATE
        self._process: Process | None = None
        self._calls: dict[int, Callable[[], None]] = {}
        self._call_number = 0
        self._disk_failures: list[Failure] = []
        self._disk_settings: DiskSettings | None = None
        self._stalled = False
        self.restart_clock()

    # Up and down

    @property
    def up(self) -> bool:
        """Whether a process runs, paused or not."""
        return self._process is not None

    @property
    def paused(self) -> bool:
        """Whether the process is stopped without knowing it."""
        return self._process is not None and self._process.world.paused

    def start(self, crash_after: int | None = None, crash_in: Operation = "any") -> bool:
        """Start a process on what the disk holds. False if it did not come up, because a fault of the disk explains it, or is ruined.

        `crash_after`: the process dies after so many operations on the disk, of the kind `crash_in`, if it needs more to start.
        """
        if self._process is not None or self.ruined:
            return not self.ruined
        self.failure = None
        ground = self._ground
        disk = SimDisk(self.image)
        disk.failures = self._disk_failures
        if crash_after is not None:
            disk.crash_after(crash_after, crash_in)
        try:
            store = open_store(ground, self.node, disk)
        except CrashedError:
            disk.release()
            return False
        except (QuorateError, OSError) as error:
            disk.release()
            self._fail(error, starting=True)
            return False
        disk.crash_after(None)
        process = self._process = Process(ground, self.node, disk, store, self.clock, listener=self)
        if self._disk_settings is not None:
            process.world.use_disk(self._disk_settings)
        if self._stalled:
            process.world.stall_disk()
        now = ground.scheduler.now
        self._note(Started(now, self.node, self.clock.local(now), self._rate, store.incarnation, store.durable))
        ground.observer.recovered(store.report)
        ground.observer.started(self.node, store.durable, process.algorithm)
        process.run()
        return True

    def crash(
        self, *, power: bool = True, rule: LossRule = "prefix", silent: bool = False, reset: bool = False
    ) -> None:
        """Kill the process. `power`: the machine as well, so that unsynced writes are lost as `rule` says. `silent` and `reset` are what
        the network makes of it."""
        process, self._process = self._process, None
        if process is None:
            return
        self.losses.crashes += 1
        process.world.crash(silent=silent, reset=reset)
        self._ground.observer.crashed(self.node)
        self._note(Crashed(self._ground.scheduler.now, self.node, power, str(self.failure or "")))
        if power:
            self.lose_power(rule)
        self._hang_up()

    def lose_power(self, rule: LossRule) -> None:
        """Cut the power of a machine on which no process runs."""
        self.losses.add(self.image.lose_power(self._random, rule))
        self.restart_clock()

    def stop(self) -> None:
        """Stop the process in good order: it answers its callers and closes its store."""
        process = self._running()
        process.driver.stop()
        process.store.close()
        self._process = None
        process.world.crash(silent=False, reset=False)
        self._ground.observer.crashed(self.node)
        self._note(Stopped(self._ground.scheduler.now, self.node))
        self._hang_up()

    def pause(self) -> None:
        """Stop the process without a trace, as SIGSTOP does."""
        self._running().world.pause()

    def resume(self) -> None:
        """Let it go on: it handles all that waited, with the clock as it is."""
        self._running().world.resume()

    def wake_up(self, suspended_at: Nanos, counted: Nanos) -> None:
        """Go on after a suspension that began when the clock showed `suspended_at`, and of which it counted only so much."""
        self.clock.lose(max(0, self.clock.local(self._ground.scheduler.now) - suspended_at - counted))
        self._clock_changed()
        self.resume()
        self._ground.observer.woke_up(self.node)

    # Faults of disk and clock

    def fail_disk(self, failure: Failure) -> None:
        """Let operations of the disk fail, in this process and later ones."""
        self._disk_failures.append(failure)

    def mend_disk(self) -> None:
        """No operation fails any more, there is space, nothing hangs or lies, and jobs take their usual time. What rotted stays so."""
        self._disk_failures.clear()
        self.image.capacity = None
        self.image.lies = False
        self._disk_settings, self._stalled = None, False
        if self._process is not None:
            self._process.world.release_disk()
            self._process.world.use_disk(self._ground.disk_settings)

    def slow_disk(self, settings: DiskSettings) -> None:
        """Jobs take as long as `settings` say, in this process and later ones, until `mend_disk`."""
        self._disk_settings = settings
        if self._process is not None:
            self._process.world.use_disk(settings)

    def stall_disk(self) -> None:
        """No job completes until `mend_disk`, in this process and later ones."""
        self._stalled = True
        if self._process is not None:
            self._process.world.stall_disk()

    def lie_about_syncs(self) -> None:
        """A sync says yes and keeps nothing, until `mend_disk`; what is unsynced then is for the next honest sync."""
        self.image.lies = True

    def rot(self, what: Aged, place: int, bit: int) -> bool:
        """Turn a bit of an old record (see `flip_old`). False if there is none."""
        path = flip_old(self.image, what, place, bit)
        if path is not None:
            self.rotten.add(path)
        return path is not None

    def ambush_write(self, action: Callable[[], object]) -> None:
        """Call `action` while the next write of this process is under way."""
        self._running().world.ambush_write(action)

    def set_clock_rate(self, rate: int) -> None:
        """Run the clock at `rate` local ns in 1,000,000 ns from now on."""
        self._rate = rate
        self.clock.change_rate(self._ground.scheduler.now, rate)
        self._clock_changed()

    def jump_clock(self, ahead: Nanos) -> None:
        """The clock leaps forward, as after a suspended machine."""
        self.clock.jump(ahead)
        self._clock_changed()

    def restart_clock(self) -> None:
        """A machine that starts counts its time from anywhere."""
        self.clock = Clock(self._random.randrange(10**15), self._rate)

    # What runs

    @property
    def driver(self) -> Driver:
        """The production driver of the process; NodeDownError without one."""
        return self._running().driver

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of the process; NodeDownError without one."""
        return self._running().algorithm

    @property
    def machine(self) -> Any:
        """The state machine of the process, as its user wrote it; NodeDownError without one."""
        machine = self._running().machine.machine
        return machine if (guard := guarded(machine)) is None else guard.machine

    def ask(self, query: Callable[[Any], Any]) -> Any:
        """`query(machine)`; a guarded machine is held to being the same after it. NodeDownError without a process."""
        guard = guarded(self._running().machine.machine)
        return query(self.machine) if guard is None else guard.ask(query)

    def status(self) -> Status:
        """The driver's status; NodeDownError without a process."""
        return self._running().driver.status()

    def why(self) -> Why:
        """What the node can say to those who ask; NodeDownError without a process."""
        return self._running().driver.why()

    def digest(self) -> str:
        """What the whole applied state amounts to: equal on nodes that applied the same."""
        return self._running().machine.digest()

    @property
    def leads(self) -> bool:
        """Whether the node thinks that it leads."""
        return self._process is not None and self.status().leader == self.node

    @property
    def open_calls(self) -> int:
        """Calls not answered yet."""
        return len(self._calls)

    def propose(
        self, commands: list[bytes], timeout: Nanos, done: Callable[[Outcome], None], key: Key | None = None
    ) -> None:
        """As a client connected to this node: `done` is called once, by a crash of the node too."""
        if self._process is None:
            done(NotApplied("the node is down"))
            return
        process = self._process
        number = self._call(lambda: done(Unknown("the node crashed")))

        def answer(outcome: Outcome) -> None:
            if self._calls.pop(number, None) is not None:
                done(outcome)

        process.world.gate(lambda: process.driver.propose(commands, process.world.now() + timeout, answer, key))

    def read(
        self,
        timeout: Nanos,
        done: Callable[[Index | ReadFailedError], None],
        consistency: Consistency = LINEARIZABLE,
        look: Callable[[ReadInfo], None] = see_nothing,
    ) -> None:
        """As `propose`, for a read; `done` and `look` as in `Driver.read`."""
        if self._process is None:
            done(ReadFailedError("the node is down"))
            return
        process = self._process
        number = self._call(lambda: done(ReadFailedError("the node crashed")))

        def answer(result: Index | ReadFailedError) -> None:
            if self._calls.pop(number, None) is not None:
                done(result)

        process.world.gate(lambda: process.read(timeout, answer, consistency, look))

    def request(self, request: Request, timeout: Nanos, done: Callable[[Answer], None]) -> None:
        """As an operator connected to this node: `done` is called once, by a crash of the node too."""
        process = self._running()
        number = self._call(lambda: done(RequestFailed("the node crashed", uncertain=True)))

        def answer(result: Answer) -> None:
            if self._calls.pop(number, None) is not None:
                done(result)

        process.world.gate(lambda: process.driver.request(request, process.world.now() + timeout, answer))

    def take_snapshot(self) -> None:
        """Ask for a snapshot of what is applied now, as an operator would."""
        process = self._running()
        process.world.gate(process.driver.take_snapshot)

    # What the driver tells

    def leader_changed(self, change: LeaderChanged) -> None:
        self.leader_changes.append(change)

    def configuration_changed(self, change: ConfigurationChanged) -> None:
        """Listener: in a simulated network everybody can reach everybody."""

    def failed(self, error: BaseException) -> None:
        self._fail(error)
        # Not here and now: the driver is in the middle of its last step.
        self._ground.scheduler.after(0, self._bury, self._process)

    def explained(self, why: Explain) -> None:
        """Reasons are in the record already."""

    def recorded(self, record: Record) -> None:
        process = self._running()
        self._ground.observer.stepped(self.node, record.event, record.effects, process.algorithm, record.at)

    # Inside

    def _note(self, line: msgspec.Struct) -> None:
        if self._ground.trace is not None:
            self._ground.trace.note(line)

    def _clock_changed(self) -> None:
        now = self._ground.scheduler.now
        self._ground.observer.clock_changed(self.clock)
        if self._process is not None:
            self._process.world.clock_changed()
        self._note(ClockSet(now, self.node, self.clock.local(now), self._rate))

    def _fail(self, error: BaseException, *, starting: bool = False) -> None:
        """The process died of `error`. A full disk is no excuse for one that runs: it waits for space."""
        self.failure = error
        if isinstance(error.__cause__, InvariantBrokenError):
            # A machine found it, and the node thinks that its machine is ill.
            raise error.__cause__
        if isinstance(error, LocatedDamageError) and self._has_rotted(error.path):
            self.ruined = True
            return
        explained = self._disk_failures or (starting and self.image.capacity is not None)
        if not (explained and isinstance(error, OSError | DiskFailedError | DiskFullError)):
            raise error

    def _has_rotted(self, path: str) -> bool:
        """Whether a file has decayed, under this name or another that it had then."""
        inode = self.image.names.get(path)
        return path in self.rotten or (inode is not None and inode.rotten)

    def _bury(self, process: Process | None) -> None:
        """A process that failed by itself exits."""
        if process is not None and self._process is process:
            self.crash(power=False)

    def _call(self, when_the_node_dies: Callable[[], None]) -> int:
        self._call_number += 1
        self._calls[self._call_number] = when_the_node_dies
        return self._call_number

    def _hang_up(self) -> None:
        calls, self._calls = self._calls, {}
        for told in calls.values():
            told()

    def _running(self) -> Process:
        if self._process is None:
            raise NodeDownError(f"node {self.node} is down: start it first")
        return self._process
