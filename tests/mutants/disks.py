"""Bugs around disks that hang or are full."""

from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.logged.disk_watch import DiskWatch
from quorate.algorithms.raft import replication
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.state import RaftState
from quorate.runtime.writer import LogWrite
from quorate.storage.segment import ActiveSegment

DISKS = (
    Mutant(
        "leads_on_with_a_hung_disk",
        "A leader whose disk hangs notes it, and leads on.",
        "logged/disk_leadership.py: it hands over and stops leading in the same step (hashicorp/raft#503)",
        (
            Edit(
                RaftDuties.give_up,
                "if raft.role is Role.FOLLOWER:",
                "if raft.role in (Role.FOLLOWER, Role.LEADER):",
            ),
        ),
    ),
    Mutant(
        "campaigns_with_a_hung_disk",
        "A node whose disk hangs asks others to elect it.",
        "logged/disk_leadership.py: nobody campaigns who cannot write",
        (Edit(RaftState.may_campaign, "self.disk.hung or self.incoming", "self.incoming"),),
    ),
    Mutant(
        "campaigns_without_a_probe",
        "A disk that hung counts as well as soon as the write that hung has finished.",
        "logged/disk_watch.py: a later write must have finished in time",
        (Edit(DiskWatch.finished, "at > self.hung_at and now - at <= stall_ns", "position"),),
    ),
    Mutant(
        "full_disk_write_told_as_durable",
        "A write for which there was no room is reported as done.",
        "runtime/writer.py: it waits for space, and nobody is told of it before it is durable",
        (
            Edit(
                LogWrite.__call__,
                "    self._store.write(self._persists)\n",
                "    try:\n        self._store.write(self._persists)\n    except DiskFullError:\n        pass\n",
            ),
        ),
    ),
    Mutant(
        "room_not_made_before_the_write",
        "A full disk is noticed in the middle of a write, which nobody can tell from a failing one.",
        "storage/segment.py: room is made before anything of a write is on the log",
        (Edit(ActiveSegment.append, "    self._make_room(self.end + len(data), self.end + len(data) + leave)\n", ""),),
    ),
    Mutant(
        "entries_turned_away_are_acknowledged",
        "A follower with a full disk says that it has the entries which it did not take.",
        "raft/replication.py: it answers for what it took",
        (
            Edit(
                replication.handle_append,
                "verified = message.prev_index + len(entries)",
                "verified = message.prev_index + len(message.entries)",
            ),
        ),
    ),
)

ABSENT_DISKS = (
    Absent(
        "what is durable of a merged write is written again when there is space",
        "cannot show: no write of a storm is so large that it is split; tests/runtime/test_writer.py writes one.",
    ),
    Absent(
        "entries use the room that is kept for votes",
        "shows only in a start on a full disk, which then fails by name and succeeds when there is space; "
        "tests/storage/test_wal.py asks the log.",
    ),
)
