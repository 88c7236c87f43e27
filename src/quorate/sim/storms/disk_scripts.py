"""The directed nemesis: cases about what is on which disk, in the log and in snapshots, when a node starts."""

from __future__ import annotations

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.image import LossRule
from quorate.sim.storms.faults import (
    FOLLOWER,
    HERE,
    LEADER,
    Crash,
    FailDisk,
    Fault,
    Isolate,
    Rot,
    TakeSnapshot,
)
from quorate.sim.storms.strikes import Author, Script
from quorate.sim.storms.triggers import Step

MIB = 1 << 20

BUSY = 60 * MILLISECOND
"""How long clients think where a script needs something to happen within an election timeout."""

SOON = MILLISECOND // 20
"""After a start: before anything from a peer can be on the disk."""

FEW = 3
"""Other faults beside a script that they would mostly undo."""

SHORT_NS = 4 * SECOND
"""Enough for a script that takes less than a second, a few times over. Where clients are busy a longer storm costs much."""


class DiskAuthor(Author):
    """Scripts of logs and snapshots."""

    def left_behind(self) -> Script:
        """A follower is away so long that it needs a snapshot. Then it dies between having that and having dropped its log for it; or the
        leader dies while it sends it; or what it sends, or has received, rots, or is replaced by newer ones meanwhile; or what it has just
        published rots before the log knows of it, and nothing else on that disk has what was in it."""
        random = self._random
        away_ns = self._timeouts(3, 5)
        back_ns = away_ns + random.randrange(10, 250) * MILLISECOND
        away = Crash(0, FOLLOWER, away_ns, in_write=random.random() < 0.5)
        death = Crash(
            0, HERE, self._timeouts(0.1, 2), power=random.random() < 0.7, rule=random.choice(("prefix", "all"))
        )
        decay = Rot(0, HERE, "snapshot", random.randrange(1 << 20), random.randrange(8))
        rot_at, whose = random.choice(((away_ns, LEADER), (back_ns, FOLLOWER)))
        rot = Rot(rot_at, whose, "snapshot", random.randrange(1 << 20), random.randrange(8))
        meanwhile: tuple[list[Fault], ...] = (
            [],
            [Crash(back_ns, LEADER, self._timeouts(0.5, 3))],
            [rot],
            [TakeSnapshot(away_ns + number * 20 * MILLISECOND, LEADER) for number in range(8)],
        )
        end: list[Fault] = [decay, death] if random.random() < 0.4 else [death]
        steps = [
            Step("first_commit_of_term", [away, *random.choice(meanwhile)], delay_ns=self._timeouts(0, 1)),
            Step("snapshot_installed", end, share=0.8, delay_ns=random.choice((0, 2 * MILLISECOND))),
        ]
        chunk_bytes = random.choice((100, 200, 1000))
        return Script(
            steps,
            {"log_tail_entries": 0, "snapshot_chunk_bytes": chunk_bytes},
            {"think_ns": BUSY, "reads": 0.1},
            {"snapshot_entries": 10},
        )

    def committed_suffix(self) -> Script:
        """A follower takes entries, and its answers are lost. The leader commits them with others, takes a snapshot of some, and the
        follower is killed and comes back, no longer knowing which are committed. What it is offered is a snapshot of less than it has:
        it may drop nothing."""
        random = self._random
        silent_ns = self._timeouts(0.1, 0.3)
        mute = Isolate(0, HERE, silent_ns, inward=False)
        snapshot = TakeSnapshot(silent_ns - random.randrange(8) * MILLISECOND // 2, LEADER)
        kill = Crash(silent_ns - MILLISECOND // 10, HERE, BUSY // 3, power=False, reset=True)
        # Many small entries under way at once: the snapshot has to fall among them.
        quickly = {
            "log_tail_entries": 0,
            "append_bytes": 1,
            "inflight_messages": 256,
            "uncommitted_bytes": MIB,
            "snapshot_chunk_bytes": 1 << 18,
        }
        busily = {"think_ns": BUSY // 2, "clients": 6, "reads": 0.02, "commands": 1}
        limits = {"snapshot_entries": 10_000, "batch_commands": 1, "batches_in_flight": 8}
        step = Step("replicated_to_one", [mute, snapshot, kill], share=0.2)
        return Script([step], quickly, busily, limits, limit=6, most_faults=FEW, most_ns=SHORT_NS)

    def whole_but_unpublished(self) -> Script:
        """A follower receives a whole snapshot, and its disk fails when the file is to get its name. It starts again with all the bytes,
        and has to make something of them."""
        random = self._random
        away_ns = random.randrange(100, 300) * MILLISECOND
        away = Crash(0, HERE, away_ns)
        snapshot = TakeSnapshot(away_ns - 20 * MILLISECOND, LEADER)
        failure = FailDisk(away_ns + SOON, HERE, "rename", after=0, lasts_ns=300 * MILLISECOND)
        # No other snapshots: a newer one would be offered instead.
        return Script(
            [Step("replicated_to_one", [away, snapshot, failure], share=0.05)],
            {"log_tail_entries": 0, "snapshot_chunk_bytes": random.choice((1000, 1 << 18))},
            {"think_ns": BUSY, "clients": 4, "reads": 0.1},
            {"snapshot_entries": 10_000},
            limit=6,
            most_faults=random.choice((FEW, None)),
            most_ns=SHORT_NS,
        )

    def crash_loop(self) -> Script:
        """Power goes while a follower writes much at once, all that it has missed; then its process dies again and again, as soon as it
        has started, before anything was written over the torn tail."""
        random = self._random
        away_ns = self._timeouts(0.3, 1)
        down_ns = random.choice((5, 10)) * MILLISECOND
        rule: LossRule = random.choice(("prefix", "prefix", "sectors"))
        away = Crash(0, HERE, away_ns)
        torn = Crash(away_ns + SOON, HERE, down_ns, in_write=True, rule=rule)
        again = [
            Crash(away_ns + down_ns + number * 2 * MILLISECOND, HERE, MILLISECOND, power=False)
            for number in range(1, 9)
        ]
        return Script(
            [Step("replicated_to_one", [away, torn, *again], share=0.3)],
            {"append_bytes": MIB, "inflight_messages": 256},
            {"think_ns": BUSY, "clients": 6, "commands": 8, "reads": 0.05},
            {"batch_commands": 64},
            limit=8,
            most_ns=SHORT_NS,
        )

    def cut_erasure(self) -> Script:
        """Power goes in the middle of a small write, and then in the middle of the erasure of what is left of it."""
        random = self._random
        down_ns = random.choice((5, 20)) * MILLISECOND
        rule: LossRule = random.choice(("prefix", "prefix", "sectors"))
        crash = Crash(0, HERE, down_ns, in_write=True, rule=rule, again_after=0, again_in="sync")
        busily = {"think_ns": BUSY, "clients": 6, "commands": 1, "reads": 0.05}
        step = Step("replicated_to_one", [crash], share=0.3)
        return Script([step], workload=busily, limits={"batch_commands": 1}, limit=40, most_ns=SHORT_NS)
