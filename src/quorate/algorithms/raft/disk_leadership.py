"""What a hanging disk means to Raft's quorum check, and how a disk is shown to be well. The rest is in `logged/disk_leadership.py`."""

from quorate.algorithms.logged.disk_leadership import note_hung, note_recovered
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.roles import quorum_contact, step_down_without_quorum
from quorate.algorithms.raft.state import RaftState


def check_quorum(raft: RaftState) -> None:
    """CheckQuorum; but nobody can answer what this node's own disk holds back."""
    timeout = raft.config.election_timeout_ns
    if raft.now - quorum_contact(raft) >= timeout and 2 * raft.disk.age(raft.now) >= timeout and not raft.disk.hung:
        note_hung(RaftDuties(raft), raft.role.value)
    else:
        step_down_without_quorum(raft)


def note_write_finished(raft: RaftState, *, recovered: bool) -> None:
    """After a write. A disk that hung is asked for one write more, unless it has shown already that it is well."""
    if recovered:
        note_recovered(raft)
    elif raft.disk.hung and raft.disk.idle:
        raft.write_probe()
