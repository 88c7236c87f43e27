"""What may be expected: reads `expect ...` statements."""

from __future__ import annotations

from functools import partial

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.sim.meter import kinds_of
from quorate.sim.moments import moments_of
from quorate.sim.scenarios.clauses import SHORTEST, bounded, moment
from quorate.sim.scenarios.scenario import Expectation
from quorate.sim.scenarios.words import Reader, refuse
from quorate.sim.storms.faults import FOLLOWER, LEADER

STATES = ("up", "down", "paused", "ruined", "leader", "follower", "candidate", "blocked")
"""What a node can be expected to be."""

ANSWER_WITHIN: Nanos = 2 * SECOND
"""For a write or a read whose statement does not say."""


FIRST = ("leader", "no", "same", "two", "write", "read", "node", "moment", "broken")
"""What an expectation may begin with, besides a count."""

MOST_COUNTED = 1 << 30
SPANS = ("election", "elections", "messages")
"""What is only ever known of a span: that nothing happens, or how often it does."""


def read_expectation(reader: Reader, cursor: Nanos, line: int, text: str, spec: AlgorithmSpec) -> Expectation:
    """The words after `expect`. Without a time it is expected at `cursor`. Raises `ScenarioError`."""
    make = partial(Expectation, at=cursor, line=line, text=text)
    first = reader.next
    if first.kind == "number" or reader.has("at", "least") or reader.has("at", "most"):
        return _clauses(reader, _count(reader, make(kind="elections"), first.text, spec), cursor)
    what = reader.take().text.lower()
    if what not in FIRST:
        raise refuse(first, "can not be expected", [*FIRST, "8 elections", "at most 40 messages"])
    if what in ("write", "read") and not spec.keeps_log:
        raise refuse(first, f"{spec.name} keeps no log, so nobody can {what}: leave it out")
    match what:
        case "leader":
            expected = _leader(reader, make(kind="leader"))
        case "no":
            expected = _nothing(reader, make(kind="leader", negated=True))
        case "two":
            reader.choose(["leaders"])
            expected = make(kind="two leaders")
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
            expected = make(kind="moment", word=reader.choose(moments_of(spec), f"is no moment of {spec.name}"))
        case _:
            rule = reader.take()
            if rule.kind != "quote" or rule.text == '""':
                raise refuse(rule, 'the name of a rule is needed, in quotes, as in: expect broken "Fresh reads"')
            reader.end()
            return make(kind="broken", word=rule.text.strip('"'))
    return _clauses(reader, expected, cursor)


def _nothing(reader: Reader, bare: Expectation) -> Expectation:
    word = reader.choose(("leader", "election", "two"))
    if word == "two":
        reader.choose(["leaders"])
        return msgspec.structs.replace(bare, kind="two leaders")
    return bare if word == "leader" else msgspec.structs.replace(bare, kind="election")


def _count(reader: Reader, bare: Expectation, first: str, spec: AlgorithmSpec) -> Expectation:
    """`first`: a number, or the `at` of `at least` and `at most`, which have been read."""
    bound = "" if first[0].isdigit() else reader.before.text.lower()
    number = reader.number("", "5", 0, MOST_COUNTED)
    least, most = (0 if bound == "most" else number), (None if bound == "least" else number)
    counted = msgspec.structs.replace(bare, least=least, most=most)
    if reader.choose(("elections", "election", "messages", "message"), "can not be counted").startswith("election"):
        return counted
    kinds = {kind.lower(): kind for kind in kinds_of(spec.messages)}
    chosen = []
    while reader.next.kind == "name" and reader.next.text.lower() not in CLAUSES:
        word = reader.take()
        if word.text.lower() not in kinds:
            raise refuse(word, f"is no message of {spec.name}", [*kinds.values(), *CLAUSES])
        chosen.append(kinds[word.text.lower()])
        if not reader.has(","):
            break
    receivers = reader.node_list() if reader.has("to") else tuple(range(1, reader.nodes + 1))
    return msgspec.structs.replace(counted, kind="messages", kinds=tuple(chosen or kinds.values()), receivers=receivers)


CLAUSES = ("to", "at", "after", "for", "within")


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
    if _spans(bare):
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
    if _spans(bare) and not lasts:
        raise refuse(reader.next, "says nothing without a time", ["for 2s"])
    if bare.kind in ("write", "read") and bare.negated:
        # That no answer comes is known only when the time is over.
        within, lasts = 0, within
    return msgspec.structs.replace(bare, at=at, within_ns=within, holds_ns=lasts)


def _spans(expected: Expectation) -> bool:
    return expected.kind in SPANS or (expected.kind == "two leaders" and expected.negated)
