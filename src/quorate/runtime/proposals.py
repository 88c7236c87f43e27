"""From callers' commands to batches, and from outcomes back to callers.

Theory of operation. Commands gather in a queue; while few enough batches are in flight, what has gathered becomes one
batch, with the next sequence of this process's session. A batch stays until this node has applied it, or every caller
has run out of time. If the algorithm refuses it or loses sight of it, the same batch is proposed again when there is a
leader: the session table applies each sequence once, so a batch that did get through is not applied a second time, and
its callers get the results of the first.

Time. `deadline` is a bound: nothing is due before it. It is lowered when something new may become due and worked out
anew when it is reached, so that a call that is answered in time costs nothing here.
"""

from collections import deque
from collections.abc import Callable, Iterator

from quorate.core.entry import Batch, KeyedCall, SessionId, encode_batch
from quorate.core.events import Proposed
from quorate.core.ids import MILLISECOND, Index, Nanos, NodeId
from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown
from quorate.runtime.calls import Call
from quorate.runtime.limits import Limits

FINAL = frozenset({"too_large", "unsupported", "busy", "disk_full", "removed", "stopping"})
"""Refusals that proposing again would not cure soon."""

LOOK_NS = 1000
"""Looking whose time is over takes about a tenth of this for each call looked at. Looking no more often than once in so
much time a call keeps it to a tenth of the processor, however many wait; a hundred calls are told 0.1 ms late."""


class PendingBatch:
    """A batch and its callers. `proposed`: the algorithm has it now. `uncertain`: some copy of it may be in a log.

    `retry_at`: when to propose it (again); None: only when there is news of a leader.
    """

    __slots__ = (
        "calls",
        "data",
        "deadline",
        "hint",
        "proposed",
        "reason",
        "resend_ns",
        "retry_at",
        "sequence",
        "uncertain",
    )

    def __init__(self, sequence: int, data: bytes, calls: list[Call], resend_ns: Nanos) -> None:
        self.sequence = sequence
        self.data = data
        self.calls = calls
        self.deadline = min([call.deadline for call in calls])
        self.proposed = False
        self.uncertain = False
        self.reason = "no_leader"
        self.hint: NodeId | None = None
        self.retry_at: Nanos | None = None
        self.resend_ns = resend_ns


class Proposals:
    """Everything this node has taken and not yet answered.

    Bounded by `Limits`: the queue in commands and bytes, the batches in flight in number and each in size.
    """

    def __init__(self, session: SessionId, limits: Limits, count: Callable[[str, int], None]) -> None:
        self.session = session
        self.limits = limits
        self._count = count
        self._queue: deque[Call] = deque()
        self._queued_commands = 0
        self._queued_bytes = 0
        self._queue_deadline: Nanos | None = None
        self._pending: dict[int, PendingBatch] = {}
        self._last_sequence = 0
        self.look_at: Nanos | None = None
        """When `due` may have something to do; not before."""

    @property
    def queued(self) -> int:
        """Commands that wait to become a batch."""
        return self._queued_commands

    @property
    def in_flight(self) -> int:
        """Batches not yet settled."""
        return len(self._pending)

    @property
    def can_flush(self) -> bool:
        """Whether a batch could be made now."""
        return bool(self._queue) and len(self._pending) < self.limits.batches_in_flight

    def add(self, call: Call) -> None:
        """Take a call, or tell it that there is no room."""
        limits, queue = self.limits, self._queue
        commands = self._queued_commands + len(call.commands)
        size = self._queued_bytes + call.size
        if queue and (commands > limits.queued_commands or size > limits.queued_bytes):
            self._settle(call, NotApplied("busy"))
            return
        queue.append(call)
        self._queued_commands = commands
        self._queued_bytes = size
        if self._queue_deadline is None or call.deadline < self._queue_deadline:
            self._queue_deadline = call.deadline
            self._look_by(call.deadline)

    def next_batch(self, now: Nanos) -> Proposed:
        """Make a batch of what has gathered; only when `can_flush`."""
        calls = self._gathered()
        commands: list[bytes] = []
        keyed: list[KeyedCall] = []
        for call in calls:
            if call.key is not None:
                keyed.append(KeyedCall(len(commands), len(call.commands), call.key))
            commands += call.commands
        floor = self.floor
        self._last_sequence += 1
        sequence = self._last_sequence
        data = encode_batch(Batch(self.session, sequence, floor, commands, now // MILLISECOND, keyed))
        pending = PendingBatch(sequence, data, calls, self.limits.resend_ns)
        self._pending[sequence] = pending
        return self._propose(pending)

    def _gathered(self) -> list[Call]:
        """Takes out of the queue what makes one batch: all of it, or as much from its front as fits, and one call at least."""
        limits, queue = self.limits, self._queue
        if self._queued_bytes <= limits.batch_bytes and self._queued_commands <= limits.batch_commands:
            calls = list(queue)
            queue.clear()
            self._queued_commands = self._queued_bytes = 0
            self._queue_deadline = None
            return calls
        calls, size, commands = [], 0, 0
        while queue:
            call = queue[0]
            if calls and (
                size + call.size > limits.batch_bytes or commands + len(call.commands) > limits.batch_commands
            ):
                break
            calls.append(queue.popleft())
            commands += len(call.commands)
            size += call.size
        self._queued_commands -= commands
        self._queued_bytes -= size
        if not queue:
            self._queue_deadline = None
        return calls

    @property
    def floor(self) -> int:
        """Every sequence up to this one is settled. Batches are made in rising order, so the first pending one is the
        lowest."""
        for sequence in self._pending:
            return sequence - 1
        return self._last_sequence

    def _propose(self, pending: PendingBatch) -> Proposed:
        pending.proposed = True
        pending.retry_at = None
        return Proposed(pending.sequence, pending.data, self.floor)

    def watch(self, sequence: int, now: Nanos) -> None:
        """It was proposed: look again if nothing is heard for a while."""
        pending = self._pending.get(sequence)
        if pending is not None and pending.proposed:
            self._retry(pending, now + pending.resend_ns)

    def _retry(self, pending: PendingBatch, at: Nanos) -> None:
        pending.retry_at = at
        self._look_by(at)

    def _look_by(self, at: Nanos) -> None:
        if self.look_at is None or at < self.look_at:
            self.look_at = at

    def leader_known(self, now: Nanos) -> None:
        """There is news of a leader: what was refused or lost is due at once."""
        for pending in self._pending.values():
            if not pending.proposed:
                self._retry(pending, now)

    def applied(self, sequence: int, results: list[object], index: Index) -> None:
        """This node applied the batch: answer its callers."""
        pending = self._pending.pop(sequence, None)
        if pending is None:
            return
        start = told = 0
        for call in pending.calls:
            end = start + len(call.commands)
            if call.key is not None:
                self._settle(call, call.outcome_of(results[start:end], index))
            elif call.done is not None:
                told += call.callers
                if end - start == 1:
                    call.tell(results[start], index)
                else:
                    call.settle(Applied(results if end - start == len(results) else results[start:end], index))
            start = end
        self._count("Applied", told)

    def pending_sequences(self) -> list[int]:
        """Sequences not yet settled, for a look into a session table that came with a snapshot."""
        return list(self._pending)

    def rejected(self, sequence: int, reason: str, hint: NodeId | None, now: Nanos) -> None:
        """The algorithm refused it: answer if that is final, else propose again by and by."""
        pending = self._pending.get(sequence)
        if pending is None:
            return
        pending.proposed = False
        pending.reason, pending.hint = reason, hint
        if reason in FINAL:
            self._end(pending, self._verdict(pending, reason))
        else:
            pending.retry_at = None
            if reason != "no_leader":
                self._retry(pending, now + self.limits.retry_ns)

    def unresolved(self, sequence: int, reason: str, now: Nanos) -> None:
        """The algorithm lost sight of it."""
        pending = self._pending.get(sequence)
        if pending is None:
            return
        pending.uncertain = True
        pending.proposed = False
        pending.reason = reason
        self._retry(pending, now + self.limits.retry_ns)

    def due(self, now: Nanos, *, leader_known: bool) -> Iterator[Proposed]:
        """Answers callers whose time is over, then gives the batches to propose again now. Each is to be proposed
        before the next is asked for. Without a leader they wait for one."""
        if self.look_at is None or now < self.look_at:
            return
        self._expire(now, "timeout_before_proposed" if leader_known else "no_leader")
        for pending in list(self._pending.values()):
            if pending.sequence not in self._pending or pending.retry_at is None or pending.retry_at > now:
                continue
            if pending.proposed:
                # Silence: it may be on its way, or lost. The session makes a second copy harmless.
                pending.uncertain = True
                pending.resend_ns *= 2
            if leader_known:
                yield self._propose(pending)
                self.watch(pending.sequence, now)
            else:
                pending.proposed = False
                pending.retry_at = None
        times = [self._queue_deadline] if self._queue_deadline is not None else []
        for pending in self._pending.values():
            times.append(pending.deadline)
            if pending.retry_at is not None:
                times.append(pending.retry_at)
        self.look_at = min(times, default=None)

    def _expire(self, now: Nanos, why_queued: str) -> None:
        """A batch without callers left is forgotten: it may yet be applied, once."""
        if self._queue_deadline is not None and self._queue_deadline <= now:
            self._expire_queue(now, why_queued)
        for pending in list(self._pending.values()):
            if pending.deadline > now:
                continue
            open_calls = [call.deadline for call in pending.calls if call.done is not None and call.deadline > now]
            # While others wait, the batch is proposed again with everybody's commands: nobody in it may be told
            # "never".
            outcome = Unknown("timeout") if open_calls else self._verdict(pending, "timeout")
            for call in pending.calls:
                if call.deadline <= now:
                    self._settle(call, outcome)
            if open_calls:
                pending.deadline = max(min(open_calls), now + len(pending.calls) * LOOK_NS)
            else:
                self._pending.pop(pending.sequence, None)

    def _expire_queue(self, now: Nanos, why: str) -> None:
        looked_at = len(self._queue)
        late = [call for call in self._queue if call.deadline <= now]
        self._queue = deque(call for call in self._queue if call.deadline > now)
        self._queued_commands = sum(len(call.commands) for call in self._queue)
        self._queued_bytes = sum(call.size for call in self._queue)
        earliest = min((call.deadline for call in self._queue), default=None)
        self._queue_deadline = None if earliest is None else max(earliest, now + looked_at * LOOK_NS)
        for call in late:
            self._settle(call, NotApplied(why))

    def stop(self, reason: str) -> None:
        """Answer everybody."""
        queue, self._queue = self._queue, deque()
        self._queued_commands = self._queued_bytes = 0
        self._queue_deadline = self.look_at = None
        for call in queue:
            self._settle(call, NotApplied(reason))
        for pending in list(self._pending.values()):
            self._end(pending, self._verdict(pending, reason))

    def _verdict(self, pending: PendingBatch, reason: str) -> Outcome:
        """What can honestly be said of a batch that was not seen applied."""
        if pending.proposed or pending.uncertain:
            return Unknown(reason)
        return NotApplied(pending.reason if reason == "timeout" else reason, pending.hint)

    def _end(self, pending: PendingBatch, outcome: Outcome) -> None:
        self._pending.pop(pending.sequence, None)
        for call in pending.calls:
            self._settle(call, outcome)

    def _settle(self, call: Call, outcome: Outcome) -> None:
        if call.done is not None:
            self._count(type(outcome).__name__, call.callers)
            call.settle(outcome)
