"""Copies of one user's machine: made, run, photographed and restored, with every misstep told as a broken rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from quorate.core.machine import CommandError, ResultGone, StateMachine
from quorate.machines.results import ResultCodec, ResultKind, StoredResult, plain_refusal, result_type_of
from quorate.sim.guard.rules import MachineBrokenError, Place, Rule, difference, shown
from quorate.sim.guard.sources import CallWatch, check_exceptions

R = TypeVar("R")


class Result(msgspec.Struct, frozen=True):
    """What one copy made of a command. `error`: what it raised. `stored`: what replicas agree on, of a value or a refusal; None: it raised
    what it does not declare. `text`: for people."""

    value: Any
    error: Exception | None
    stored: StoredResult | None
    text: str


class Copies:
    """`make` gives a new machine each time; `first` is the first of them. What the machine declares in `determinism_exceptions` (names of
    sources, or of the rule "encodable") is no misstep."""

    def __init__(self, make: Callable[[], StateMachine]) -> None:
        self.first = make()
        self.name = type(self.first).__name__
        declared = getattr(self.first, "determinism_exceptions", ())
        exceptions = check_exceptions(self.name, declared, [Rule.ENCODABLE.value])
        self._make = make
        self._may_lose_results = Rule.ENCODABLE.value in exceptions
        self._watch = CallWatch(exceptions)
        self._codec = ResultCodec(result_type_of(self.first))

    def another(self, place: Place) -> StateMachine:
        """A new machine."""
        machine = self._make()
        if machine is self.first:
            raise MachineBrokenError(Rule.SHARED, place, "the same object is handed out twice")
        return machine

    def copy(self, state: bytes, place: Place) -> StateMachine:
        """A new machine that was given `state`, cut at odd places."""
        copy = self.another(place)
        third = len(state) // 3
        chunks = [state[:third], state[third : third + 1], state[third + 1 :]]
        self.restore(copy, [chunk for chunk in chunks if chunk], place)
        return copy

    def restore(self, machine: StateMachine, chunks: list[bytes], place: Place) -> None:
        """Give `machine` a state, and see that it has it."""
        pieces = f"restore() of a snapshot in {len(chunks)} pieces"
        self.call(pieces, lambda: machine.restore(chunks), place)
        back, state = self.state(machine, place), b"".join(chunks)
        if back != state:
            what = "restore() does not bring back what snapshot() gave"
            raise MachineBrokenError(Rule.RESTORE, place, what, results=difference(state, back))

    def run(self, machine: StateMachine, command: bytes, place: Place, *, watched: bool = False) -> Result:
        """Apply one command; if `watched`, with an eye on the clock and its like."""
        try:
            value = self._watch.watch(machine.apply, command) if watched else machine.apply(command)
            stored: StoredResult | None = self._codec.encode(value)
            result = Result(value, None, stored, shown(value))
        except CommandError as refusal:
            result = Result(None, refusal, self._codec.encode(refusal), repr(plain_refusal(refusal)))
        except Exception as error:
            result = Result(None, error, None, shown(error))
        finding = self._watch.finding
        if watched and finding is not None:
            raise MachineBrokenError(finding.source.rule, place, str(finding))
        if watched and self._is_lost(result):
            what = f"returns {result.text} ({type(result.value).__name__}), which does not come back from a snapshot"
            raise MachineBrokenError(Rule.ENCODABLE, place, what)
        return result

    def _is_lost(self, result: Result) -> bool:
        """Whether a node that takes it from a snapshot does not get it: it cannot be encoded, or `result_type` does not cover it."""
        stored = result.stored
        if stored is None or stored.kind is not ResultKind.VALUE:
            return stored is not None and stored.kind is ResultKind.GONE and not self._may_lose_results
        return isinstance(self._codec.decode(stored), ResultGone) and not self._may_lose_results

    def stored(self, result: Result) -> StoredResult | None:
        """What replicas agree on, as the result is now: a value may have changed since it was returned."""
        return result.stored if result.error is not None else self._codec.encode(result.value)

    def state(self, machine: StateMachine, place: Place) -> bytes:
        """The machine's snapshot, in one piece."""
        return self.joined(self.call("snapshot()", machine.snapshot, place), place)

    def joined(self, snapshot: bytes | Iterable[bytes], place: Place) -> bytes:
        """A snapshot in one piece."""
        if isinstance(snapshot, bytes):
            return snapshot
        try:
            return b"".join(snapshot)
        except TypeError as error:
            what = f"snapshot() gives {shown(snapshot)} ({type(snapshot).__name__}), which does not yield bytes"
            raise MachineBrokenError(Rule.BYTES, place, what) from error

    def call(self, what: str, function: Callable[[], R], place: Place) -> R:
        """`function()`, whose errors are the machine's."""
        try:
            return function()
        except Exception as error:
            raise MachineBrokenError(Rule.UNDECLARED, place, f"{what} raises {shown(error)}") from error
