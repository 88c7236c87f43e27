"""From readers to read indexes, and from applied indexes back to readers.

Readers that come while few enough questions are open share the next one: one question serves them all, because an index
that was confirmed after they asked is good for each of them. `deadline` is a bound, as in `proposals.py`.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

from quorate.core.errors import ReadFailedError
from quorate.core.events import ReadRequested
from quorate.core.ids import Index, Nanos, NodeId
from quorate.runtime.calls import ReadCall
from quorate.runtime.limits import Limits
from quorate.runtime.proposals import LOOK_NS

QUESTIONS_IN_FLIGHT = 4
"""More would share less; fewer would leave a reader waiting for a question that is not its own."""

NO_ANSWER = "no_answer"
"""The algorithm was asked and has said nothing yet."""

BEHIND = "behind"
"""The index is known, but this node has not applied as far."""

FINAL = frozenset({"busy", "unsupported", "removed", "stopping"})


class Reads:
    """Readers: gathered, asking, or waiting for the state to catch up."""

    def __init__(
        self, limits: Limits, count: Callable[[str, int], None], see: Callable[[ReadCall], bool] = lambda _call: True
    ) -> None:
        """`see`: lets a reader look at the machine; False: it must wait for the leader's word."""
        self.limits = limits
        self._count = count
        self._see = see
        self._gathered: list[ReadCall] = []
        self._asking: dict[int, tuple[list[ReadCall], Nanos]] = {}
        self._waiting: list[tuple[Index, int, list[ReadCall]]] = []
        self._last_id = 0
        self._retry_at: Nanos | None = None
        self._size = 0
        self._deadline: Nanos | None = None
        self.look_at: Nanos | None = None
        """When `expire` may have something to do; not before."""
        self._reason = NO_ANSWER
        self._hint: NodeId | None = None

    @property
    def can_flush(self) -> bool:
        """Whether a question could be asked now."""
        return bool(self._gathered) and len(self._asking) < QUESTIONS_IN_FLIGHT and self._retry_at is None

    def add(self, call: ReadCall) -> None:
        """Take a reader that needs the leader's word, or tell it that there is no room."""
        if self._has_room(call):
            self._gathered.append(call)

    def add_near(self, call: ReadCall, index: Index, applied: Index) -> None:
        """Take a reader that needs nobody's word, only a state at `index` or later; there is one at `applied`."""
        if index > applied:
            if self._has_room(call):
                self._last_id += 1
                heappush(self._waiting, (index, self._last_id, [call]))
        elif self._see(call):
            self._settle(call, applied)
        else:
            self.add(call)

    def _has_room(self, call: ReadCall) -> bool:
        size = self._size + call.readers
        if size > self.limits.queued_reads:
            self._settle(call, ReadFailedError("busy"))
            return False
        self._size = size
        if self._deadline is None or call.deadline < self._deadline:
            self._deadline = call.deadline
            self._look_by(call.deadline)
        return True

    def next_question(self, now: Nanos) -> ReadRequested:
        """Ask for all that have gathered; only when `can_flush`."""
        self._last_id += 1
        resend_at = now + self.limits.resend_ns
        self._asking[self._last_id] = (self._gathered, resend_at)
        self._look_by(resend_at)
        self._gathered = []
        return ReadRequested(self._last_id)

    def ready(self, read_id: int, index: Index) -> None:
        """The algorithm's answer: wait until `index` is applied."""
        calls, _ = self._asking.pop(read_id, ([], 0))
        if calls:
            heappush(self._waiting, (index, read_id, calls))

    def applied(self, index: Index) -> None:
        """The state has caught up to `index`: these may read now."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= index:
            for call in heappop(waiting)[2]:
                if call.done is None:
                    continue
                if self._see(call):
                    self._answer(call, index)
                else:
                    self._gathered.append(call)

    def refused(self, read_id: int, reason: str, hint: NodeId | None, now: Nanos) -> None:
        """No index: ask again with a new id, within the readers' time."""
        calls, _ = self._asking.pop(read_id, ([], 0))
        self._reason, self._hint = reason, hint
        if reason in FINAL:
            for call in calls:
                self._answer(call, ReadFailedError(reason, hint))
            return
        self._gathered = calls + self._gathered
        self._retry_at = now + self.limits.retry_ns
        self._look_by(self._retry_at)

    def leader_known(self) -> None:
        """There is news of a leader: ask at once."""
        self._retry_at = None
        self._reason, self._hint = NO_ANSWER, None

    def _look_by(self, at: Nanos) -> None:
        if self.look_at is None or at < self.look_at:
            self.look_at = at

    def expire(self, now: Nanos) -> None:
        """Answer readers whose time is over; give up questions that got no answer, so that they are asked anew."""
        if self.look_at is None or now < self.look_at:
            return
        if self._retry_at is not None and self._retry_at <= now:
            self._retry_at = None
        for read_id in [read_id for read_id, (_, resend_at) in self._asking.items() if resend_at <= now]:
            calls, _ = self._asking.pop(read_id)
            self._gathered = calls + self._gathered
        if self._deadline is not None and self._deadline <= now:
            self._expire_calls(now)
        times = [resend_at for _, resend_at in self._asking.values()]
        times += [at for at in (self._deadline, self._retry_at) if at is not None]
        self.look_at = min(times, default=None)

    def _expire_calls(self, now: Nanos) -> None:
        looked_at = self._size
        timeout, behind = f"timeout ({self._reason})", f"timeout ({BEHIND})"
        late = [(call, timeout, self._hint) for calls in self._unconfirmed() for call in calls if call.deadline <= now]
        late += [(call, behind, None) for _, _, calls in self._waiting for call in calls if call.deadline <= now]
        earliest: Nanos | None = None
        for calls in self._lists():
            calls[:] = [call for call in calls if call.deadline > now]
            for call in calls:
                if earliest is None or call.deadline < earliest:
                    earliest = call.deadline
        self._waiting = [waiting for waiting in self._waiting if waiting[2]]
        heapify(self._waiting)
        self._deadline = None if earliest is None else max(earliest, now + looked_at * LOOK_NS)
        for call, reason, hint in late:
            self._answer(call, ReadFailedError(reason, hint))

    def _unconfirmed(self) -> Iterator[list[ReadCall]]:
        yield self._gathered
        for calls, _ in self._asking.values():
            yield calls

    def _lists(self) -> Iterator[list[ReadCall]]:
        yield from self._unconfirmed()
        for _, _, calls in self._waiting:
            yield calls

    def stop(self, reason: str) -> None:
        """Answer everybody."""
        everybody = [call for calls in self._lists() for call in calls]
        self._gathered, self._asking, self._waiting = [], {}, []
        self._deadline = self._retry_at = self.look_at = None
        for call in everybody:
            self._answer(call, ReadFailedError(reason))

    def _answer(self, call: ReadCall, answer: Index | ReadFailedError) -> None:
        if call.done is not None:
            self._size -= call.readers
            self._settle(call, answer)

    def _settle(self, call: ReadCall, answer: Index | ReadFailedError) -> None:
        self._count("read_failed" if isinstance(answer, ReadFailedError) else "read", call.readers)
        call.settle(answer)
