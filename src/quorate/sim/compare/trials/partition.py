"""The leader is cut off together with a minority: what do they believe there, and what do they promise?"""

from __future__ import annotations

from quorate.core.errors import ReadFailedError
from quorate.core.ids import MILLISECOND, SECOND, Index, Nanos, NodeId
from quorate.core.outcome import Applied, Outcome
from quorate.sim.compare.stage import Observation, Stage, Value
from quorate.sim.compare.watch import covered, leaderships, overlap

CUT: Nanos = 10 * SECOND
AFTERWARDS: Nanos = 3 * SECOND
ASKED_EVERY: Nanos = 100 * MILLISECOND
PATIENCE: Nanos = SECOND


class Askers:
    """Somebody at each of `nodes` who goes on writing and reading until told to stop, and counts what is confirmed meanwhile."""

    def __init__(self, stage: Stage, nodes: list[NodeId]) -> None:
        self.writes = 0
        self.reads = 0
        self._stage = stage
        self._open = True
        self._number = 0
        for node in nodes:
            self._ask(node)

    def stop(self) -> None:
        """What is confirmed from now on does not count."""
        self._open = False

    def _ask(self, node: NodeId) -> None:
        if not self._open:
            return
        self._number += 1
        member = self._stage.cluster.nodes[node]
        member.propose([b"minority %d" % self._number], PATIENCE, self._written)
        member.read(PATIENCE, self._read)
        self._stage.cluster.scheduler.after(ASKED_EVERY, self._ask, node)

    def _written(self, outcome: Outcome) -> None:
        self.writes += self._open and isinstance(outcome, Applied)

    def _read(self, answer: Index | ReadFailedError) -> None:
        self.reads += self._open and not isinstance(answer, ReadFailedError)


def leader_cut_off(stage: Stage) -> Observation:
    """For 10 s the leader, with as many others as still make no majority, hears nothing of the rest."""
    leader = stage.settle()
    stage.await_quiet()
    others = [node for node in stage.cluster.nodes if node != leader]
    minority = sorted([leader, *others[: (stage.nodes - 1) // 2 - 1]])
    struck = stage.now
    heal = stage.isolate(minority)
    askers = Askers(stage, minority) if stage.cluster.spec.keeps_log else None
    elected = stage.elect(CUT) is not None
    took = stage.now - struck
    stage.watch.run(struck + CUT - stage.now)
    claims = stage.watch.claims(struck)
    theirs = [claim for claim in claims if claim.node in minority]
    before = leaderships(stage.watch.reigns(struck))
    if askers is not None:
        askers.stop()
    heal()
    stage.watch.run(AFTERWARDS)
    after = leaderships(stage.watch.reigns(struck))
    values: dict[str, Value] = {
        "cut_time": took if elected else None,
        "cut_claims": covered(theirs),
        "cut_two": overlap(claims, same_term=False),
        "cut_two_same": overlap(claims, same_term=True),
        "cut_healed_changes": after - before,
    }
    if askers is not None:
        values |= {"cut_writes": askers.writes, "cut_reads": askers.reads}
    return Observation(values)
