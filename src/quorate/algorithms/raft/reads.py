"""Linearizable reads by ReadIndex (dissertation, section 6.4). Both sides.

The leader notes its commit index, then has a quorum confirm, in a round sent after the read came in, that it still leads; the reader
waits until it has applied that far. Reads that come in while a round is out share the next one.
"""

from quorate.algorithms.logged.pending import ReadRequest, ReadRound
from quorate.algorithms.raft.lease import acknowledged_round
from quorate.algorithms.raft.messages import ReadIndexReply, ReadIndexRequest
from quorate.algorithms.raft.roles import NOT_LEADER, note_leader_resigned, refuse_read
from quorate.algorithms.raft.sending import broadcast_heartbeat
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.effects import ReadReady, ReadRefused
from quorate.core.ids import NodeId


def handle_read_requested(raft: RaftState, read_id: int) -> None:
    """A local reader: at the leader it joins the next round, elsewhere the leader is asked."""
    if raft.role is Role.LEADER:
        admit_read(raft, ReadRequest(None, raft.identity.incarnation, read_id))
    elif raft.leader is None:
        raft.out.append(ReadRefused(read_id, "removed" if raft.removed else "no_leader"))
    else:
        if len(raft.remote_reads) >= raft.config.waiting_reads:
            # The oldest is the likeliest to have lost its question or its answer on the way; its reader, if there still is one, asks anew.
            oldest = next(iter(raft.remote_reads))
            del raft.remote_reads[oldest]
            raft.out.append(ReadRefused(oldest, "given_up", raft.leader))
        raft.remote_reads[read_id] = None
        raft.send(raft.leader, ReadIndexRequest(raft.term, raft.identity.incarnation, read_id))


def handle_read_index_request(raft: RaftState, sender: NodeId, message: ReadIndexRequest) -> None:
    """A reader on another node."""
    request = ReadRequest(sender, message.incarnation, message.id)
    if raft.role is not Role.LEADER:
        refuse_read(raft, request, NOT_LEADER)
    else:
        admit_read(raft, request)


def admit_read(raft: RaftState, request: ReadRequest) -> None:
    """Queue a read for the next round."""
    if len(raft.reads_waiting) >= raft.config.waiting_reads:
        refuse_read(raft, request, "busy")
        return
    raft.reads_waiting.append(request)
    start_read_round(raft)


def start_read_round(raft: RaftState) -> bool:
    """Send a round for the reads that wait, unless one is out, or no entry of this term is committed yet: before that the leader does
    not know how far its predecessors had committed. Returns whether it did."""
    if not raft.reads_waiting or raft.read_rounds or raft.commit < raft.noop_index:
        return False
    broadcast_heartbeat(raft)
    raft.read_rounds.append(ReadRound(raft.round, raft.commit, raft.reads_waiting))
    raft.reads_waiting = []
    confirm_reads(raft)
    return True


def confirm_reads(raft: RaftState) -> None:
    """Answer the reads whose round, or a later one, a quorum has acknowledged."""
    while raft.read_rounds:
        if acknowledged_round(raft) < raft.read_rounds[0].round:
            return
        confirmed = raft.read_rounds.popleft()
        for request in confirmed.requests:
            _answer(raft, request, confirmed)
        start_read_round(raft)


def _answer(raft: RaftState, request: ReadRequest, confirmed: ReadRound) -> None:
    if request.asker is None:
        raft.out.append(ReadReady(request.id, confirmed.index))
    else:
        raft.send(request.asker, ReadIndexReply(raft.term, request.incarnation, request.id, index=confirmed.index))


def handle_read_index_reply(raft: RaftState, sender: NodeId, message: ReadIndexReply) -> None:
    """The leader's answer; only to a question of this process that is still open."""
    if message.incarnation != raft.identity.incarnation or message.id not in raft.remote_reads:
        return
    del raft.remote_reads[message.id]
    if message.refused:
        raft.out.append(ReadRefused(message.id, message.refused, message.hint))
        if message.refused == NOT_LEADER:
            note_leader_resigned(raft, sender)
    else:
        raft.out.append(ReadReady(message.id, message.index))
