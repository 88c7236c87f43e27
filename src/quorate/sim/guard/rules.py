"""What a state machine promises, one rule a name, and the error that says which promise is broken, where, and what to do."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from quorate.core.ids import Index, NodeId
from quorate.sim.invariants.base import InvariantBrokenError

SOURCE = "the rules of StateMachine: docs/testing.md"
SHOWN = 160
"""Characters of a command, a result or a piece of a snapshot that a message shows."""


class Rule(StrEnum):
    """Names of the rules, as messages and the documentation use them."""

    CLOCK = "clock"
    RANDOMNESS = "randomness"
    HOST = "host"
    RESULT = "result"
    EXCEPTION = "exception"
    UNDECLARED = "undeclared"
    REFUSAL = "refusal"
    ENCODABLE = "encodable"
    ALIAS = "alias"
    STATE = "state"
    STABLE = "stable"
    BYTES = "bytes"
    DETACHED = "detached"
    RESTORE = "restore"
    QUERY = "query"
    IDLE = "idle"
    SHARED = "shared"
    HASH_ORDER = "hash-order"


REMEDIES: dict[Rule, str] = {
    Rule.CLOCK: "Nodes apply a command at different times: put the time into the command",
    Rule.RANDOMNESS: "Each node would draw something else: draw before you propose, and put what was drawn (or a seed) into the command",
    Rule.HOST: "Each node has another host: put what you need of it into the command",
    Rule.RESULT: "The same commands must give the same results on every node",
    Rule.EXCEPTION: "The same commands must do the same on every node",
    Rule.UNDECLARED: "It would stop every node: raise CommandError to refuse a command, or mend the machine",
    Rule.REFUSAL: "Check everything first, then change: a command that raises CommandError must leave the state as it was",
    Rule.ENCODABLE: "Return plain data (None, bool, int, float, str, bytes, lists, dicts) or what msgspec encodes, as result_type says",
    Rule.ALIAS: "It is part of the live state: return a copy",
    Rule.STATE: "The same commands must give the same state, and equal states the same snapshot",
    Rule.STABLE: "A snapshot is a function of the state: no clock, no randomness, no order of a set; and taking one changes nothing",
    Rule.BYTES: "snapshot() returns bytes, or something that yields bytes",
    Rule.DETACHED: "It is read while later commands are applied: copy what it needs before you return it",
    Rule.RESTORE: "restore() must bring back the whole state, wherever the chunks are cut, and drop what was there before",
    Rule.QUERY: "A read must not change anything: it happens on one node only",
    Rule.IDLE: "Only commands may change the state",
    Rule.SHARED: "Hand over the class, or a function that makes a new machine each time",
    Rule.HASH_ORDER: "Sort sets before you walk them, and use zlib.crc32 or hashlib instead of hash()",
}


class Place(msgspec.Struct, frozen=True):
    """Where a machine was. `position`: how many commands it had applied before. `index`: of the log; 0 if not known."""

    machine: str
    node: NodeId = 0
    position: int = 0
    index: Index = 0
    command: bytes | None = None

    def __str__(self) -> str:
        doing = f"apply of {shown(self.command)}" if self.command is not None else "state"
        words = [f"command {self.position + 1}" if self.command is not None else f"after {self.position} commands"]
        if self.index:
            words.append(f"log index {self.index}")
        if self.node:
            words.append(f"node {self.node}")
        return f"{self.machine}: {doing} ({', '.join(words)})"


class MachineBrokenError(InvariantBrokenError):
    """A state machine does what no state machine may do. `place` names the command, its position and its log index; `results` the two
    that differ, as text; `cause` what probably made them differ, empty if nothing is known."""

    def __init__(
        self, rule: Rule, place: Place, what: str, *, results: tuple[str, str] | None = None, cause: str = ""
    ) -> None:
        self.rule = rule
        self.place = place
        self.results = results
        self.cause = cause
        sentences = [f"{place} {what}"]
        if results is not None:
            sentences.append(f"One copy: {results[0]}; the other: {results[1]}")
        if cause:
            sentences.append(f"Probable cause: {cause}")
        sentences.append(REMEDIES[rule])
        detail = " ".join(sentence if sentence.endswith("?") else f"{sentence}." for sentence in sentences)
        super().__init__(f"State machine, rule {rule.value!r}", SOURCE, detail)


def shown(value: object) -> str:
    """A short text for a message."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text):,} characters)"


def difference(ours: bytes, theirs: bytes) -> tuple[str, str]:
    """Both, as text, around the first byte in which they differ."""
    at = next((at for at, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), -1)
    if at < 0:
        at = min(len(ours), len(theirs))
    start = max(0, at - SHOWN // 4)

    def around(data: bytes) -> str:
        piece = repr(data[start : at + SHOWN // 4])
        return f"{piece} (from byte {start} of {len(data):,})"

    return around(ours), around(theirs)
