"""The one driver: event, step, carry out the effects, in order. It decides nothing about consensus.

Theory of operation. Whatever happens is a turn, and turns do not overlap: what comes in during a turn waits in `_inbox`
and is stepped before the turn ends, one event at a time. Effects happen in list order, behind the barrier (see
`barrier.py`). The state machine is moved by `Apply` alone, in order; while a snapshot is being loaded, applies wait.
Whatever fails, disk or machine or an invariant, stops the node: a node that does not know what it has written, or whose
state may differ from the others', must not go on.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from quorate.core.algorithm import Algorithm
from quorate.core.configuration import decode_configuration
from quorate.core.durable import Identity
from quorate.core.effects import (
    Apply,
    ConfigurationChanged,
    Effect,
    Explain,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    ReadSnapshot,
    Rejected,
    RequestDone,
    RequestRefused,
    Send,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.entry import Entry, EntryKind, SessionId
from quorate.core.errors import QuorateError
from quorate.core.events import Event, TimePassed
from quorate.core.ids import LinkIncarnation, Nanos, NodeId
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.applying import Applying
from quorate.runtime.barrier import Barrier
from quorate.runtime.counters import Counters
from quorate.runtime.limits import Limits
from quorate.runtime.listener import Listener
from quorate.runtime.near import Near
from quorate.runtime.proposals import Proposals
from quorate.runtime.reads import Reads
from quorate.runtime.recent import Recent
from quorate.runtime.record import Record
from quorate.runtime.requests import Requests
from quorate.runtime.snapshots import Snapshots
from quorate.runtime.versions import KEYED_CALLS, Versions
from quorate.runtime.world import World
from quorate.runtime.writer import Writer
from quorate.storage.store import Store

_CONFIGURATION = int(EntryKind.CONFIGURATION)


class Turns:
    """What `Driver` is made of, and how it moves."""

    def __init__(
        self,
        *,
        world: World,
        algorithm: Algorithm,
        store: Store,
        replica: SessionedMachine[Any],
        identity: Identity,
        listener: Listener,
        limits: Limits | None = None,
        checked: bool = False,
        recording: bool = False,
    ) -> None:
        limits = limits or Limits()
        self.identity = identity
        self.replica = replica
        self.counters = Counters()
        self.leader: NodeId | None = None
        self.failure: BaseException | None = None
        self._world = world
        self._algorithm = algorithm
        self._store = store
        self._listener = listener
        self._checked = checked
        self._recording = recording
        self._applying = Applying(self._apply_entries, lambda: world.soon(self._go_on_applying), limits.unapplied_bytes)
        self._links: dict[NodeId, LinkIncarnation] = {}
        self._versions = Versions()
        self._barrier = Barrier(lambda peer: self._links.get(peer, 0))
        self._inbox: deque[Event] = deque()
        self._in_turn = False
        self._stopped = ""
        self._removed = False
        self._flush_scheduled = False
        self._gathered_for_a_write = False
        self._armed: Nanos | None = None
        self._draining = False
        self._drained: Callable[[], None] | None = None
        self._writer = Writer(
            world,
            store,
            self.counters,
            limits.space_retry_ns,
            written=self._written,
            failed=self.fail,
            happened=self._step,
            rearm=self.rearm,
        )
        self._session = SessionId(identity.node, identity.disk, identity.incarnation)
        self._proposals = Proposals(self._session, limits, self.counters.count)
        self._near = Near(algorithm, world, replica, self.counters.count, lambda: not self._snapshots.loading)
        self._reads = Reads(limits, self.counters.count, self._near.see)
        self._requests = Requests(limits)
        self._snapshots = Snapshots(self, world, store, replica, limits, identity.first_configuration)
        self._recent = Recent(world.now, listener.explained)
        self._performers: dict[type, Callable[[Any], None]] = {
            Send: lambda effect: world.send(effect.to, effect.message),
            Apply: self._apply,
            LeaderChanged: self._change_leader,
            ConfigurationChanged: self._regroup,
            ReadReady: self._read_ready,
            ReadRefused: lambda effect: self._reads.refused(effect.id, effect.reason, effect.hint, world.now()),
            Rejected: lambda effect: self._proposals.rejected(effect.sequence, effect.reason, effect.hint, world.now()),
            Unresolved: lambda effect: self._proposals.unresolved(effect.sequence, effect.reason, world.now()),
            RequestDone: lambda effect: self._requests.finished(effect.id),
            RequestRefused: lambda effect: self._requests.refused(effect.id, effect.reason, effect.hint, world.now()),
            ReadSnapshot: self._snapshots.read,
            LoadSnapshot: self._load_snapshot,
            Explain: self._recent.note,
        }

    # Life

    def start(self) -> None:
        """Load what was durable and start the algorithm. Call once."""
        if not self._stopped:
            self._turn(self._begin)

    def _begin(self) -> None:
        snapshot = self._store.durable.snapshot
        if snapshot is not None:
            self._snapshots.load(LoadSnapshot(snapshot))
        now = self._world.now()
        self._stepped(None, now, self._algorithm.start(now))

    def stop(self, reason: str = "stopping") -> None:
        """Answer every caller, and take no more events. Idempotent."""
        if self._stopped:
            return
        self._stopped = reason
        self._inbox.clear()
        self._world.arm(None)
        self._applying.forget()
        self._writer.stop()
        self._snapshots.stop(reason)
        self._proposals.stop(reason)
        self._reads.stop(reason)
        self._requests.stop(reason)

    def fail(self, error: BaseException) -> None:
        """Stop for good because of `error`. What the disk or the machine holds is no longer known, so nothing more is
        promised."""
        if self.failure is None and not self._stopped:
            self.failure = error
            self.stop("failed")
            self._listener.failed(error)

    def _look_whether_drained(self) -> None:
        if self._drained is not None and not self._proposals.queued and not self._proposals.in_flight:
            done, self._drained = self._drained, None
            done()

    def take_event(self, event: Event) -> None:
        """An event of the driver's own parts (snapshots)."""
        self._step(event)

    def explained(self, why: Explain) -> None:
        """A reason of the driver's own parts."""
        self._listener.explained(why)

    # Turns

    def _step(self, event: Event) -> None:
        """Hand an event to the algorithm, after those that came before it."""
        if self._stopped:
            return
        self._inbox.append(event)
        if not self._in_turn:
            self._turn()

    def _turn(self, action: Callable[[], None] | None = None) -> None:
        """Do `action`, then step what has come in. Everything that moves the node happens in here."""
        self._in_turn = True
        try:
            if action is not None:
                action()
            self._drain()
        except QuorateError as error:
            self.fail(error)
        finally:
            self._in_turn = False
        if not self._flush_scheduled:
            self._schedule_flush()
        if self._drained is not None:
            self._look_whether_drained()
        self.rearm()

    def _drain(self) -> None:
        """Step what has come in. Stopping empties the inbox."""
        inbox, clock, step = self._inbox, self._world.now, self._algorithm.step
        while inbox:
            event = inbox.popleft()
            now = clock()
            self._stepped(event, now, step(event, now))

    def _stepped(self, event: Event | None, now: Nanos, effects: list[Effect]) -> None:
        self.counters.steps += event is not None
        if self._recording:
            self._listener.recorded(Record(now, self.identity.node, event, tuple(effects)))
        if self._checked:
            self._algorithm.check()
        self._carry_out(effects)

    def _look_at_clock(self) -> None:
        now = self._world.now()
        deadline = self._algorithm.deadline()
        if deadline is not None and deadline <= now:
            self._inbox.append(TimePassed())
            self._drain()
        self._writer.due(now)
        self._snapshots.due(now)
        self._reads.expire(now)
        for asked in self._requests.due(now):
            self._inbox.append(asked)
            self._drain()
        for proposed in self._proposals.due(now, leader_known=self.leader is not None):
            self._inbox.append(proposed)
            self._drain()

    def rearm(self) -> None:
        """Ask to be woken at the earliest of what anybody here waits for."""
        if self._stopped:
            return
        earliest = self._algorithm.deadline()
        reads, writer, snapshots = self._reads.look_at, self._writer.look_at, self._snapshots.look_at
        for at in (self._proposals.look_at, self._requests.look_at, reads, writer, snapshots):
            if at is not None and (earliest is None or at < earliest):
                earliest = at
        if earliest != self._armed:
            self._armed = earliest
            self._world.arm(earliest)

    # Effects

    def _carry_out(self, effects: list[Effect]) -> None:
        """In order: at once what may happen, behind the barrier what must wait."""
        barrier, performers = self._barrier, self._performers
        is_open = barrier.open
        for effect in effects:
            if self._stopped:
                return
            kind = type(effect)
            if (is_open and kind is not Persist and kind is not WriteSnapshot) or barrier.exempt(effect):
                performers[kind](effect)
            else:
                barrier.hold(effect)
                is_open = False
        if not is_open and not barrier.writing:
            self._write_next()

    def _write_next(self) -> None:
        """Start the next write, if there is something to write; called when none is under way."""
        write = self._barrier.next_write()
        if write is not None:
            self._writer.start(write)

    def _written(self, event: Event) -> None:
        """A write is durable: release what it held back, and tell the algorithm."""
        self._inbox.append(event)
        self._gathered_for_a_write = True
        self._turn(self._release)

    def _release(self) -> None:
        """The next write is started first, so that the disk works while this thread does."""
        released = self._barrier.written()
        self._write_next()
        for effect in released:
            if self._stopped:
                return
            self._performers[type(effect)](effect)

    # Callers

    def _expect_answer(self, deadline: Nanos) -> None:
        """A call has come in. It is answered in time even if nothing else happens."""
        if not self._flush_scheduled:
            self._schedule_flush()
        if self._armed is None or deadline < self._armed:
            self.rearm()

    def _schedule_flush(self) -> None:
        """Gather what else is ready now, then ask and propose."""
        if (self._proposals.queued and self._may_propose()) or self._reads.can_flush:
            self._flush_scheduled = True
            self._world.soon(self._flush)

    def _may_propose(self) -> bool:
        """Not without a leader to take it; and while a write is under way, commands had better gather. But no longer than one
        write: a disk that others keep busy all the time must not starve the callers here."""
        gathered = self._gathered_for_a_write or not self._barrier.writing
        return gathered and self._proposals.can_flush and self.leader is not None

    def _flush(self) -> None:
        self._flush_scheduled = False
        if not self._stopped:
            self._turn(self._ask_and_propose)

    def _ask_and_propose(self) -> None:
        while not self._stopped and self._reads.can_flush:
            self._inbox.append(self._reads.next_question(self._world.now()))
            self._drain()
        while not self._stopped and self._may_propose():
            # Time passes in the log, for all nodes alike, once all can read it.
            proposed = self._proposals.next_batch(self._world.now() if self._versions.all_speak(KEYED_CALLS) else 0)
            self._inbox.append(proposed)
            self._drain()
            self._proposals.watch(proposed.sequence, self._world.now())
        self._gathered_for_a_write = False

    def _change_leader(self, change: LeaderChanged) -> None:
        self.leader = change.leader
        if change.ready:
            self._applying.finish()
        if change.leader is not None:
            self._proposals.leader_known(self._world.now())
            self._reads.leader_known()
        self._listener.leader_changed(change)

    def _regroup(self, change: ConfigurationChanged) -> None:
        """Who belongs to the group no more waits for no leader: its callers go elsewhere."""
        self._removed = change.removed
        if change.removed:
            self._proposals.stop("removed")
            self._reads.stop("removed")
        self._listener.configuration_changed(change)

    def _read_ready(self, effect: ReadReady) -> None:
        self._reads.ready(effect.id, effect.index)
        if not self._snapshots.loading:
            self._reads.applied(self.replica.applied)

    # The machine

    def _apply(self, effect: Apply) -> None:
        """Move the machine, unless it is being replaced: then later."""
        if self._snapshots.loading:
            self._snapshots.applies_waiting.append(effect)
        else:
            self._applying.take(effect.entries)

    def _go_on_applying(self) -> None:
        if not self._stopped:
            self._turn(self._applying.go_on)

    def _apply_entries(self, entries: Sequence[Entry]) -> None:
        replica = self.replica
        session = self._session
        size = 0
        for entry in entries:
            applied = replica.apply(entry)
            size += len(entry.data)
            if entry.kind == _CONFIGURATION:
                self._snapshots.configuration = decode_configuration(entry.data)
            if applied is not None and applied.session == session:
                self._proposals.applied(applied.sequence, applied.results, applied.index)
        self.counters.entries_applied += len(entries)
        self._reads.applied(replica.applied)
        self._snapshots.applied(size)

    def _load_snapshot(self, effect: LoadSnapshot) -> None:
        """Replace the machine by one that has applied all that waits, and more."""
        self._applying.forget()
        self._snapshots.load(effect)

    def snapshot_loaded(self, waiting: list[Apply]) -> None:
        """The machine was replaced; `waiting` came meanwhile."""
        if not self._stopped:
            self._turn(lambda: self._go_on_after_load(waiting))

    def _go_on_after_load(self, waiting: list[Apply]) -> None:
        """Settle whose batches the snapshot covers, then go on with what waited."""
        for sequence in self._proposals.pending_sequences():
            results = self.replica.results_of(self._session, sequence)
            if results is not None:
                self._proposals.applied(sequence, results, self.replica.applied)
        for effect in waiting:
            self._apply(effect)
        self._reads.applied(self.replica.applied)
