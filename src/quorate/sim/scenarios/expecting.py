"""What may be expected: reads `expect ...` statements."""

from __future__ import annotations

from functools import partial
from typing import get_args

import msgspec

from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.sim.moments import MomentName
from quorate.sim.scenarios.clauses import SHORTEST, bounded, moment
from quorate.sim.scenarios.scenario import Expectation
from quorate.sim.scenarios.words import Reader, refuse
from quorate.sim.storms.faults import FOLLOWER, LEADER

STATES = ("up", "down", "paused", "ruined", "leader", "follower", "candidate")
"""What a node can be expected to be."""

ANSWER_WITHIN: Nanos = 2 * SECOND
"""For a write or a read whose statement does not say."""


def read_expectation(reader: Reader, cursor: Nanos, line: int, text: str) -> Expectation:
    """The words after `expect`. Without a time it is expected at `cursor`. Raises `ScenarioError`."""
    make = partial(Expectation, at=cursor, line=line, text=text)
    match reader.choose(("leader", "no", "same", "write", "read", "node", "moment", "broken"), "can not be expected"):
        case "leader":
            expected = _leader(reader, make(kind="leader"))
        case "no":
            word = reader.choose(("leader", "election"))
            expected = make(kind="leader" if word == "leader" else "election", negated=True)
        case "same":
            reader.choose(["state"])
            expected = make(kind="same state")
        case "write":
            expected = _answer(reader, make(kind="write"))
        case "read":
            expected = _answer(reader, make(kind="read"))
        case "node":
            node = reader.node()
            reader.choose(["is"])
            expected = make(kind="node", node=node, word=reader.choose(STATES, "is no state of a node"))
        case "moment":
            expected = make(kind="moment", word=reader.choose(get_args(MomentName), "is no moment"))
        case _:
            rule = reader.take()
            if rule.kind != "quote" or rule.text == '""':
                raise refuse(rule, 'the name of a rule is needed, in quotes, as in: expect broken "Fresh reads"')
            reader.end()
            return make(kind="broken", word=rule.text.strip('"'))
    return _clauses(reader, expected, cursor)


def _leader(reader: Reader, bare: Expectation) -> Expectation:
    if not reader.has("is"):
        return bare
    negated = reader.has("not")
    return msgspec.structs.replace(bare, node=reader.node(), negated=negated)


def _answer(reader: Reader, bare: Expectation) -> Expectation:
    reader.choose(["through"])
    named: dict[str, NodeId] = {"leader": LEADER, "follower": FOLLOWER}
    word = reader.next
    if word.text.lower() in named:
        node = named[reader.take().text.lower()]
    elif word.kind == "number" or word.text.lower() == "biggest":
        node = reader.node()
    else:
        raise refuse(word, "names no node", [*named, "biggest", *map(str, range(1, reader.nodes + 1))])
    fails = reader.choose(("succeeds", "fails")) == "fails"
    return msgspec.structs.replace(bare, node=node, negated=fails, within_ns=ANSWER_WITHIN)


def _clauses(reader: Reader, bare: Expectation, cursor: Nanos) -> Expectation:
    """`at`, `after`, `within`, `for`: in any order."""
    holds = bare.kind not in ("write", "read", "moment")
    allowed = ["at", "after", "within", *(["for"] if holds else [])]
    if bare.kind == "election":
        # That nothing happens is only ever known of a span.
        allowed.remove("within")
    at, within, lasts = bare.at, bare.within_ns, 0
    while not reader.done:
        word = reader.next
        clause = reader.choose(allowed)
        allowed = [name for name in allowed if name != clause and {name, clause} != {"at", "after"}]
        if clause == "at":
            at = moment(reader)
        elif clause == "after":
            at = bounded(word, cursor + reader.duration())
        elif clause == "within":
            within = bounded(word, reader.duration(least=SHORTEST))
        else:
            lasts = bounded(word, reader.duration(least=SHORTEST))
    if bare.kind == "election" and not lasts:
        raise refuse(reader.next, "says nothing without a time", ["for 2s"])
    if bare.kind in ("write", "read") and bare.negated:
        # That no answer comes is known only when the time is over.
        within, lasts = 0, within
    return msgspec.structs.replace(bare, at=at, within_ns=within, holds_ns=lasts)
