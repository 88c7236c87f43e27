"""Proposals and reads on their own: the test plays the algorithm and the clock."""

from __future__ import annotations

from quorate.core.entry import Batch, SessionId, decode_batch
from quorate.core.events import Proposed
from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.runtime.calls import Call, ReadCall
from quorate.runtime.counters import Counters
from quorate.runtime.limits import Limits
from quorate.runtime.proposals import Proposals
from quorate.runtime.reads import Reads
from runtime.fakes import Caller

SESSION = SessionId(1, 77, 1)
RETRY = 10 * MILLISECOND
RESEND = 2 * SECOND
FAR = 1000 * SECOND


class ProposalDesk:
    """Proposals with a clock. `propose` makes a batch of what waits, as a driver does."""

    def __init__(self, **limits: int) -> None:
        self.now: Nanos = 0
        self.counters = Counters()
        self.proposals = Proposals(SESSION, Limits(**limits), self.counters.count)

    def take(self, *commands: bytes, deadline: Nanos = FAR, caller: Caller | None = None) -> Caller:
        caller = caller or Caller()
        self.proposals.add(Call(list(commands), deadline, caller))
        return caller

    def propose(self) -> Proposed:
        proposed = self.proposals.next_batch(self.now)
        self.proposals.watch(proposed.sequence, self.now)
        return proposed

    def at(self, now: Nanos, *, leader_known: bool = True) -> list[int]:
        """Time has come to `now`: sequences that are proposed again."""
        self.now = now
        return [proposed.sequence for proposed in self.proposals.due(now, leader_known=leader_known)]


class ReadDesk:
    """Reads with a clock. `ask` asks as long as a driver would."""

    def __init__(self, **limits: int) -> None:
        self.now: Nanos = 0
        self.counters = Counters()
        self.reads = Reads(Limits(**limits), self.counters.count)

    def take(self, deadline: Nanos = FAR, caller: Caller | None = None) -> Caller:
        caller = caller or Caller()
        self.reads.add(ReadCall(deadline, caller))
        return caller

    def ask(self) -> list[int]:
        asked: list[int] = []
        while self.reads.can_flush:
            asked.append(self.reads.next_question(self.now).id)
        return asked

    def at(self, now: Nanos) -> None:
        self.now = now
        self.reads.expire(now)


def batch_of(proposed: Proposed) -> Batch:
    return decode_batch(proposed.data)
