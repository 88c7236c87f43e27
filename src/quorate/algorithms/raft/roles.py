"""Changes of role that more than one concern needs: down to follower, and what is lost on the way."""

from quorate.algorithms.logged.pending import ReadRequest
from quorate.algorithms.logged.quorum import joint_value
from quorate.algorithms.raft.messages import ReadIndexReply
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.effects import ReadRefused, RequestRefused, Unresolved
from quorate.core.ids import Nanos, NodeId

LEADERSHIP_LOST = "leadership_lost"
"""Refusal that leaves open whether it may come to pass yet."""

NOT_LEADER = "not_leader"
"""Refusal of a node that was asked as the leader and is none."""


def become_follower(raft: RaftState, leader: NodeId | None) -> None:
    """Follow `leader`, or nobody yet. The term does not change here. What only a leader or candidate has is given up;
    callers who wait for it are told."""
    was, followed = raft.role, raft.leader
    raft.role = Role.FOLLOWER
    raft.leader = leader  # before anyone is told: it is the hint of every refusal below
    raft.votes = {}
    raft.progress = {}
    raft.uncommitted_bytes = 0
    if was is Role.LEADER:
        refuse_all_reads(raft, "leadership_lost")
        for sequence in raft.own_proposals:
            raft.out.append(Unresolved(sequence, "leadership_lost"))
        raft.own_proposals = {}
        raft.departed = []
        change, raft.change = raft.change, None
        for asker in change.askers if change is not None else ():
            raft.answer(asker, LEADERSHIP_LOST)
    if leader != followed:
        forget_what_the_leader_owes(raft, "leader_changed")
    raft.announce_leader(leader)


def refuse_all_reads(raft: RaftState, reason: str) -> None:
    """A leader that stops leading refuses every read that waits on it, its own and others'."""
    requests = [request for read_round in raft.read_rounds for request in read_round.requests] + raft.reads_waiting
    raft.read_rounds.clear()
    raft.reads_waiting = []
    for request in requests:
        refuse_read(raft, request, reason)


def refuse_read(raft: RaftState, request: ReadRequest, reason: str) -> None:
    """Tell whoever asked, here or on another node."""
    if request.asker is None:
        raft.out.append(ReadRefused(request.id, reason, raft.leader))
    else:
        reply = ReadIndexReply(raft.term, request.incarnation, request.id, refused=reason, hint=raft.leader)
        raft.send(request.asker, reply)


def forget_what_the_leader_owes(raft: RaftState, reason: str) -> None:
    """The leader we forwarded to is gone or unheard: its answers will not come, or no longer count."""
    for sequence in raft.forwards:
        raft.out.append(Unresolved(sequence, reason))
    raft.forwards = {}
    for read_id in raft.remote_reads:
        raft.out.append(ReadRefused(read_id, reason, raft.leader))
    raft.remote_reads = {}
    for request_id in raft.asked:
        raft.out.append(RequestRefused(request_id, LEADERSHIP_LOST, raft.leader))
    raft.asked = {}


def quorum_contact(raft: RaftState) -> Nanos:
    """The newest time at which a leader had heard from a quorum, itself included."""
    contact = {peer: progress.contact_at for peer, progress in raft.progress.items()}
    contact[raft.me] = raft.now
    return joint_value(raft.voter_sets, contact)


def hears_leader(raft: RaftState) -> bool:
    """Stickiness: whether a leader was heard within an election timeout (dissertation, section 4.2.3). A leader hears itself
    while it is in contact with a quorum."""
    timeout = raft.config.election_timeout_ns
    if raft.role is Role.LEADER:
        return raft.now - quorum_contact(raft) < timeout
    return raft.leader_contact is not None and raft.now - raft.leader_contact < timeout


def step_down_without_quorum(raft: RaftState) -> None:
    """CheckQuorum: a leader that has not heard from a quorum for an election timeout stops leading, in the same term
    (dissertation, section 6.2)."""
    contact = quorum_contact(raft)
    timeout = raft.config.election_timeout_ns
    if raft.now - contact < timeout:
        raft.quorum_check_at = contact + timeout
        return
    raft.why = "stepped down: no quorum of nodes has answered within the election timeout; check the other nodes and the network"
    raft.explain("quorum_lost", term=raft.term, silent_ns=raft.now - contact)
    become_follower(raft, None)
    raft.reset_election_deadline()


def note_leader_alive(raft: RaftState, leader: NodeId) -> None:
    """A valid message of this term's leader: follow it, and wait anew."""
    raft.leader_contact = raft.now
    raft.suspect = None
    raft.new_until = 0
    raft.reset_election_deadline()
    if raft.role is not Role.FOLLOWER or raft.leader != leader:
        raft.why = ""
        raft.asked_at = None
        become_follower(raft, leader)


def note_leader_resigned(raft: RaftState, sender: NodeId) -> None:
    """The node that we follow says, in this term, that it does not lead: nobody does, and whoever asks may try."""
    if raft.leader == sender and raft.role is Role.FOLLOWER:
        raft.leader_contact = None
        raft.why = f"node {sender} has stopped leading term {raft.term}; no other leader heard yet"
        become_follower(raft, None)
