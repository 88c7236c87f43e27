"""What all machines of one simulation did, by position in the one order of commands: equal positions must mean equal results and states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from quorate.core.ids import Index, NodeId
from quorate.machines.results import StoredResult
from quorate.sim.guard.rules import difference, shown
from quorate.sim.invariants.base import InvariantBrokenError

EQUALITY = "State equality"
EQUALITY_SOURCE = "Schneider 1990, state machine approach: same start, same commands, same order, same states"
_KEPT_BYTES = 64 * 1024
"""A larger state is known by its digest only: the difference is not shown then."""
ONCE_SOURCE = "exactly-once by sessions: Ongaro 2014 (dissertation), 6.3"


class Step(msgspec.Struct, frozen=True, gc=False):
    """One applied command as it was first seen. `stored`: its result as bytes, `text`: for people. `index`: of the log, 0 if not known."""

    command: bytes
    stored: StoredResult
    text: str
    node: NodeId
    index: Index


class Ledger:
    """Every command by position, from 0, with its result; every state that was looked at, by the number of commands behind it.

    Clients may propose equal commands. What is counted is therefore how often each is applied, against how often it was proposed, not
    refused, and acknowledged: sound for any commands, and exact for unique ones.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._states: dict[int, tuple[bytes, bytes, NodeId]] = {}
        self._positions: dict[bytes, list[int]] = {}
        self._possible: Counter[bytes] = Counter()
        self._acknowledged: Counter[tuple[bytes, StoredResult]] = Counter()
        self._applied: Counter[tuple[bytes, StoredResult]] = Counter()
        self._proposing = False
        self.settled = 0

    # What machines do

    def applied(self, position: int, step: Step) -> None:
        """A machine applied a command as its number `position`."""
        if position < len(self.steps):
            self._compare(position, step)
            return
        if position > len(self.steps):
            self._unequal(
                f"node {step.node} applied {shown(step.command)} as command {position + 1} when only {len(self.steps)} were known"
            )
        self.steps.append(step)
        positions = self._positions.setdefault(step.command, [])
        positions.append(position)
        self._applied[step.command, step.stored] += 1
        if self._proposing and len(positions) > self._possible[step.command]:
            self._not_once(
                f"{shown(step.command)} is applied {len(positions)} times (now on node {step.node}, log index {step.index}), but was "
                f"proposed {self._possible[step.command]} times, refusals not counted; before, it was {self._told(positions[:-1])}"
            )

    def _told(self, positions: Sequence[int]) -> str:
        if not positions:
            return "never applied"
        return ", ".join(f"command {position + 1} (log index {self.steps[position].index})" for position in positions)

    def _compare(self, position: int, step: Step) -> None:
        first = self.steps[position]
        where = f"command {position + 1}, log index {step.index or first.index}"
        if step.command != first.command:
            self._unequal(
                f"{where}: node {step.node} applied {shown(step.command)}, node {first.node} {shown(first.command)}"
            )
        if step.stored != first.stored:
            self._unequal(
                f"{where}: {shown(step.command)} gave {step.text} on node {step.node}, {first.text} on node {first.node}. "
                "apply() depends on something that is not in the commands: clock, randomness, host, hash order, or a state that a "
                "snapshot does not carry"
            )

    def state(self, node: NodeId, position: int, snapshot: bytes) -> None:
        """The machine of `node` has this state after `position` commands."""
        digest = blake2b(snapshot, digest_size=16).digest()
        kept = snapshot if len(snapshot) <= _KEPT_BYTES else b""
        known = self._states.setdefault(position, (digest, kept, node))
        if known[0] != digest:
            ours, theirs = (
                difference(snapshot, known[1]) if known[1] else ("one state", "another, both too large to show")
            )
            last = (
                f", the last being {shown(self.steps[position - 1].command)}" if 0 < position <= len(self.steps) else ""
            )
            self._unequal(
                f"after {position} commands{last} (log index {self._index_before(position)}), the snapshots of two nodes differ: "
                f"{ours} on node {node}, {theirs} on node {known[2]}"
            )

    def _index_before(self, position: int) -> Index:
        return self.steps[position - 1].index if 0 < position <= len(self.steps) else 0

    # What clients are told

    def proposed(self, commands: Sequence[bytes]) -> None:
        """A client has begun to have `commands` applied, once; trying again after a refusal is no new beginning."""
        self._proposing = True
        self._possible.update(commands)

    def refused(self, commands: Sequence[bytes]) -> None:
        """A client was told that `commands` are certainly not applied, and will not try again."""
        self._possible.subtract(commands)
        for command in commands:
            times = len(self._positions.get(command, ()))
            if times > self._possible[command]:
                self._not_once(
                    f"{shown(command)} was refused and is not tried again, but it was {self._told(self._positions[command])}"
                )

    def acknowledged(self, commands: Sequence[bytes], results: Sequence[StoredResult]) -> None:
        """A client was told that `commands` are applied, as one unit, with these results."""
        run = list(zip(commands, results, strict=True))
        if not run:
            return
        starts = self._positions.get(commands[0], ())
        place = next((start for start in starts if self._is_at(start, run)), None)
        if place is None:
            what = " and ".join(shown(command) for command in commands[:3]) + (" ..." if len(commands) > 3 else "")
            raise InvariantBrokenError(
                "Acknowledged is applied",
                ONCE_SOURCE,
                f"a client was told that {what} are applied with results that no machine gave, one after the other, in one entry",
            )
        for pair in run:
            self._acknowledged[pair] += 1
            if self._acknowledged[pair] > self._applied[pair]:
                self._not_once(
                    f"{shown(pair[0])} was acknowledged {self._acknowledged[pair]} times with the same result, "
                    f"but applied so {self._applied[pair]} times"
                )
        self.settled = max(self.settled, place + len(run))

    def _is_at(self, start: int, run: Sequence[tuple[bytes, StoredResult]]) -> bool:
        steps = self.steps[start : start + len(run)]
        same = [(step.command, step.stored) for step in steps] == list(run)
        return same and len({step.index for step in steps}) == 1

    def read(self, node: NodeId, asked_at: int, position: int) -> None:
        """A client read from a machine after `position` commands; when it asked, `settled` was `asked_at`."""
        if position < asked_at:
            raise InvariantBrokenError(
                "Fresh reads",
                "linearizability: Herlihy and Wing 1990",
                f"a read on node {node} saw the state after {position} commands; {asked_at} were settled when it was asked",
            )
        self.settled = max(self.settled, position)

    def complete(self, node: NodeId, position: int) -> None:
        """At the end, when all nodes have caught up: a machine has everything that was applied anywhere."""
        if position != len(self.steps):
            raise InvariantBrokenError(
                "Nothing is lost", ONCE_SOURCE, f"node {node} ends after {position} commands of {len(self.steps)}"
            )

    def _unequal(self, detail: str) -> None:
        raise InvariantBrokenError(EQUALITY, EQUALITY_SOURCE, detail)

    def _not_once(self, detail: str) -> None:
        raise InvariantBrokenError("Exactly once", ONCE_SOURCE, detail)
