"""What the state of a node's disk means for leadership: not part of Raft, and never in the way of its safety.

Theory of operation. What a leader sends waits for its disk, so one whose disk hangs is silent; its followers would find that out by and
by. It knows better: it hands over to whoever has most of the log, which needs no disk, and stops leading in the same step. It does not
campaign again before a write has finished in time, and a follower whose disk hangs does not either. A leader whose disk is full, or far
slower than another's, is still a good leader until a better one is there: it transfers as an operator would have it, and goes on if that
comes to nothing.
"""

from quorate.algorithms.raft.disk_watch import LEAST_WRITES, MOVE_PAUSE_NS
from quorate.algorithms.raft.lease import late, note_hand_over
from quorate.algorithms.raft.messages import TimeoutNow
from quorate.algorithms.raft.quorum import quorum_size
from quorate.algorithms.raft.roles import become_follower, quorum_contact, step_down_without_quorum
from quorate.algorithms.raft.state import RaftState, Role
from quorate.algorithms.raft.transfer import answers, hand_to
from quorate.algorithms.raft.versions import understands
from quorate.core.effects import Send
from quorate.core.events import SpaceChanged
from quorate.core.ids import MILLISECOND, Nanos, NodeId

DISK_FULL = "disk_full"
"""Refusal of a node that has no room for more."""

SLOW_FLOOR_NS: Nanos = 20 * MILLISECOND
"""A disk that takes less than this for a write is no reason to move, however fast the others are."""

SLOW_FOR_TIMEOUTS = 10
"""Election timeouts for which a disk must have been slow: a burst is over before a transfer pays."""


def look_at_disk(raft: RaftState, due: Nanos | None) -> None:
    """At the start of a step whose oldest write has taken longer than the stall limit. `due`: when this node wanted to be woken."""
    if late(raft, due, raft.now):
        raft.disk.begin_anew(raft.now)
    else:
        _note_hung(raft)


def _note_hung(raft: RaftState) -> None:
    age = raft.disk.age(raft.now)
    successor = _successor(raft, age) if raft.role is Role.LEADER else None
    raft.disk.hang(raft.now)
    raft.explain("disk_hung", role=raft.role.value, unfinished_ns=age, successor=successor)
    if raft.role is Role.FOLLOWER:
        return
    if successor is not None:
        note_hand_over(raft)
        raft.out.append(Send(successor, TimeoutNow(raft.term), at_once=True))
    become_follower(raft, None)
    raft.reset_election_deadline()


def _successor(raft: RaftState, age: Nanos) -> NodeId | None:
    """Of the voters that answered until nothing was sent any more, the one that has most of the log. It need not have all: what this
    node has beyond it is not committed, and cannot be sent."""
    silence = age + raft.config.election_timeout_ns
    able = [peer for peer in _others(raft) if raft.now - raft.progress[peer].contact_at < silence]
    return max(able, key=lambda peer: (raft.progress[peer].match, peer), default=None)


def _others(raft: RaftState) -> list[NodeId]:
    """Voters that could be told to lead, as far as their disks are concerned."""
    voters = raft.configuration.voters
    return [
        peer
        for peer in raft.peers
        if peer in voters
        and peer not in raft.unreachable
        and not raft.progress[peer].full
        and understands(raft, peer, TimeoutNow)
    ]


def check_quorum(raft: RaftState) -> None:
    """CheckQuorum; but nobody can answer what this node's own disk holds back."""
    timeout = raft.config.election_timeout_ns
    if raft.now - quorum_contact(raft) >= timeout and 2 * raft.disk.age(raft.now) >= timeout and not raft.disk.hung:
        _note_hung(raft)
    else:
        step_down_without_quorum(raft)


def note_write_finished(raft: RaftState, *, recovered: bool) -> None:
    """After a write. A disk that hung is asked for one write more, unless it has shown already that it is well."""
    if recovered:
        raft.explain("disk_recovered", hung_ns=raft.now - raft.disk.hung_at)
        raft.why = "its disk hung and is well again; no leader heard yet"
    elif raft.disk.hung and raft.disk.idle:
        raft.write_probe()


def handle_space_changed(raft: RaftState, event: SpaceChanged) -> None:
    """The disk is full, or is no more. What is under way still has room; nothing new is taken."""
    raft.disk.short = event.short
    if event.short:
        raft.explain("disk_full", role=raft.role.value)
    else:
        raft.explain("disk_has_room", role=raft.role.value)
    raft.disk.look_at = raft.now
    leave_a_bad_disk(raft)


def leave_a_bad_disk(raft: RaftState) -> None:
    """A leader with a full disk, or one that has been far slower than another's for long, transfers to a better one."""
    disk = raft.disk
    if raft.role is not Role.LEADER or raft.transfer is not None or not raft.ready:
        disk.slow_since = None
        return
    timeout = raft.config.election_timeout_ns
    if disk.short and raft.now >= disk.look_at:
        disk.look_at = raft.now + 2 * timeout
        able = [peer for peer in _others(raft) if answers(raft, peer)]
        target = max(able, key=lambda peer: (raft.progress[peer].match, peer), default=None)
        if target is not None:
            hand_to(raft, target)
        return
    target = _faster(raft)
    if target is None:
        disk.slow_since = None
    elif disk.slow_since is None:
        disk.slow_since = raft.now
    elif raft.now >= max(disk.slow_since + SLOW_FOR_TIMEOUTS * timeout, disk.move_at):
        disk.slow_since, disk.move_at = None, raft.now + MOVE_PAUSE_NS
        raft.explain("disk_slow", write_ns=disk.write_ns, peer=target, peer_ns=raft.progress[target].answer_ns)
        hand_to(raft, target)


def _faster(raft: RaftState) -> NodeId | None:
    """A voter that answers, and whose answers to entries, its own write and two trips over the network, come in far less time than a
    write takes here."""
    factor, usual = raft.config.disk_slow_factor, raft.disk.write_ns
    if not factor or usual < SLOW_FLOOR_NS or raft.disk.writes < LEAST_WRITES:
        return None
    able = [peer for peer in _others(raft) if raft.progress[peer].answer_ns and answers(raft, peer)]
    best = min(able, key=lambda peer: (raft.progress[peer].answer_ns, peer), default=None)
    return best if best is not None and usual >= factor * raft.progress[best].answer_ns else None


def no_room_for_quorum(raft: RaftState) -> bool:
    """Whether so many disks are full that nothing new can be committed."""
    full = {peer for peer, progress in raft.progress.items() if progress.full}
    return bool(full) and any(len(voters - full) < quorum_size(voters) for voters in raft.voter_sets)
