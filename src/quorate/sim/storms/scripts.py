"""The directed nemesis: triggers that bring an algorithm to the edge where a known kind of mistake becomes visible, each with a reason."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.sim.image import LossRule
from quorate.sim.moments import MomentName, moments_of
from quorate.sim.rot import Aged
from quorate.sim.storms.faults import (
    FIRST,
    FOLLOWER,
    HERE,
    LEADER,
    OTHERS,
    ClockJump,
    Crash,
    FailDisk,
    Fault,
    Isolate,
    Pause,
    Relief,
    Replay,
    Restart,
    Rot,
    StallDisk,
    TakeSnapshot,
)
from quorate.sim.storms.triggers import Step, Trigger
from quorate.sim.streams import stream

SCRIPTED = 0.7
"""The share of seeds that have a script."""

MIB = 1 << 20

BUSY = 60 * MILLISECOND
"""How long clients think where a script needs something to happen within an election timeout."""

SHARES: dict[MomentName, float] = {"appended_by_leader": 0.03, "replicated_to_one": 0.03, "voted": 0.15, "elected": 0.3}
"""How often a plain trigger strikes at a moment; those that are rare are struck every other time."""


class Script(msgspec.Struct, frozen=True):
    """What happens, step by step, and settings without which it would come to nothing: of the algorithm, the workload, the driver and
    the network. `limit`: so often at most."""

    steps: list[Step]
    options: dict[str, Any] = {}
    workload: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    network: dict[str, Any] = {}
    limit: int = 3


class Direction(msgspec.Struct, frozen=True):
    """The triggers of a seed, and the settings that its script asks for."""

    triggers: list[Trigger]
    options: dict[str, Any] = {}
    workload: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    network: dict[str, Any] = {}


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
    return Direction(triggers, script.options, script.workload, script.limits, script.network)


class _Author:
    def __init__(self, random: Random, nodes: int, timeout_ns: Nanos, *, datagrams: bool) -> None:
        self._random = random
        self._nodes = nodes
        self._timeout = timeout_ns
        self._datagrams = datagrams
        self._turn = random.randrange(nodes)
        """One for a whole script: the same node has the same companions each time."""

    def _timeouts(self, least: float, most: float) -> Nanos:
        return int(self._timeout * (least + self._random.random() * (most - least)))

    # Plain ones

    def plain(self, number: int, moments: tuple[MomentName, ...]) -> Trigger:
        """Some disturbance at some moment."""
        random = self._random
        moment = random.choice(moments)
        kinds = (self._strike, self._strike, self._corner, self._stale, self._rotten, self._torn, self._failed)
        faults = random.choice(kinds)()
        delay = random.choice((0, 0, 2 * MILLISECOND, self._timeout))
        step = Step(moment, faults, SHARES.get(moment, 0.5), delay)
        return Trigger(number, [step], limit=random.choice((1, 3, 10)))

    def _strike(self) -> list[Fault]:
        """The one it happened to, the leader, or all others go out of action for a while."""
        random = self._random
        node = random.choice((HERE, HERE, HERE, LEADER, OTHERS))
        lasts = self._timeouts(0.05, 4)
        crash = Crash(
            0,
            node,
            down_ns=lasts,
            in_write=random.random() < 0.5,
            power=random.random() < 0.7,
            rule=random.choice(("prefix", "all")),
            silent=random.random() < 0.3,
            reset=random.random() < 0.6,
        )
        strike: Fault = random.choice(
            (crash, crash, Pause(0, node, lasts), Restart(0, node, lasts), StallDisk(0, node, lasts))
        )
        return [strike]

    def _corner(self) -> list[Fault]:
        """Cut off, alone or with another one: a leader that has one follower left goes on for a while."""
        random = self._random
        inward, outward = random.choice(((True, True), (True, False), (False, True)))
        return [
            Isolate(
                0,
                random.choice((HERE, HERE, LEADER)),
                self._timeouts(0.5, 6),
                inward,
                outward,
                companions=random.choice((0, 1)) if self._nodes > 2 else 0,
                turn=self._turn,
            )
        ]

    def _stale(self) -> list[Fault]:
        """Messages of long ago arrive again; with links, a snapshot is taken."""
        random = self._random
        node = random.choice((HERE, OTHERS))
        if not self._datagrams:
            return [TakeSnapshot(0, node)]
        return [Replay(0, node, tuple(random.randrange(64) for _ in range(16)))]

    def _rotten(self) -> list[Fault]:
        """What it has just relied on decays, and it starts again."""
        random = self._random
        what: Aged = random.choice(("log", "snapshot"))
        rot = Rot(0, HERE, what, random.randrange(1 << 20), random.randrange(8))
        return [rot, Crash(MILLISECOND, HERE, self._timeouts(0.1, 2))]

    def _torn(self) -> list[Fault]:
        """Power goes in the middle of a write, again and again, and while it starts: what one start begins to repair, another one finds
        half done."""
        random = self._random
        rule: LossRule = random.choice(("prefix", "sectors"))
        crash = Crash(0, HERE, down_ns=40 * MILLISECOND, in_write=True, rule=rule)
        times = [number * random.randrange(60, 250) * MILLISECOND for number in range(4)]
        return [msgspec.structs.replace(crash, at=at, again_after=random.randrange(16)) for at in sorted(times)]

    def _failed(self) -> list[Fault]:
        """A sync fails, which may have dropped what it should have saved; soon after, power goes as well."""
        random = self._random
        failure = FailDisk(0, HERE, "sync", after=random.choice((0, 0, 1, 3)), lasts_ns=300 * MILLISECOND)
        return [failure, Crash(self._timeouts(0.5, 2), HERE, SECOND // 5, rule=random.choice(("all", "prefix")))]

    # Directed ones

    def script(self) -> Script:
        """One of the known hard cases."""
        scripts: tuple[Callable[[], Script], ...] = (
            self._figure_8,
            self._figure_8,
            self._overtaken,
            self._overtaken,
            self._two_leaders,
            self._two_leaders,
            self._late_answers,
            self._before_the_answer,
            self._left_behind,
            self._left_behind,
            self._unknown_commits,
            self._short_patience,
            self._torn_tails,
            self._late_forwards if self._datagrams else self._short_patience,
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
        late for the reader who came meanwhile. There is time for one between two of its heartbeats."""
        random = self._random
        deaf = Isolate(0, HERE, random.randrange(200, 900) * MILLISECOND, outward=False)
        leap = ClockJump(random.randrange(2, 8) * MILLISECOND, OTHERS, random.randrange(1000, 1250) * MILLISECOND)
        step = Step("appended_by_leader", [deaf, leap], share=0.1)
        slowly = {"election_timeout_ms": 1000, "heartbeat_ms": 200}
        return Script([step], slowly, {"think_ns": BUSY, "reads": 0.6}, limit=10)

    def _before_the_answer(self) -> Script:
        """A node restarts between making something durable and saying so. Then the leader may die too, so that another one, which knows
        nothing of what the node has, offers it a snapshot of less."""
        random = self._random
        moment: MomentName = random.choice(("voted", "replicated_to_one", "replicated_to_one"))
        alone = random.random() < 0.5
        restart = Crash(0, HERE, self._timeouts(0.01, 0.5 if alone else 2), power=random.random() < 0.5, reset=True)
        death = Crash(random.randrange(5) * MILLISECOND, LEADER, self._timeouts(1, 3))
        if alone:
            return Script([Step(moment, [restart], share=0.2)])
        return Script(
            [Step(moment, [restart, death], share=0.1)], {"log_tail_entries": 0}, limits={"snapshot_entries": 3}
        )

    def _left_behind(self) -> Script:
        """A follower is away so long that it needs a snapshot. Then it dies between having that and having dropped its log for it; or the
        leader dies while it sends it; or what it sends, or has received, rots, or is replaced by newer ones meanwhile."""
        random = self._random
        away_ns = self._timeouts(3, 5)
        back_ns = away_ns + random.randrange(10, 250) * MILLISECOND
        away = Crash(0, FOLLOWER, away_ns, in_write=random.random() < 0.5)
        death = Crash(
            0, HERE, self._timeouts(0.1, 2), power=random.random() < 0.7, rule=random.choice(("prefix", "all"))
        )
        rot_at, whose = random.choice(((away_ns, LEADER), (back_ns, FOLLOWER)))
        rot = Rot(rot_at, whose, "snapshot", random.randrange(1 << 20), random.randrange(8))
        meanwhile: tuple[list[Fault], ...] = (
            [],
            [Crash(back_ns, LEADER, self._timeouts(0.5, 3))],
            [rot],
            [TakeSnapshot(away_ns + number * 20 * MILLISECOND, LEADER) for number in range(8)],
        )
        steps = [
            Step("first_commit_of_term", [away, *random.choice(meanwhile)], delay_ns=self._timeouts(0, 1)),
            Step("snapshot_installed", [death], share=0.8, delay_ns=random.choice((0, 2 * MILLISECOND))),
        ]
        chunk_bytes = random.choice((100, 200, 1000))
        return Script(
            steps,
            {"log_tail_entries": 0, "snapshot_chunk_bytes": chunk_bytes},
            {"think_ns": BUSY, "reads": 0.1},
            {"snapshot_entries": 10},
        )

    def _unknown_commits(self) -> Script:
        """A follower has entries of which it does not know that they are committed, and dies. All others take snapshots, the leader dies
        too, and the next one, which knows nothing of what the follower has, offers it a snapshot of less: it may drop nothing."""
        random = self._random
        stay_ns = self._timeouts(0.4, 0.8)
        gone_ns = stay_ns + random.randrange(10) * MILLISECOND
        apart = Isolate(0, HERE, stay_ns, companions=1, turn=self._turn)
        away = Crash(gone_ns, HERE, self._timeouts(2, 4), power=False)
        snapshots = [TakeSnapshot(gone_ns + number * 3 * MILLISECOND, OTHERS) for number in range(1, 20)]
        death = Crash(gone_ns + random.randrange(2, 62) * MILLISECOND, LEADER, self._timeouts(5, 8), power=False)
        steps = [
            Step("appended_by_leader", [apart], share=0.05),
            Step("replicated_to_one", [away, *snapshots, death]),
        ]
        slowly = {"log_tail_entries": 0, "append_bytes": 1, "inflight_messages": 4, "uncommitted_bytes": MIB}
        busily = {"think_ns": 15 * MILLISECOND, "clients": 6, "reads": 0.02, "commands": 1}
        limits = {"snapshot_entries": 10, "batch_commands": 1, "batches_in_flight": 8}
        return Script(steps, slowly, busily, limits, limit=5)

    def _impatience(self) -> dict[str, Any]:
        """Clients that give up about as soon as an election takes, many of them on each node."""
        patience_ns = self._timeouts(0.5, 2)
        return {"think_ns": BUSY // 2, "clients": 6, "reads": 0.05, "commands": 3, "patience_ns": patience_ns}

    def _short_patience(self) -> Script:
        """Of several callers of one batch some run out of time, while the batch lives on for the others."""
        lost: Fault = self._random.choice(
            (
                Isolate(0, HERE, self._timeouts(2, 3)),
                Crash(0, HERE, self._timeouts(0.5, 1.5), reset=True),
                Pause(0, HERE, self._timeouts(1, 2)),
            )
        )
        step = Step("elected", [lost], delay_ns=self._timeouts(0, 1))
        limits = {"batch_commands": 64, "batches_in_flight": 1}
        return Script([step], workload=self._impatience(), limits=limits, limit=10)

    def _late_forwards(self) -> Script:
        """A busy leader refuses what is forwarded to it, while an older copy of that is still on its way."""
        network = {"replay": 0.1, "duplicate": 0.1, "reorder": 0.1}
        limits = {"batch_commands": 64, "batches_in_flight": 8}
        return Script([], {"uncommitted_bytes": 300}, self._impatience(), limits, network)

    def _torn_tails(self) -> Script:
        """Power goes in the middle of a write, and then in the middle of what the next start does about it."""
        random = self._random
        moment: MomentName = random.choice(("replicated_to_one", "appended_by_leader"))
        down_ns = random.choice((5, 20, 60)) * MILLISECOND
        rule: LossRule = random.choice(("prefix", "sectors"))
        again_after = random.choice((None, random.randrange(12), 9 + random.randrange(3), random.randrange(30)))
        first = Crash(0, HERE, down_ns, in_write=True, rule=rule, again_after=again_after)
        second = Crash(down_ns + random.randrange(80) * MILLISECOND, HERE, down_ns, in_write=True, rule=rule)
        busily = {"think_ns": BUSY, "clients": 6, "commands": 8}
        return Script([Step(moment, [first, second], share=0.15)], workload=busily, limit=12)
