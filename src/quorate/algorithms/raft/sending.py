"""What a leader sends: entries as each peer's mode and window allow, empty Appends, snapshot offers."""

from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.raft.messages import Append, SnapshotOffer
from quorate.algorithms.raft.progress import Mode, Progress
from quorate.algorithms.raft.state import RaftState
from quorate.core.entry import Entry, EntryKind
from quorate.core.ids import Index, Nanos, NodeId, Term


def append_as_leader(raft: RaftState, kind: int, data: bytes, crc: int) -> Index:
    """Append an entry of the current term, send it and write it: the disk here works while the followers' do."""
    entry = Entry(raft.log.last_index + 1, raft.term, kind, data, crc)
    raft.append((entry,))
    raft.uncommitted_bytes += len(data)
    raft.next_round()
    for peer in raft.peers:
        send_entries(raft, peer)
    raft.persist(entries=(entry,))
    return entry.index


def send_entries(raft: RaftState, peer: NodeId) -> None:
    """Send what the peer's mode and window allow; nothing if there is nothing new."""
    progress = raft.progress[peer]
    if progress.mode is Mode.SNAPSHOT or (progress.mode is Mode.PROBE and progress.probe_sent_at is not None):
        return
    config = raft.config
    last = raft.log.last_index
    while progress.next <= last:
        prev_term = raft.log.term_at(progress.next - 1)
        if prev_term is None:
            # Before a look at the window: what fills it may have been lost, and no heartbeat can ask for what is compacted.
            offer_snapshot(raft, peer)
            return
        if progress.window_full(config.inflight_messages, config.inflight_bytes):
            return
        # A peer whose disk is full is tried with one entry, now and then.
        entries = raft.log.page(progress.next, last, 1 if progress.full else config.append_bytes)
        if progress.timed is None:
            progress.timed = (entries[-1].index, raft.now)
        send_append(raft, peer, progress.next - 1, prev_term, entries)
        if progress.mode is Mode.PROBE:
            progress.probe_sent_at = raft.now
            return
        progress.sent(entries[-1].index, sum(len(entry.data) for entry in entries))


def send_append(raft: RaftState, peer: NodeId, prev_index: Index, prev_term: Term, entries: tuple[Entry, ...]) -> None:
    """One Append; notes when. Peers that are to get the same in one sweep get the same object: it is encoded once."""
    progress = raft.progress[peer]
    progress.sent_at = raft.now
    progress.told = raft.commit
    message = raft.last_append
    if (
        message is None
        or message.round != raft.round
        or message.prev_index != prev_index
        or message.commit != raft.commit
        or message.entries != entries
        or message.joined_at != progress.joined_at
        or message.prev_term != prev_term
        or message.term != raft.term
    ):
        message = Append(raft.term, raft.round, prev_index, prev_term, raft.commit, entries, progress.joined_at)
        raft.last_append = message
    raft.send(peer, message)


def send_heartbeat(raft: RaftState, peer: NodeId) -> None:
    """An empty Append, whatever the window says. It repairs the log besides: the peer refuses it if it lacks what was sent before."""
    reoffer_if_silent(raft, peer)
    progress = raft.progress[peer]
    prev = progress.match if progress.mode is Mode.SNAPSHOT else progress.next - 1
    prev_term = raft.log.term_at(prev)
    if prev_term is None:
        # What the peer has is compacted: the empty prefix is all that surely agrees.
        send_append(raft, peer, 0, 0, ())
    else:
        send_append(raft, peer, prev, prev_term, ())


def broadcast_heartbeat(raft: RaftState) -> None:
    """A new round to all: it carries the commit index, and confirms reads."""
    raft.next_round()
    for peer in raft.peers:
        send_heartbeat(raft, peer)


def tell_commit(raft: RaftState, before: Index) -> None:
    """The commit index has risen from `before`. Who waits for that learns it at once: a node whose own callers' batch is committed, and
    everybody if there is more than batches. All others learn it with the next entries, or after `commit_delay`: where one write follows
    the other, a message of its own for each commit would double the traffic."""
    raft.commit_at = raft.now
    urgent = not raft.config.commit_delay_ms or any(
        entry.kind != EntryKind.BATCH for entry in raft.log.between(before + 1, raft.commit)
    )
    if urgent:
        broadcast_heartbeat(raft)
        return
    waiting = [peer for peer in raft.peers if raft.forwarded.get(peer, 0) > before]
    if waiting:
        raft.next_round()
    for peer in waiting:
        send_heartbeat(raft, peer)


def handle_heartbeat_timeout(raft: RaftState) -> None:
    """Peers that were sent nothing for a heartbeat interval get an empty Append, and those that should know more by now."""
    interval = raft.config.heartbeat_ns
    due = [peer for peer in raft.peers if _heartbeat_at(raft, raft.progress[peer]) <= raft.now]
    if due:
        raft.next_round()
    for peer in due:
        progress = raft.progress[peer]
        if progress.probe_sent_at is not None and raft.now - progress.probe_sent_at >= interval:
            progress.probe_sent_at = None
        send_heartbeat(raft, peer)


def next_heartbeat(raft: RaftState) -> Nanos:
    """When the first peer is due, or the quorum is to be looked at, if that comes first."""
    earliest = raft.quorum_check_at
    interval, commit = raft.config.heartbeat_ns, raft.commit
    for progress in raft.progress.values():  # asked after every step: the common case without a call
        at = progress.sent_at + interval if progress.told >= commit else _heartbeat_at(raft, progress)
        if at < earliest:
            earliest = at
    return earliest


def _heartbeat_at(raft: RaftState, progress: Progress) -> Nanos:
    at = progress.sent_at + raft.config.heartbeat_ns
    if progress.told < raft.commit:
        at = min(at, max(raft.commit_at, progress.sent_at) + raft.config.commit_delay_ns)
    return at


def offer_snapshot(raft: RaftState, peer: NodeId) -> None:
    """What the peer needs next is compacted: offer our newest snapshot instead, if the peer has answered lately."""
    progress = raft.progress[peer]
    if raft.snapshot is None or raft.now - progress.contact_at >= raft.config.election_timeout_ns:
        return
    progress.become_snapshot(raft.snapshot, raft.now)
    raft.explain("snapshot_offered", peer=peer, index=raft.snapshot.index, size=raft.snapshot.size)
    raft.send(peer, SnapshotOffer(raft.term, raft.round, raft.snapshot, progress.joined_at))


def greet(raft: RaftState, peer: NodeId) -> None:
    """A peer's link is new: say at once that we lead, and go on where it stands."""
    progress = raft.progress[peer]
    raft.next_round()
    if progress.outgoing is not None:
        _offer_again(raft, peer, progress.outgoing)
    send_heartbeat(raft, peer)
    send_entries(raft, peer)


def reoffer_if_silent(raft: RaftState, peer: NodeId) -> None:
    """An offer or a chunk may have been lost: after an election timeout without a word about it, offer again. The peer
    names the offset it holds, so nothing is sent twice."""
    outgoing = raft.progress[peer].outgoing
    silent_since = outgoing.silent_since() if outgoing is not None else None
    if outgoing is not None and silent_since is not None and raft.now - silent_since >= raft.config.election_timeout_ns:
        _offer_again(raft, peer, outgoing)


def _offer_again(raft: RaftState, peer: NodeId, outgoing: Outgoing) -> None:
    outgoing.offer_again(raft.now)
    raft.send(peer, SnapshotOffer(raft.term, raft.round, outgoing.meta, raft.progress[peer].joined_at))
