"""The language of scenarios: statements, one a line or with `;` between them, that become faults, steps, clients and expectations.

crash leader at 3s          # a verb, whom it strikes, when; `for 2s` if it is to end by itself
expect leader within 2s     # without a time of its own: counted from the time of the statement before it
cut 1,2|3,4,5 at 5s; heal at 8s
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.sim.scenarios.clauses import moment, read_when
from quorate.sim.scenarios.expecting import read_expectation
from quorate.sim.scenarios.scenario import (
    MAX_NODES,
    MAX_RATE,
    MAX_REQUESTS,
    MAX_STATEMENTS,
    MAX_TIME,
    MAX_WATCHED,
    NEVER,
    Expectation,
    Load,
    LoadKind,
    Planned,
    Scenario,
    Step,
)
from quorate.sim.scenarios.settings import Settings, read_algorithm
from quorate.sim.scenarios.verbs import VERBS, read_targets
from quorate.sim.scenarios.words import Reader, ScenarioError, Word, refuse, source, split, told
from quorate.sim.storms.faults import Bridge, Cut, Flap, Isolate

DEFAULT_NODES = 5
AFTERMATH: Nanos = 3 * SECOND
"""A run goes on this long after its last statement, if it does not say `run`."""

DEFAULT_LOADS = (
    Load("write", 50 * MILLISECOND, 0, NEVER),
    Load("read", 250 * MILLISECOND, 0, NEVER),
)
"""Clients of a scenario that names none."""

SETTINGS = ("algorithm", "nodes", "seed", "run", "latency")
OTHERS = ("heal", "write", "read", "expect")


def read_scenario(
    text: str, *, nodes: int | None = None, seed: int | None = None, algorithm: str | None = None
) -> Scenario:
    """What `text` says. `nodes`, `seed` and `algorithm` are the caller's: `seed` goes before the text's, the others must not
    contradict it.

    Raises `ScenarioError`, a `ConfigError`: one line with line, column, word, and what would fit.
    """
    return _Composer(text, nodes, seed, algorithm).compose()


class _Composer:
    """Reads the settings first, because numbers of nodes are checked against them; then all else, in order."""

    def __init__(self, text: str, nodes: int | None, seed: int | None, algorithm: str | None) -> None:
        self._statements = list(split(text))
        if not self._statements:
            raise ScenarioError('a scenario needs at least one statement, such as "crash leader at 3s"')
        self._nodes = nodes
        self._seed = seed
        self._asked = algorithm
        self._settings = Settings(DEFAULT)
        self._until: Nanos | None = None
        self._latency: Nanos | None = None
        self._latency_fixed = False
        self._faults: list[Planned] = []
        self._heals: list[Nanos] = []
        self._steps: list[Step] = []
        self._loads: list[Load] = []
        self._silent: set[str] = set()
        self._expectations: list[Expectation] = []
        self._cursor: Nanos = 0
        self._latest: Nanos = 0

    def compose(self) -> Scenario:
        """Read it all."""
        self._settings = Settings(self._algorithm())
        said: set[str] = set()
        rest = []
        for words in self._statements:
            name = words[0].text.lower()
            if name not in SETTINGS and self._settings.named(name) is None:
                rest.append(words)
                continue
            if name in said:
                raise refuse(words[0], "is said twice: leave one of the two out")
            said.add(name)
            self._setting(name, words)
        for words in rest:
            self._statement(words)
        return self._scenario()

    # Settings

    def _algorithm(self) -> str:
        """It says which other settings there are, so it is looked for first."""
        for words in self._statements:
            if words[0].text.lower() == "algorithm":
                reader = Reader(words, 0)
                reader.take()
                return read_algorithm(reader, self._asked)
        return self._asked or DEFAULT

    def _setting(self, name: str, words: Sequence[Word]) -> None:
        reader = Reader(words, 0)
        reader.take()
        word = reader.next
        if name == "nodes":
            value = reader.number("", "5", 1, MAX_NODES)
            if self._nodes not in (None, value):
                raise refuse(word, f"contradicts the {self._nodes} nodes that were asked for: leave one of the two out")
            self._nodes = value
        elif name == "seed":
            value = reader.number("", "7", 0, 1 << 63)
            self._seed = value if self._seed is None else self._seed
        elif name == "run":
            self._until = moment(reader)
            if not self._until:
                raise refuse(word, "is too short")
        elif name == "latency":
            self._latency = reader.duration()
            self._latency_fixed = reader.has("fixed")
        elif name == "algorithm":
            read_algorithm(reader, self._asked)
        else:
            self._settings.read(name, reader)
        reader.end()

    # Statements

    def _statement(self, words: Sequence[Word]) -> None:
        reader = Reader(words, self._nodes or DEFAULT_NODES)
        first = reader.take()
        name, text = first.text.lower(), source(words)
        if name in VERBS:
            self._verb(name, reader, first, text)
        elif name == "heal":
            for at in read_when(reader, self._cursor, lasting=False).times:
                self._heals.append(at)
                self._reach(at)
        elif name in ("write", "read"):
            self._load("write" if name == "write" else "read", reader)
        elif name == "expect":
            expected = read_expectation(reader, self._cursor, first.line, text, find(self._settings.algorithm))
            self._expectations.append(expected)
            self._reach(expected.end)
        else:
            raise refuse(first, "begins no statement", [*VERBS, *OTHERS, *SETTINGS, *self._settings.short_names()])
        said = len(self._faults) + len(self._steps) + len(self._heals) + len(self._expectations) + len(self._loads)
        if said > MAX_STATEMENTS:
            raise refuse(first, f"is too much: at most {MAX_STATEMENTS:,} statements are possible")

    def _verb(self, name: str, reader: Reader, first: Word, text: str) -> None:
        verb = VERBS[name]
        try:
            make = verb.read(reader)
            when = read_when(reader, self._cursor, lasting=verb.lasting, repeats=not verb.periodic)
        except ScenarioError as error:
            raise ScenarioError(f"{error}. The form is: {verb.usage}") from None
        for at in when.times:
            for made in make(at, when):
                if isinstance(made, Step):
                    self._steps.append(made)
                else:
                    self._faults.append(Planned(made, first.line, text))
        self._reach(when.times[-1], when.end or when.times[-1] + (when.lasts_ns or 0))
        self._cursor = when.times[0]

    def _load(self, kind: LoadKind, reader: Reader) -> None:
        word = reader.next
        rate = reader.number("/s", "20/s", 0, MAX_RATE)
        if rate and not find(self._settings.algorithm).keeps_log:
            raise refuse(word, f"{self._settings.algorithm} keeps no log, so nobody can {kind}: leave it out")
        nodes = read_targets(reader) if reader.has("through") else (None,)
        when = read_when(reader, 0, lasting=True, repeats=False)
        start = when.times[0]
        if not rate:
            self._silent.add(kind)
        for node in nodes if rate else ():
            self._loads.append(Load(kind, len(nodes) * SECOND // rate, start, start + when.lasting, node))

    def _reach(self, at: Nanos, end: Nanos = 0) -> None:
        """A statement happens at `at` and is over at `end`."""
        self._cursor = at
        self._latest = max(self._latest, at, end)

    # All of it

    def _scenario(self) -> Scenario:
        until = self._until or min(MAX_TIME, self._latest + AFTERMATH)
        if self._latest > until:
            raise ScenarioError(
                f"the scenario's last statement is over at {told(self._latest)}, but it runs for {told(until)} only; "
                f"say `run {told(self._latest)}` or more"
            )
        named = {load.kind for load in self._loads} | self._silent
        loads = (*self._loads, *(load for load in DEFAULT_LOADS if load.kind not in named))
        self._check_cost(until, loads)
        self._settings.check()
        return Scenario(
            seed=self._seed or 0,
            nodes=self._nodes or DEFAULT_NODES,
            algorithm=self._settings.algorithm,
            until=until,
            latency_ns=self._latency,
            latency_fixed=self._latency_fixed,
            options=self._settings.options,
            limits=self._settings.limits,
            faults=tuple(sorted(map(self._healed, self._faults), key=lambda planned: planned.fault.at)),
            steps=tuple(sorted(self._steps, key=lambda step: step.at)),
            loads=loads,
            expectations=tuple(self._expectations),
            heals=tuple(sorted(self._heals)),
        )

    def _check_cost(self, until: Nanos, loads: Sequence[Load]) -> None:
        requests = sum(max(0, min(load.end, until) - load.start) // load.every_ns for load in loads)
        if requests > MAX_REQUESTS:
            raise ScenarioError(
                f"the scenario's clients make {requests:,} requests, at most {MAX_REQUESTS:,} are possible: "
                "lower the rate of `write` and `read`, or bound them with `from` and `to`"
            )
        watched = sum(expected.end - expected.at for expected in self._expectations)
        if watched > MAX_WATCHED:
            raise ScenarioError(
                f"the scenario's expectations last {told(watched)} in all, at most {told(MAX_WATCHED)} are possible"
            )

    def _healed(self, planned: Planned) -> Planned:
        """A cut lasts until the next `heal`, if that comes first."""
        fault = planned.fault
        if not isinstance(fault, Cut | Isolate | Bridge | Flap):
            return planned
        ends = [at for at in self._heals if fault.at < at < fault.at + fault.lasts_ns]
        if not ends:
            return planned
        return msgspec.structs.replace(planned, fault=msgspec.structs.replace(fault, lasts_ns=min(ends) - fault.at))
