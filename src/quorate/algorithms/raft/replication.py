"""Log replication: the follower's AppendEntries rules, and the leader's handling of the replies."""

from quorate.algorithms.raft.commit import advance_commit, apply_and_announce
from quorate.algorithms.raft.membership import go_on_with_members
from quorate.algorithms.raft.messages import Append, AppendReply
from quorate.algorithms.raft.progress import Mode, Progress
from quorate.algorithms.raft.reads import confirm_reads, start_read_round
from quorate.algorithms.raft.roles import note_leader_alive
from quorate.algorithms.raft.sending import send_entries, tell_commit
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.entry import Entry, EntryKind
from quorate.core.ids import Index, NodeId


def handle_append(raft: RaftState, sender: NodeId, message: Append) -> None:
    """AppendEntries (paper, Figure 2), of the current term."""
    note_leader_alive(raft, sender)
    # What no sound leader sends is not answered: a refusal would say that the logs differ.
    if not _well_formed(message):
        raft.explain("append_malformed", sender=sender, prev_index=message.prev_index, entries=len(message.entries))
        return
    if not _prev_matches(raft, message):
        raft.send(sender, _refusal(raft, message))
        return
    for entry in message.entries:
        if not entry.intact():
            raft.explain("entry_damaged", sender=sender, index=entry.index)
            return
    entries = message.entries if not raft.disk.short else _most_needed(raft, message.entries)
    fresh, truncate_from = _store(raft, entries)
    verified = message.prev_index + len(entries)
    raft.commit = max(raft.commit, min(message.commit, verified))
    raft.fresh.heard(message.commit, raft.now, current=raft.log.term_at(message.commit) == message.term)
    full = len(entries) < len(message.entries)
    reply = AppendReply(
        raft.term,
        message.round,
        ok=True,
        match=verified,
        joined_at=message.joined_at,
        full=full,
        silence_ms=raft.config.silence_ms,
    )
    if fresh or truncate_from is not None:
        raft.persist(entries=fresh, truncate_from=truncate_from)
    raft.send(sender, reply)
    raft.apply_committed()


def _most_needed(raft: RaftState, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Of these, what a full disk still takes: up to the first batch that is not in the log already. Without the small entries of a new
    leader nobody could lead where every disk is full."""
    for offset, entry in enumerate(entries):
        held = entry.index <= raft.log.start.index or raft.log.term_at(entry.index) == entry.term
        if entry.kind == EntryKind.BATCH and not held:
            return entries[:offset]
    return entries


def _well_formed(message: Append) -> bool:
    """Whether the entries follow prev and each other, and none is of a later term than the leader's. Another node's defect must not
    halt this one."""
    index, term = message.prev_index, message.prev_term
    if min(index, term, message.commit) < 0:
        return False
    for entry in message.entries:
        index += 1
        if entry.index != index or not term <= entry.term <= message.term:
            return False
        term = entry.term
    return True


def _prev_matches(raft: RaftState, message: Append) -> bool:
    """Whether the log holds (prev index, prev term). What the snapshot covers is committed, and so equals the leader's."""
    if message.prev_index <= max(raft.log.start.index, raft.snapshot_index):
        return True
    return raft.log.term_at(message.prev_index) == message.prev_term


def _refusal(raft: RaftState, message: Append) -> AppendReply:
    """Where the logs can agree at best: the largest index at or below prev whose term is not above prev's. One round trip a
    differing term, not one an entry (paper, end of section 5.3)."""
    hint = raft.log.last_index_with_term_at_most(message.prev_term, message.prev_index)
    return AppendReply(
        raft.term,
        message.round,
        ok=False,
        refused_prev=message.prev_index,
        hint_index=hint,
        hint_term=raft.log.term_at(hint) or 0,
        joined_at=message.joined_at,
        silence_ms=raft.config.silence_ms,
    )


def _store(raft: RaftState, entries: tuple[Entry, ...]) -> tuple[tuple[Entry, ...], Index | None]:
    """Take what is new; drop our own only where it differs. Entries that agree remove nothing, however late they come.

    Returns what must be written, and from where the log was cut.
    """
    log = raft.log
    for offset, entry in enumerate(entries):
        if entry.index <= log.start.index:
            continue
        held = log.term_at(entry.index)
        if held == entry.term:
            continue
        fresh = entries[offset:]
        cut = None
        if held is not None:
            cut = entry.index
            raft.explain("log_truncated", first=cut, last=log.last_index, term=held)
            raft.truncate_from(cut)
        raft.append(fresh)
        return fresh, cut
    return (), None


def handle_append_reply(raft: RaftState, sender: NodeId, message: AppendReply) -> None:
    """A peer's answer to an Append of this term."""
    progress = raft.progress.get(sender)
    if raft.role is not Role.LEADER or progress is None or not message.round:
        return
    if message.joined_at != progress.joined_at:
        # Removed and let in again: what it confirmed as the earlier member, with another log perhaps, says nothing of this one.
        return
    progress.contact_at = raft.now
    progress.round = max(progress.round, message.round)
    if message.silence_ms >= raft.config.election_timeout_ms:
        progress.silent_round = max(progress.silent_round, message.round)
    if message.ok:
        _accepted(raft, progress, message)
    else:
        _refused(raft, sender, progress, message)
    confirm_reads(raft)
    if progress.next <= raft.log.last_index:
        send_entries(raft, sender)
    if progress.match > raft.commit:
        commit_and_tell(raft)
    if raft.group.wanting:
        go_on_with_members(raft)


def commit_and_tell(raft: RaftState) -> None:
    """See whether a quorum has more, and let those know who wait for it."""
    before = raft.commit
    if not advance_commit(raft):
        return
    if not start_read_round(raft):
        tell_commit(raft, before)
    apply_and_announce(raft)
    go_on_with_members(raft)
    # What was committed may have changed who counts, and those whose answer a read awaited may not be asked any more.
    confirm_reads(raft)


def _accepted(raft: RaftState, progress: Progress, message: AppendReply) -> None:
    """Everything up to `match` is on the peer's disk."""
    match = message.match
    if match > raft.log.last_index:
        raft.explain("match_beyond_log", match=match, last_index=raft.log.last_index)
        return
    progress.answered(match, raft.now)
    progress.full = message.full or (progress.full and match <= progress.match and match < raft.log.last_index)
    if progress.full and progress.mode is not Mode.SNAPSHOT:
        progress.advance(match, raft.round)
        progress.become_probe(match + 1)
        progress.probe_sent_at = raft.now if message.full else None
        return
    if progress.mode is Mode.PROBE:
        progress.advance(match, raft.round)
        progress.become_replicate()
        return
    progress.advance(match, raft.round)
    # From any state that the log reaches, entries go on, whichever snapshot brought the peer there.
    if progress.mode is Mode.SNAPSHOT and match > 0 and raft.log.term_at(match) is not None:
        progress.become_replicate()


def _refused(raft: RaftState, sender: NodeId, progress: Progress, message: AppendReply) -> None:
    """The peer lacks what came before. Stale refusals are ignored."""
    if 0 < message.refused_prev <= progress.match and message.round > progress.match_round:
        _note_loss(raft, sender, progress, message)
    stale = message.refused_prev <= progress.match
    if progress.mode is Mode.PROBE:
        stale = stale or message.refused_prev != progress.next - 1
    if stale or progress.mode is Mode.SNAPSHOT:
        return
    # Below what was refused, whatever the hint says, so that this ends.
    progress.become_probe(min(_next_to_try(raft, message) + 1, message.refused_prev))


def _note_loss(raft: RaftState, sender: NodeId, progress: Progress, message: AppendReply) -> None:
    """Asked after it had confirmed `match`, the peer no longer has it: its disk has lost what it had called durable. Committed
    entries may be on too few disks now, and sending these again would hide it: people must know."""
    if not progress.lost:
        progress.lost = True
        raft.explain("peer_lost_entries", peer=sender, match=progress.match, held=message.hint_index)


def _next_to_try(raft: RaftState, message: AppendReply) -> Index:
    """Our largest index, not above the hint's, whose term is not above the hint's; below `start` when that is compacted, so
    that the next step is a snapshot."""
    start = raft.log.start
    ours = raft.log.last_index_with_term_at_most(message.hint_term, message.hint_index)
    compacted = message.hint_index < start.index or (ours == start.index and start.term > message.hint_term)
    return start.index - 1 if compacted else ours
