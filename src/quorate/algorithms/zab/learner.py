"""Broadcast, the learner's side: entries as the leader proposes them, and what is committed of them."""

from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import Ack, Commit, Inform, Ping, Pong, Propose, Zxid
from quorate.algorithms.zab.roles import leave_leader
from quorate.algorithms.zab.state import Role, ZabState
from quorate.algorithms.zab.taking_over import note_committed
from quorate.core.entry import Entry, EntryKind


def handle_propose(zab: ZabState, learning: Learning, message: Propose) -> None:
    """F7, F10: staged before the history is taken over, written after that, and acknowledged when it is durable."""
    entry = message.entry
    if not _sound(zab, learning, entry):
        return
    if not learning.synced:
        if learning.staged is None or not learning.staged.take(entry):
            _leave_for_a_gap(zab, learning, entry)
        return
    if zab.role is Role.FOLLOWING and (learning.full or zab.disk.short) and not _has_room(zab, learning, entry):
        return
    if _take(zab, learning, entry) and zab.role is Role.FOLLOWING:
        zab.send(learning.leader, Ack(learning.session or 0, Zxid(entry.term, entry.index)))


def _has_room(zab: ZabState, learning: Learning, entry: Entry) -> bool:
    """A full disk takes what is small. Anything else is dropped, and all that follows it, until the leader sends it again: it is told once
    that there is no room, and once that there is."""
    new = Zxid(entry.term, entry.index) > zab.last
    if not learning.full and zab.disk.short and new and entry.kind == EntryKind.BATCH:
        learning.full = True
        zab.send(learning.leader, Ack(learning.session or 0, zab.last, full=True))
    elif learning.full and not zab.disk.short and entry.index == zab.log.last_index + 1:
        learning.full = False
    return not (learning.full and new)


def ask_for_the_rest(zab: ZabState, learning: Learning) -> None:
    """There is room again."""
    if learning.full:
        zab.send(learning.leader, Ack(learning.session or 0, zab.last))


def handle_inform(zab: ZabState, learning: Learning, message: Inform) -> None:
    """F10: an entry that is committed, for one without a vote."""
    entry = message.entry
    if not _sound(zab, learning, entry):
        return
    if not learning.synced:
        _leave_for_a_gap(zab, learning, entry)
    elif _take(zab, learning, entry):
        learning.told = max(learning.told, entry.index)
        note_committed(zab, learning)


def _take(zab: ZabState, learning: Learning, entry: Entry) -> bool:
    """Write an entry that follows without a gap; a repeat is legal and brings nothing. False: the leader was left."""
    if Zxid(entry.term, entry.index) <= zab.last:
        return True
    if entry.index != zab.log.last_index + 1 or entry.term < zab.log.last_term:
        _leave_for_a_gap(zab, learning, entry)
        return False
    zab.append((entry,))
    zab.persist(entries=(entry,))
    return True


def _sound(zab: ZabState, learning: Learning, entry: Entry) -> bool:
    """Whether the entry is what its proposer made, and of no later epoch than the leader's."""
    if not entry.intact():
        zab.explain("entry_damaged", sender=learning.leader, index=entry.index)
        leave_leader(zab, "entry_damaged", f"node {learning.leader} sent a damaged entry; electing anew")
        return False
    if learning.epoch is None or entry.term > learning.epoch:
        _leave_for_a_gap(zab, learning, entry)
        return False
    return True


def _leave_for_a_gap(zab: ZabState, learning: Learning, entry: Entry) -> None:
    zab.explain("entry_out_of_order", sender=learning.leader, index=entry.index, last_index=zab.log.last_index)
    leave_leader(zab, "entry_out_of_order", f"node {learning.leader} sent entry {entry.index} out of order")


def handle_commit(zab: ZabState, learning: Learning, message: Commit) -> None:
    """F9: legal before the epoch is known to be established; then it waits for that."""
    learning.told = max(learning.told, message.zxid.index)
    note_committed(zab, learning)


def handle_ping(zab: ZabState, learning: Learning, message: Ping) -> None:
    """F11. Everything that was committed when it was sent has been told: the link is FIFO."""
    zab.send(learning.leader, Pong(learning.session or 0, message.round))
    note_committed(zab, learning)
