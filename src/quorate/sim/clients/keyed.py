"""Writes with a key: a client sends them again, through other nodes, until it knows; and they must be applied once all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol

from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.keys import SESSION_EXPIRED, ClientSession, Key, Keys, opening
from quorate.core.outcome import Applied, NotApplied, Outcome
from quorate.machines.results import ResultCodec, ResultKind
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.cluster import Cluster
from quorate.sim.invariants.base import InvariantBrokenError

SOURCE = "exactly-once by sessions: Ongaro 2014 (dissertation), 6.3"

MOST_ATTEMPTS = 6
"""After so many without an answer a client lives with not knowing."""

PAUSE_NS = 300 * MILLISECOND
"""The mean pause before the next attempt is half of this."""

COPIES = 0.25
"""The share of attempts that go to two nodes at once, and of answered writes that are asked for once more."""


class KeyedWrite(Protocol):
    """The part of a `Write` that is needed here."""

    @property
    def commands(self) -> Sequence[bytes]: ...

    def attempted(self) -> None: ...

    def acknowledged(self, results: Sequence[Any]) -> None: ...

    def given_up(self) -> None: ...


class Owner(Protocol):
    """The client whose writes these are."""

    stopped: bool

    def was_told(self, outcome: Outcome) -> None:
        """What a node said."""
        ...

    def ended(self, *, known: bool) -> None:
        """The write is over. `known`: it is certain what became of it."""
        ...


class KeyedWrites:
    """The session of one client, and its writes, one at a time. It draws from a stream of its own."""

    def __init__(self, owner: Owner, cluster: Cluster, settings: WorkloadSettings, random: Random) -> None:
        self.repeats = 0
        self.keys: Keys | None = None
        self.owner = owner
        self.cluster = cluster
        self.settings = settings
        self.random = random
        self._codec = ResultCodec()
        self._old: tuple[KeyedWrite, Key, Sequence[Any]] | None = None

    def wanted(self) -> bool:
        """Whether the next write gets a key."""
        return bool(self.settings.keyed) and self.random.random() < self.settings.keyed

    def write(self, write: KeyedWrite, node: NodeId) -> None:
        """Have it applied, through `node` first."""
        if self._old is not None and self.random.random() < COPIES:
            self._ask_for_the_old()
        _Course(self, write).begin(node)

    def answered(self, write: KeyedWrite, key: Key, results: Sequence[Any]) -> None:
        """A write is over, with these results. Now and then one is kept, to be asked for when it is long settled, and its session
        perhaps forgotten: whatever the answer is then, it must not run."""
        if self._old is None and self.random.random() < COPIES:
            self._old = write, key, results

    def _ask_for_the_old(self) -> None:
        if self._old is None:
            return
        (write, key, results), self._old = self._old, None

        def told(outcome: Outcome | None) -> None:
            if isinstance(outcome, Applied):
                self.compare(key, results, outcome.results)

        self.repeats += 1
        self.send(self.any_node(), write.commands, key, told)

    def compare(self, key: Key, first: Sequence[Any], again: Sequence[Any]) -> None:
        """Raise `InvariantBrokenError` unless both answers are the same, as far as they could be kept."""
        encode = self._codec.encode
        told, repeated = [encode(result) for result in first], [encode(result) for result in again]
        if len(told) != len(repeated) or any(
            two.kind is not ResultKind.GONE and two != one for one, two in zip(told, repeated, strict=True)
        ):
            raise InvariantBrokenError(
                "Answered alike", SOURCE, f"key {key} was answered {first!r}, and then {again!r}"
            )

    def any_node(self) -> NodeId:
        """A node, whatever its state."""
        return 1 + int(self.random.random() * len(self.cluster.nodes))

    def send(self, node: NodeId, commands: Sequence[bytes], key: Key, told: Callable[[Outcome | None], None]) -> None:
        """One attempt. `told` hears the outcome, None if the node says nothing for long: a paused process answers nobody. The outcome
        may come all the same, later."""
        heard = False

        def done(outcome: Outcome) -> None:
            nonlocal heard
            heard = True
            self.owner.was_told(outcome)
            told(outcome)

        def look() -> None:
            if not heard:
                told(None)

        patience = self.settings.patience_ns
        self.cluster.scheduler.after(2 * patience, look)
        self.cluster.nodes[node].propose(list(commands), patience, done, key)


class _Course:
    """The course of one write. `waiting`: attempts that have not ended. `uncertain`: one ended without saying what became of it."""

    def __init__(self, writes: KeyedWrites, write: KeyedWrite) -> None:
        self._writes = writes
        self._write = write
        self._key: Key | None = None
        self._results: Sequence[Any] | None = None
        self._waiting = 0
        self._uncertain = False
        self._expired = False
        self._over = False
        self._attempts = 0
        self._turn = 0

    def begin(self, node: NodeId) -> None:
        """Send it, or first open a session to send it in."""
        writes = self._writes
        self._turn += 1
        if writes.keys is None:
            self._open(node)
            return
        if self._key is None:
            self._key = writes.keys.next()
        if not self._uncertain:
            # No earlier attempt is or will be applied.
            self._write.attempted()
        self._attempt(node, *([writes.any_node()] if writes.random.random() < COPIES else []))

    def _open(self, node: NodeId) -> None:
        writes = self._writes
        nonce = writes.random.getrandbits(62)

        def told(outcome: Outcome | None) -> None:
            if writes.keys is not None or self._over or self._key is not None:
                return
            if isinstance(outcome, Applied):
                writes.keys = Keys(ClientSession(outcome.results[0].index, nonce))
            if writes.owner.stopped:
                self._end(known=True)
            elif writes.keys is not None:
                self.begin(node)
            else:
                self._later()

        writes.send(node, (b"",), opening(nonce), told)

    def _attempt(self, *nodes: NodeId) -> None:
        """Send a copy to each. All of them count before the first is sent: a node that is down answers at once."""
        self._waiting += len(nodes)
        for node in nodes:
            self._send(node)

    def _send(self, node: NodeId) -> None:
        key = self._key
        if key is None:
            raise InvariantBrokenError("Keyed write", SOURCE, "it was sent before it had a key")
        self._attempts += 1
        self._writes.repeats += self._attempts > 1
        silent = False

        def told(outcome: Outcome | None) -> None:
            nonlocal silent
            if isinstance(outcome, Applied):
                self._answered(key, outcome.results)
            if silent or self._over:
                return
            silent = outcome is None
            self._waiting -= 1
            self._uncertain |= not isinstance(outcome, Applied | NotApplied)
            self._expired |= isinstance(outcome, NotApplied) and outcome.reason == SESSION_EXPIRED
            if not self._waiting:
                self._go_on()

        self._writes.send(node, self._write.commands, key, told)

    def _answered(self, key: Key, results: Sequence[Any]) -> None:
        """The first answer counts; every later one must be the same."""
        if self._results is None:
            self._results = results
            self._write.acknowledged(results)
        else:
            self._writes.compare(key, self._results, results)

    def _go_on(self) -> None:
        """Nothing of it is under way any more: what now?"""
        writes = self._writes
        if self._results is not None:
            if self._attempts < MOST_ATTEMPTS and not writes.owner.stopped and writes.random.random() < COPIES:
                self._attempt(writes.any_node())
            else:
                self._end(known=True)
        elif self._expired:
            writes.keys = None
            if self._uncertain:
                self._end(known=False)
            else:
                self._key, self._expired = None, False
                self._later()
        elif self._uncertain and (writes.owner.stopped or self._attempts >= MOST_ATTEMPTS):
            self._end(known=False)
        else:
            self._later()

    def _later(self) -> None:
        writes = self._writes
        writes.cluster.scheduler.after(int(writes.random.random() * PAUSE_NS), self._again, self._turn)

    def _again(self, turn: int) -> None:
        writes = self._writes
        if self._over or turn != self._turn:
            return  # a late answer to the opening of the session has set it going before
        if not writes.owner.stopped:
            self.begin(writes.any_node())
        elif self._uncertain:
            self._end(known=False)
        else:
            if self._attempts:
                self._write.given_up()
            self._end(known=True)

    def _end(self, *, known: bool) -> None:
        self._over = True
        writes = self._writes
        if self._results is not None and self._key is not None:
            writes.answered(self._write, self._key, self._results)
        if writes.keys is not None and self._key is not None and self._key.session == writes.keys.session:
            writes.keys.settle(self._key)
        writes.owner.ended(known=known)
