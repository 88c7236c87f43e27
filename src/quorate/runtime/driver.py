"""The one driver, as its world and its callers see it: what reaches a node. How it moves is in `turns.py`."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from quorate.core.algorithm import Status
from quorate.core.consistency import LINEARIZABLE, Consistency, ReadInfo
from quorate.core.errors import ReadFailedError
from quorate.core.events import (
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Received,
    SettingsChanged,
)
from quorate.core.finding import Why
from quorate.core.ids import Index, Nanos, NodeId
from quorate.core.keys import Key
from quorate.core.message import NEWEST_VERSION, Message
from quorate.core.outcome import NotApplied, Outcome
from quorate.core.requests import Request
from quorate.runtime.calls import Call, ReadCall, see_nothing
from quorate.runtime.reload import Reload
from quorate.runtime.requests import Answer, RequestFailed
from quorate.runtime.snapshots import Taken
from quorate.runtime.turns import Turns
from quorate.runtime.versions import KEYED_CALLS
from quorate.runtime.why import in_order, why_here

T = TypeVar("T")


class Driver(Turns):
    """Runs one algorithm in one world. Not thread-safe: every method is called on the world's thread."""

    # What reaches the node

    def wake(self) -> None:
        """The world's timer. May come early."""
        if not self._stopped:
            self._armed = None
            self._turn(self._look_at_clock)

    def received(self, sender: NodeId, message: Message) -> None:
        """A message from a peer's present link."""
        self._step(Received(sender, message))

    def peer_connected(self, peer: NodeId, version: int = NEWEST_VERSION) -> None:
        """A link to `peer` is up, on which `version` of the protocol is spoken."""
        link = self._links.get(peer, 0) + 1
        self._links[peer] = link
        self._versions.met(peer, version)
        self._step(PeerConnected(peer, link, version))

    def peer_disconnected(self, peer: NodeId) -> None:
        """The link to `peer` broke."""
        self._step(PeerDisconnected(peer))

    def peer_unreachable(self, peer: NodeId) -> None:
        """The link broke and an immediate reconnect was refused."""
        self._step(PeerUnreachable(peer))

    def propose(
        self, commands: Sequence[bytes], deadline: Nanos, done: Callable[[Outcome], None], key: Key | None = None
    ) -> None:
        """Have `commands` applied, as one unit of one entry; `done` is called once, by `deadline` or soon after.
        Here and in `read` it must not raise. With a `key` they are applied once, through whichever nodes they come."""
        self.take(Call(commands, deadline, done, key))

    def take(self, call: Call) -> None:
        """As `propose`. Every write of a caller comes through here by itself."""
        if self._stopped or self._draining or self._removed:
            removed = "removed" if self._removed else "stopping"
            call.settle(NotApplied(self._stopped or removed))
            return
        if call.key is not None and not self._versions.all_speak(KEYED_CALLS):
            call.settle(NotApplied("member_too_old"))
            return
        self._proposals.add(call)
        if not self._flush_scheduled or self._armed is None or call.deadline < self._armed:
            self._expect_answer(call.deadline)

    def take_gathered(self, calls: Iterable[Call]) -> None:
        """As `take`, of calls for which others of this turn of the world were waited for already: no more are."""
        self._take_all(self.take, calls)

    def _take_all(self, take: Callable[[T], None], calls: Iterable[T]) -> None:
        """Take them, and ask and propose at once, unless that is to come at the end of this turn of the world anyhow."""
        scheduled, self._flush_scheduled = self._flush_scheduled, True
        for call in calls:
            take(call)
        self._flush_scheduled = scheduled
        if not scheduled and not self._stopped and (self._reads.can_flush or self._may_propose()):
            self._turn(self._ask_and_propose)

    def read(
        self,
        deadline: Nanos,
        done: Callable[[Index | ReadFailedError], None],
        consistency: Consistency = LINEARIZABLE,
        look: Callable[[ReadInfo], None] = see_nothing,
    ) -> None:
        """Call `done(index)` at a moment when reading the machine is what `consistency` says, or `done(error)`; once, by
        `deadline` or soon after. Before that `look`, maybe more than once: what it saw the last time may be told."""
        self.take_read(ReadCall(deadline, done, consistency, look))

    def take_gathered_reads(self, calls: Iterable[ReadCall]) -> None:
        """The same of `take_read`."""
        self._take_all(self.take_read, calls)

    def take_read(self, call: ReadCall) -> None:
        """As `read`."""
        if self._stopped or self._removed:
            call.settle(ReadFailedError(self._stopped or "removed"))
            return
        index = self._near.index_for(call)
        if index is None:
            self._reads.add(call)
        else:
            self._reads.add_near(call, index, self._near.applied)
        if call.done is not None:
            self._expect_answer(call.deadline)

    def take_snapshot(self, done: Taken | None = None) -> None:
        """Take a snapshot of what is applied, after one that is being taken or loaded; `done` is called once, with the newest."""
        if not self._stopped:
            self._turn(lambda: self._snapshots.take(done))
        elif done is not None:
            done(RequestFailed(self._stopped))

    def request(self, request: Request, deadline: Nanos, done: Callable[[Answer], None]) -> None:
        """An operator's request of the whole group; `done` is called once, by `deadline` or soon after, with None when it
        has come to pass."""
        if self._stopped:
            done(RequestFailed(self._stopped))
            return
        asked = self._requests.add(request, deadline, done)
        if asked is not None:
            self._step(asked)

    def reload(self, change: Reload) -> None:
        """Go on with other settings; what is under way ends under those it began with."""
        if self._stopped:
            return
        for part in (self._proposals, self._reads, self._requests, self._snapshots):
            part.limits = change.limits
        if change.algorithm:
            self._step(SettingsChanged(change.algorithm))

    def drain(self, done: Callable[[], None]) -> None:
        """Take no more proposals; `done` is called once all that were taken are answered."""
        self._draining = True
        self._drained = done
        self._look_whether_drained()

    def lease_until(self) -> Nanos | None:
        """Until when, by the world's clock, no other node leads than this one; None: nothing is known of that, or another may lead."""
        return self._algorithm.standing(self.replica.applied, self._world.now()).lease_until

    def status(self) -> Status:
        """The algorithm's own words; `applied` is what this node's machine has really applied."""
        status = self._algorithm.status(self._world.now())
        work = self._snapshots.work or status.snapshot_work
        return msgspec.structs.replace(status, applied=self.replica.applied, snapshot_work=work)

    def why(self) -> Why:
        """In words: what the algorithm and the driver can say to each question, and what was explained lately."""
        now, recent = self._world.now(), self._recent.all()
        here = why_here(
            self.identity.node,
            now,
            writing_since=self._writer.since,
            queued=self._proposals.queued,
            in_flight=self._proposals.in_flight,
            loading=self._snapshots.loading,
        )
        return in_order([*self._algorithm.why(now, recent), *here], now, recent)
