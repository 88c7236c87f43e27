"""Holds a run to what its scenario expects: each expectation is looked at while time passes, until it is decided."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from quorate.core.ids import MILLISECOND, Nanos, NodeId
from quorate.core.outcome import Applied
from quorate.sim.cluster import Cluster
from quorate.sim.meter import Meter
from quorate.sim.scenarios.leadership import believing, campaigns, serving
from quorate.sim.scenarios.load import Clients, choose
from quorate.sim.scenarios.scenario import Expectation
from quorate.sim.scenarios.words import told
from quorate.sim.storms.faults import LEADER

LOOK_EVERY: Nanos = 5 * MILLISECOND
"""Between two looks at what has not come true yet, or must hold on."""


class Verdict(msgspec.Struct):
    """What became of one expectation. `decided_at`: None as long as it is open. `why`: what was the case instead."""

    text: str
    line: int
    asked_at: Nanos
    met: bool = False
    decided_at: Nanos | None = None
    why: str = "the run was over before"

    def describe(self) -> str:
        """One line for people."""
        if self.met:
            took = (self.decided_at or self.asked_at) - self.asked_at
            return f"met: {self.text}" + (f" (after {told(took)})" if took else "")
        return f"NOT met, line {self.line}: {self.text}: {self.why}"


class Checks:
    """`verdicts`: one an expectation, in their order."""

    def __init__(self, cluster: Cluster, clients: Clients, meter: Meter, expectations: tuple[Expectation, ...]) -> None:
        self.verdicts = [Verdict(expected.text, expected.line, expected.at) for expected in expectations]
        self._cluster = cluster
        self._clients = clients
        self._meter = meter
        self._expectations = expectations
        self._overlaps = 0
        if any(expected.kind == "two leaders" for expected in expectations):
            # Not every overlap lasts from one look to the next.
            cluster.observer.watch(self._moment)
        for expected, verdict in zip(expectations, self.verdicts, strict=True):
            if expected.kind == "broken":
                verdict.why = f"no such rule was broken: {expected.word}"
            else:
                cluster.scheduler.at(expected.at, self._begin, expected, verdict)

    @property
    def failed(self) -> list[Verdict]:
        """Those that did not come true."""
        return [verdict for verdict in self.verdicts if not verdict.met]

    def broke(self, rule: str) -> bool:
        """A rule of that title is broken, and the run is over. Whether that was expected: by the title, or how it begins."""
        found = False
        for expected, verdict in zip(self._expectations, self.verdicts, strict=True):
            if expected.kind == "broken" and rule.lower().startswith(expected.word.lower()):
                _decide(verdict, self._cluster.now, "")
                found = True
        return found

    def _begin(self, expected: Expectation, verdict: Verdict) -> None:
        met = self._condition(expected)
        limit = expected.at + expected.within_ns
        self._look(expected, verdict, met, limit)

    def _look(self, expected: Expectation, verdict: Verdict, problem: Callable[[], str], limit: Nanos) -> None:
        """Wait until there is no problem; then see whether it stays so."""
        now = self._cluster.now
        why = problem()
        if not why and expected.holds_ns:
            self._hold(expected, verdict, problem, now + expected.holds_ns)
        elif not why or now >= limit:
            _decide(verdict, now, why)
        else:
            self._cluster.scheduler.after(LOOK_EVERY, self._look, expected, verdict, problem, limit)

    def _hold(self, expected: Expectation, verdict: Verdict, problem: Callable[[], str], until: Nanos) -> None:
        now = self._cluster.now
        why = problem()
        if why or now >= until:
            _decide(verdict, now, why)
        else:
            self._cluster.scheduler.after(LOOK_EVERY, self._hold, expected, verdict, problem, until)

    def _condition(self, expected: Expectation) -> Callable[[], str]:
        """What says in words why the expectation is not met, now; nothing if it is."""
        match expected.kind:
            case "leader":
                return lambda: self._leader(expected)
            case "two leaders":
                return self._two_leaders(expected)
            case "same state":
                return self._same_state
            case "node":
                return lambda: self._node(expected)
            case "election":
                before = self._times("elected")
                return lambda: "" if self._times("elected") == before else "a leader was elected"
            case "moment":
                seen = self._times(expected.word)
                return lambda: "" if self._times(expected.word) > seen else "it did not happen"
            case "elections":
                began = self._times("elected")
                return lambda: self._counted(expected, self._times("elected") - began)
            case "messages":
                mark = self._meter.mark()
                return lambda: self._counted(expected, self._meter.since(mark).of(expected.kinds, expected.receivers))
            case "write":
                return self._write(expected)
            case _:
                return self._read(expected)

    def _leader(self, expected: Expectation) -> str:
        leader = serving(self._cluster)
        if expected.node is None:
            if expected.negated:
                return "" if leader is None else f"node {leader.node} leads"
            return "" if leader is not None else f"no leader serves: {self._cluster.describe()}"
        is_it = leader is not None and leader.node == expected.node
        return "" if is_it != expected.negated else f"the leader is {leader.node if leader else 'nobody'}"

    def _two_leaders(self, expected: Expectation) -> Callable[[], str]:
        """That there are two now; or, negated, that there have not been two at any moment since now."""
        before = self._overlaps

        def problem() -> str:
            two = believing(self._cluster)
            if len(two) > 1:
                return f"nodes {' and '.join(str(node.node) for node in two)} lead" if expected.negated else ""
            if not expected.negated:
                return f"only node {two[0].node} leads" if two else "nobody leads"
            return "" if self._overlaps == before else "two nodes led at once"

        return problem

    def _moment(self, name: str, _node: NodeId) -> None:
        if name == "elected":
            # Not here and now: the node is in the middle of its step.
            self._cluster.scheduler.after(0, self._note_two)

    def _note_two(self) -> None:
        self._overlaps += len(believing(self._cluster)) > 1

    def _counted(self, expected: Expectation, count: int) -> str:
        """Too many is too many at once; too few, only at the end."""
        few = self._cluster.now >= expected.end and count < expected.least
        return f"there were {count:,}" if few or (expected.most is not None and count > expected.most) else ""

    def _same_state(self) -> str:
        return "" if self._cluster.converged() else self._cluster.describe()

    def _node(self, expected: Expectation) -> str:
        node = self._cluster.nodes[expected.node or 1]
        view = self._cluster.observer.chronicle.views[node.node]
        states = {
            "ruined": node.ruined,
            "down": not node.up,
            "up": node.up,
            "paused": node.paused,
            "leader": node.up and view.leads,
            "follower": node.up and not view.leads and view.leader is not None,
            "candidate": node.up and campaigns(view.role),
            "blocked": node.up and view.role == "blocked",
        }
        if states[expected.word]:
            return ""
        return f"it is {', '.join(name for name, holds in states.items() if holds)}"

    def _times(self, moment: str) -> int:
        """How often it has happened so far."""
        return next((times for name, times in self._cluster.observer.moments.counts.items() if name == moment), 0)

    def _write(self, expected: Expectation) -> Callable[[], str]:
        node = choose(self._cluster, expected.node or LEADER)
        outcomes = self._clients.write(node, expected.end - expected.at, "expected")
        return lambda: _answer(expected, node, [(isinstance(one, Applied), one) for one in outcomes])

    def _read(self, expected: Expectation) -> Callable[[], str]:
        node = choose(self._cluster, expected.node or LEADER)
        answers = self._clients.read(node, expected.end - expected.at)
        return lambda: _answer(expected, node, [(isinstance(one, int), one) for one in answers])


def _answer(expected: Expectation, node: NodeId, answers: list[tuple[bool, object]]) -> str:
    """Why what came from `node` so far, and whether that is a success, is not as expected."""
    succeeded, answer = answers[0] if answers else (False, "no answer")
    if succeeded != expected.negated:
        return ""
    return f"node {node} answered: {answer}" if answers else f"node {node} did not answer"


def _decide(verdict: Verdict, now: Nanos, why: str) -> None:
    verdict.decided_at, verdict.met, verdict.why = now, not why, why
