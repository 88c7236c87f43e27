"""Synchronisation (paper, phase 2), the learner's side: the leader's history becomes ours.

Theory of operation. What comes before NEWLEADER is only staged. With it all of it is written, and the epoch last: a crash in between leaves
a log that is ahead of its epoch, and so a low vote, never an epoch without its history. If the leader is lost before that, what was staged
is forgotten: the log is again what was handed to the disk.
"""

from quorate.algorithms.zab.leading import Phase
from quorate.algorithms.zab.learning import Learning, Staged
from quorate.algorithms.zab.messages import AckNewLeader, Diff, NewLeader, Trunc, UpToDate, Vote
from quorate.algorithms.zab.roles import leave_leader
from quorate.algorithms.zab.state import ZabState
from quorate.core.errors import InvariantError
from quorate.core.ids import Index


def handle_diff(zab: ZabState, learning: Learning, message: Diff) -> None:
    """F4: we end where the leader says."""
    if may_begin(learning) and message.zxid == zab.last:
        begin_staging(zab, learning, message.zxid.index)
    else:
        leave_leader(zab, "out_of_order", confused(learning))


def handle_trunc(zab: ZabState, learning: Learning, message: Trunc) -> None:
    """F5: what lies behind the place is not the leader's, unless it shows it to be."""
    zxid = message.zxid
    if not may_begin(learning):
        leave_leader(zab, "out_of_order", confused(learning))
        return
    if zab.log.term_at(zxid.index) != zxid.epoch:
        zab.explain("no_common_entry", leader=learning.leader, index=zxid.index, epoch=zxid.epoch)
        zab.want_snapshot = True
        leave_leader(zab, "no_common_entry", "its log and the leader's could not be matched; asking for another start")
        return
    if zxid.index < zab.commit:
        raise InvariantError(
            f"node {zab.me}: node {learning.leader}, leading epoch {learning.epoch}, cuts the log at {zxid.index}, but {zab.commit} is "
            "committed: committed data would be lost; keep the data directories of all nodes for inspection"
        )
    begin_staging(zab, learning, zxid.index)


def begin_staging(zab: ZabState, learning: Learning, verified: Index) -> None:
    """From here on the leader's history is staged."""
    learning.staged = Staged(zab.log, verified)


def may_begin(learning: Learning) -> bool:
    """Whether this is the moment for the leader to say where to begin."""
    return learning.epoch is not None and learning.staged is None and not learning.synced and learning.incoming is None


def confused(learning: Learning) -> str:
    """For people."""
    return f"node {learning.leader} sent something out of order; electing anew"


def handle_new_leader(zab: ZabState, learning: Learning, message: NewLeader) -> None:
    """F8: the whole history is staged: write it, and the epoch last, and say so when that is durable."""
    staged = learning.staged
    if staged is None or learning.synced or message.epoch != learning.epoch:
        leave_leader(zab, "out_of_order", confused(learning))
        return
    cut, entries = staged.cut, tuple(staged.entries)
    if cut is not None:
        zab.explain("log_truncated", first=cut, last=zab.log.last_index, term=zab.log.last_term)
        zab.truncate_from(cut)
    zab.append(entries)
    if cut is not None or entries:
        zab.persist(entries=entries, truncate_from=cut)
    if zab.current_epoch != message.epoch:
        zab.take_over(message.epoch)
    learning.staged, learning.synced = None, True
    zab.want_snapshot = False
    zab.send(learning.leader, AckNewLeader(learning.session or 0, message.epoch))


def handle_up_to_date(zab: ZabState, learning: Learning, message: UpToDate) -> None:
    """F9: the epoch is established; we serve it, and late joiners see in our vote that we do (E10)."""
    if not learning.synced or learning.epoch is None:
        leave_leader(zab, "out_of_order", confused(learning))
        return
    learning.told = max(learning.told, message.zxid.index)
    learning.serves = True
    zab.phase, zab.why = Phase.BROADCAST, ""
    zab.vote = Vote(learning.epoch, zab.vote.zxid, zab.vote.sid)
    zab.announce_leader(learning.leader)
    note_committed(zab, learning)


def note_committed(zab: ZabState, learning: Learning) -> None:
    """What the leader said to be committed is, as far as we have it, once its epoch is established. What is not durable here yet is
    applied when it is."""
    if learning.serves:
        zab.commit = max(zab.commit, min(learning.told, zab.log.last_index))
        zab.fresh.heard(zab.commit, zab.now, current=True)
        zab.apply_committed()
