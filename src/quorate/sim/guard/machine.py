"""A state machine under guard: everything happens twice, is watched, and is compared."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, TypeAlias, TypeVar

import msgspec

from quorate.core.ids import NodeId
from quorate.core.machine import CommandError, StateMachine
from quorate.machines.results import TypedResults
from quorate.machines.sessions import SessionedMachine
from quorate.sim.guard.causes import differing_attributes, shared_attributes
from quorate.sim.guard.copies import Copies, Result
from quorate.sim.guard.ledger import Ledger, Step
from quorate.sim.guard.rules import MachineBrokenError, Place, Rule, difference, shown

R = TypeVar("R")

_POSITION_BYTES = 8
_NOT_YET = -1


AfterApply: TypeAlias = Callable[["GuardedMachine", Place], object]
"""Called after each command, with the place of that."""


class GuardSettings(msgspec.Struct, frozen=True):
    """`every`: so many commands lie between two comparisons of the whole state, which cost about five snapshots and two restores."""

    every: int = 20


STANDARD = GuardSettings()
"""The guard of whoever does not choose."""


class GuardedMachine:
    """Runs a user's machine, `machine`, and a twin of it that gets the same commands and is made anew from a snapshot now and then.

    To the session table it is the machine. Its snapshots are the machine's, with the number of applied commands in front. What breaks a
    rule raises `MachineBrokenError`, or `InvariantBrokenError` if two nodes differ.
    """

    def __init__(
        self,
        node: NodeId,
        make: Callable[[], StateMachine],
        ledger: Ledger,
        settings: GuardSettings,
        after_apply: AfterApply | None = None,
    ) -> None:
        self.node = node
        self.position = 0
        self._copies = Copies(make)
        self.machine = self._copies.first
        if isinstance(self.machine, TypedResults):
            self.result_type = self.machine.result_type
        self._ledger = ledger
        self._every = settings.every
        self._after_apply = after_apply
        self._replica: SessionedMachine[Any] | None = None
        self._results: list[tuple[Place, Result]] = []
        self._looked_at = _NOT_YET
        self._seen = b""
        self._twin = self._copies.another(self._place())
        self._twin_from = 0

    def follow(self, replica: SessionedMachine[Any]) -> None:
        """Let messages name the log index that `replica` is at."""
        self._replica = replica

    # The three methods of a machine

    def apply(self, command: bytes) -> Any:
        copies = self._copies
        place = self._place(command)
        first = self.position == len(self._ledger.steps)
        ours = copies.run(self.machine, command, place, watched=first)
        if first and isinstance(ours.error, CommandError):
            self._compare_refused(place)
        self._compare_results(place, ours, copies.run(self._twin, command, place))
        if ours.stored is None:
            raise MachineBrokenError(Rule.UNDECLARED, place, f"raises {ours.text}") from ours.error
        self._ledger.applied(self.position, Step(command, ours.stored, ours.text, self.node, place.index))
        self.position += 1
        self._results.append((place, ours))
        if self._after_apply is not None:
            self._after_apply(self, place)
        if self.position % self._every == 0:
            self.compare()
        if ours.error is not None:
            raise ours.error
        return ours.value

    def snapshot(self) -> Iterable[bytes]:
        self.compare()
        place = self._place()
        prefix = self.position.to_bytes(_POSITION_BYTES, "big")
        given = self._copies.call("snapshot()", self.machine.snapshot, place)
        if isinstance(given, bytes | Generator):
            return [prefix, self._copies.joined(given, place)]
        return _Detached(prefix, given, self._seen, place)

    def restore(self, chunks: Iterable[bytes]) -> None:
        data = b"".join(chunks)
        state = data[_POSITION_BYTES:]
        self.position = int.from_bytes(data[:_POSITION_BYTES], "big")
        self._results.clear()
        self._looked_at = _NOT_YET
        place = self._place()
        self._copies.restore(self.machine, [state], place)
        self._renew_twin(state, place)
        self.compare()

    # What is compared

    def compare(self) -> None:
        """Look at the whole state: both copies, the snapshots of other nodes, and what a restore makes of it. Raises what is wrong."""
        copies, place = self._copies, self._place()
        state = copies.state(self.machine, place)
        if self._looked_at == self.position:
            if state != self._seen:
                what = "has changed without a command"
                raise MachineBrokenError(Rule.IDLE, place, what, results=difference(self._seen, state))
            return
        again = copies.state(self.machine, place)
        if again != state:
            what = "a second snapshot() differs from the first"
            raise MachineBrokenError(Rule.STABLE, place, what, results=difference(state, again))
        theirs = copies.state(self._twin, place)
        if theirs != state:
            raise self._apart(place, state, theirs)
        self._renew_twin(state, place)
        self._compare_kept_results()
        self._ledger.state(self.node, self.position, state)
        self._looked_at, self._seen = self.position, state

    def ask(self, query: Callable[[Any], R]) -> R:
        """`query(machine)`, which must not change the machine."""
        place = self._place()
        before = self._copies.state(self.machine, place)
        answer = query(self.machine)
        after = self._copies.state(self.machine, place)
        if before != after:
            what = f"is changed by {getattr(query, '__qualname__', 'a query')}, which should only read"
            raise MachineBrokenError(Rule.QUERY, place, what, results=difference(before, after))
        return answer

    def _renew_twin(self, state: bytes, place: Place) -> None:
        self._twin = self._copies.copy(state, place)
        self._twin_from = self.position

    def _compare_results(self, place: Place, ours: Result, theirs: Result) -> None:
        if ours.stored == theirs.stored and type(ours.error) is type(theirs.error):
            return
        both = ours.stored is not None and theirs.stored is not None
        cause = (
            shared_attributes(self.machine)
            or differing_attributes(self.machine, self._twin)
            or "what the copies do not share: id() or the default hash of an object, the clock, or randomness that C code asks for"
        )
        if self._twin_from:
            cause += f". The other copy came from a snapshot taken after {self._twin_from} commands: does that carry everything?"
        raise MachineBrokenError(
            Rule.RESULT if both else Rule.EXCEPTION,
            place,
            "gives two results" if both else "raises what it does not declare, on one copy only",
            results=(ours.text, theirs.text),
            cause=cause,
        )

    def _compare_refused(self, place: Place) -> None:
        """The twin has not seen the command yet."""
        ours, theirs = (self._copies.state(machine, self._place()) for machine in (self.machine, self._twin))
        if ours != theirs:
            what = "raises CommandError and has changed the state"
            cause = differing_attributes(self.machine, self._twin)
            raise MachineBrokenError(Rule.REFUSAL, place, what, results=difference(ours, theirs), cause=cause)

    def _compare_kept_results(self) -> None:
        for place, result in self._results:
            if self._copies.stored(result) != result.stored:
                what = "returned something that later commands changed"
                raise MachineBrokenError(Rule.ALIAS, place, what, results=(result.text, shown(result.value)))
        self._results.clear()

    def _apart(self, place: Place, ours: bytes, theirs: bytes) -> MachineBrokenError:
        """The state of the machine is not that of its twin: since which command?"""
        cause = shared_attributes(self.machine) or differing_attributes(self.machine, self._twin)
        what = "leaves two copies whose snapshots differ"
        return MachineBrokenError(
            Rule.STATE, self._parting() or place, what, results=difference(ours, theirs), cause=cause
        )

    def _parting(self) -> Place | None:
        """The first command since the last look after which a machine that had every command, and one that came from a snapshot, differ;
        None if they do not when it is done again."""
        steps = self._ledger.steps[: self.position]
        since = max(self._looked_at, 0)
        place = self._place()
        copies = self._copies
        ours = copies.another(place)
        theirs = copies.copy(self._seen, place) if self._looked_at > 0 else copies.another(place)
        for position, step in enumerate(steps):
            copies.run(ours, step.command, place)
            if position >= since:
                copies.run(theirs, step.command, place)
                if copies.state(ours, place) != copies.state(theirs, place):
                    return Place(copies.name, self.node, position, step.index, step.command)
        return None

    def _place(self, command: bytes | None = None) -> Place:
        if command is not None:
            index = self._replica.applied + 1 if self._replica is not None else 0
            return Place(self._copies.name, self.node, self.position, index, command)
        known = 0 < self.position <= len(self._ledger.steps)
        return Place(
            self._copies.name, self.node, self.position, self._ledger.steps[self.position - 1].index if known else 0
        )


class _Detached:
    """A snapshot that its machine gave as something to be read later: what is read must be the state as of `snapshot()`."""

    def __init__(self, prefix: bytes, inner: Iterable[bytes], expected: bytes, place: Place) -> None:
        self._prefix = prefix
        self._inner = inner
        self._expected = expected
        self._place = place

    def __iter__(self) -> Iterator[bytes]:
        state = b"".join(self._inner)
        if state != self._expected:
            what = "what snapshot() gave reads otherwise after later commands"
            raise MachineBrokenError(Rule.DETACHED, self._place, what, results=difference(self._expected, state))
        yield self._prefix
        yield state


def guarded(machine: Any) -> GuardedMachine | None:
    """The guard around a machine, if there is one."""
    return machine if isinstance(machine, GuardedMachine) else None
