"""The directed nemesis: triggers that bring an algorithm to the edge where a known kind of mistake becomes visible, each with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import MILLISECOND, Nanos
from quorate.sim.moments import MomentName, moments_of
from quorate.sim.storms.disk_scripts import BUSY, FEW, MIB, DiskAuthor
from quorate.sim.storms.faults import (
    FIRST,
    FOLLOWER,
    HERE,
    LEADER,
    OTHERS,
    ClockJump,
    Crash,
    Fault,
    FillDisk,
    Isolate,
    Relief,
    StallDisk,
)
from quorate.sim.storms.strikes import Script
from quorate.sim.storms.triggers import Step, Trigger
from quorate.sim.streams import stream

SCRIPTED = 0.75
"""The share of seeds that have a script."""


class Direction(msgspec.Struct, frozen=True):
    """The triggers of a seed, and what its script asks for: see `Script`."""

    triggers: list[Trigger]
    options: dict[str, Any] = {}
    workload: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    network: dict[str, Any] = {}
    most_faults: int | None = None
    most_ns: Nanos | None = None


def draw_direction(
    seed: int, nodes: int, spec: AlgorithmSpec, timeout_ns: Nanos, *, datagrams: bool = False
) -> Direction:
    """The triggers of a seed, of moments that its algorithm can have. `timeout_ns`: of its elections."""
    random = stream(seed, "triggers")
    author = _Author(random, nodes, timeout_ns, datagrams=datagrams)
    triggers = [author.plain(number, moments_of(spec)) for number in range(1, 1 + random.choice((0, 0, 1, 2, 3)))]
    script = author.script()
    if random.random() >= SCRIPTED or nodes == 1 or not {step.moment for step in script.steps} <= set(moments_of(spec)):
        return Direction(triggers)
    if script.steps:
        triggers.append(Trigger(len(triggers) + 1, script.steps, limit=script.limit))
    return Direction(
        triggers,
        script.options,
        script.workload,
        script.limits,
        script.network,
        script.most_faults,
        script.most_ns,
    )


class _Author(DiskAuthor):
    def script(self) -> Script:
        """One of the known hard cases; some have a larger share."""
        scripts: tuple[Callable[[], Script], ...] = (
            self._figure_8,
            self._figure_8,
            self._overtaken,
            self._overtaken,
            self._two_leaders,
            self._two_leaders,
            self._late_answers,
            self._before_the_answer,
            self._before_the_answer,
            self._short_patience,
            self.left_behind,
            self.left_behind,
            self.committed_suffix,
            self.whole_but_unpublished,
            self.crash_loop,
            self.cut_erasure,
            self._late_forwards if self._datagrams else self._short_patience,
            self._no_room,
            self._no_room,
            self._lost_messages if self._datagrams else self._short_patience,
            self._lost_messages if self._datagrams else self.whole_but_unpublished,
        )
        return self._random.choice(scripts)()

    def _figure_8(self) -> Script:
        """Figure 8 of the Raft paper. A leader is cut off with its first entry on too few disks; so is the next one, with its own; the
        first comes back, leads again and replicates the old entry. When that is on a majority, but nothing of the new term is, it is
        cut off again, and the second one is back."""
        random = self._random
        companions = max(0, (self._nodes - 3) // 2)

        def leave(lasts: float, *, inward: bool) -> Isolate:
            lasts_ns = self._timeouts(lasts, lasts + 2)
            return Isolate(0, HERE, lasts_ns, inward, outward=True, companions=companions, turn=self._turn)

        alone = Isolate(0, HERE, self._timeouts(6, 10))
        last: list[Fault] = [Relief(0), leave(5, inward=False)]
        if random.random() < 0.5:
            last.append(Crash(self._timeouts(0, 0.1), HERE, self._timeouts(2, 5), reset=True))
        steps = [
            Step("elected", [leave(6, inward=random.random() < 0.5)]),
            Step("elected", [Relief(0), alone]),
            Step("older_term_on_quorum", last),
        ]
        # One entry a message: else the old entry and the new leader's own become durable together.
        return Script(steps, options={"append_bytes": 1})

    def _overtaken(self) -> Script:
        """A leader that nobody hears gathers entries that will never count, while a new one commits fewer of a later term; then the new
        one dies, and the old one is back, with the longer log that must not win."""
        random = self._random
        mute = Isolate(0, HERE, self._timeouts(8, 12), inward=False)
        deaf = Isolate(0, FIRST, self._timeouts(8, 12), outward=False)
        death = Crash(0, HERE, self._timeouts(3, 6), power=random.random() < 0.5, reset=True)
        steps = [
            Step("first_commit_of_term", [mute], delay_ns=self._timeouts(0, 1)),
            Step("elected", [deaf]),
            Step("first_commit_of_term", [Relief(0), death]),
        ]
        # One entry a message, one message at a time: the new leader has had no time to replicate more than its first.
        slowly = {"append_bytes": 1, "inflight_messages": 1, "uncommitted_bytes": MIB}
        return Script(steps, slowly, {"think_ns": BUSY, "clients": 6})

    def _two_leaders(self) -> Script:
        """A leader is cut off, and at once the clocks of all others leap over the election timeout: they elect another one while the first
        has no reason yet to doubt itself. What it answers to readers then is stale, unless it asks."""
        random = self._random
        apart = Isolate(0, HERE, self._timeouts(1.5, 3), outward=True, inward=random.random() < 0.8)
        leap = ClockJump(MILLISECOND, OTHERS, self._timeouts(1.0, 1.25))
        step = Step("first_commit_of_term", [apart, leap], delay_ns=self._timeouts(0, 1.5))
        return Script([step], workload={"think_ns": BUSY, "reads": 0.6})

    def _late_answers(self) -> Script:
        """As two leaders; but the others have still answered what the first one sent before they left it, and it hears that when it is too
        late for the reader who came meanwhile. There is time for one between two of its heartbeats. One of the others leaps further, so
        that it stands for election at once, and alone."""
        random = self._random
        timeout_ns = 1000 * MILLISECOND
        left_ns = random.randrange(4, 12) * MILLISECOND
        deaf = Isolate(0, HERE, random.randrange(400, 950) * MILLISECOND, outward=False)
        leap, further = ClockJump(left_ns, OTHERS, timeout_ns), ClockJump(left_ns, FOLLOWER, timeout_ns)
        step = Step("appended_by_leader", [deaf, leap, further], share=0.2)
        slowly = {"election_timeout_ms": 1000, "heartbeat_ms": 200}
        return Script([step], slowly, {"think_ns": BUSY // 2, "clients": 6, "reads": 0.6}, limit=10)

    def _before_the_answer(self) -> Script:
        """A node restarts between making something durable and saying so. Then the leader may die too, so that another one, which knows
        nothing of what the node has, offers it a snapshot of less."""
        random = self._random
        moment: MomentName = random.choice(("voted", "replicated_to_one"))
        alone = random.random() < 0.5
        restart = Crash(0, HERE, self._timeouts(0.01, 0.5 if alone else 2), power=random.random() < 0.5, reset=True)
        death = Crash(random.randrange(5) * MILLISECOND, LEADER, self._timeouts(1, 3))
        if alone:
            return Script([Step(moment, [restart], share=0.2)])
        return Script(
            [Step(moment, [restart, death], share=0.1)], {"log_tail_entries": 0}, limits={"snapshot_entries": 3}
        )

    def _impatience(self) -> dict[str, Any]:
        """Clients that give up about as soon as an election takes, many of them on each node."""
        patience_ns = self._timeouts(0.7, 1.6)
        return {"think_ns": BUSY // 2, "clients": 10, "reads": 0.05, "commands": 3, "patience_ns": patience_ns}

    def _short_patience(self) -> Script:
        """Of several callers of one batch some run out of time, while the batch lives on for the others: whoever held it for the leader
        finds that there is none, because that one has started again, or has lost its majority, or hangs on its disk; and waits for the
        next one. Meanwhile there gather so many that they are not all late at once."""
        random = self._random
        stalled = StallDisk(0, HERE, self._timeouts(1.5, 3))
        lost: Fault = random.choice(
            (
                Crash(0, HERE, random.choice((2, 10)) * MILLISECOND, power=False),
                Isolate(0, HERE, self._timeouts(1.5, 3), companions=(self._nodes - 1) // 2, turn=self._turn),
                stalled,
                stalled,
            )
        )
        step = Step("first_commit_of_term", [lost], delay_ns=self._timeouts(0.1, 0.5))
        options = {"fast_failover": False, "uncommitted_bytes": MIB}
        limits = {"batch_commands": 64, "batches_in_flight": 1}
        return Script([step], options, self._impatience(), limits, limit=20)

    def _late_forwards(self) -> Script:
        """A busy leader refuses what is forwarded to it, while an older copy of that is still on its way."""
        network = {"replay": 0.1, "duplicate": 0.1, "reorder": 0.1}
        limits = {"batch_commands": 64, "batches_in_flight": 8}
        return Script([], {"uncommitted_bytes": 300}, self._impatience(), limits, network)

    def _lost_messages(self) -> Script:
        """Single messages are lost while windows are as small as they can be and logs are compacted at once: what waited for an answer
        must not wait for ever, nor hold its place."""
        narrowly = {
            "election_timeout_ms": 1000,
            "heartbeat_ms": 200,
            "log_tail_entries": 0,
            "inflight_messages": 1,
            "append_bytes": 1,
            "waiting_reads": 2,
        }
        busily = {"think_ns": BUSY, "clients": 6, "reads": 0.3}
        return Script([], narrowly, busily, {"snapshot_entries": 3}, {"loss": 0.2}, most_faults=FEW)

    def _no_room(self) -> Script:
        """A disk is full, the leader's, or those of all others, or all, while much is to be written; a node may die in that, or hang."""
        random = self._random
        lasts = self._timeouts(4, 12)
        whose = random.choice(((HERE,), (HERE,), (OTHERS,), (HERE, OTHERS)))
        faults: list[Fault] = [FillDisk(0, node, random.choice((0, 0, 2000)), lasts) for node in whose]
        worse: Fault = random.choice(
            (
                Crash(0, HERE, self._timeouts(0.1, 2), in_write=True),
                StallDisk(0, HERE, self._timeouts(1, 4)),
                Isolate(0, HERE, self._timeouts(1, 4)),
            )
        )
        if random.random() < 0.5:
            faults.append(msgspec.structs.replace(worse, at=self._timeouts(1, 4)))
        # Batches so large that what is under way may need more than the room that is left when the node stops taking them.
        busily = {"think_ns": BUSY, "clients": 6, "commands": random.choice((8, 60)), "reads": 0.1}
        limits = {
            "batch_commands": 64,
            "snapshot_entries": random.choice((15, 10_000, 10_000)),
            "space_retry_ms": random.choice((50, 300)),
        }
        at_once = {"uncommitted_bytes": MIB, "append_bytes": MIB, "inflight_messages": 256}
        if random.random() < 0.5:
            return Script([Step("elected", faults)], at_once, busily, limits)
        # What a follower has missed comes back in one message, for which there is no room, before it knew that its disk is full.
        missed: list[Fault] = [FillDisk(0, HERE, 0, lasts), Isolate(MILLISECOND, HERE, self._timeouts(1.5, 4))]
        much = busily | {"think_ns": BUSY // 2, "commands": 60}
        return Script([Step("voted", missed, share=0.3)], at_once, much, limits | {"snapshot_entries": 10_000})
