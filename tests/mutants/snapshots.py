"""Bugs of snapshots: taking, publishing, sending, installing and loading them."""

from mutants.mutant import Edit, Mutant
from quorate.algorithms.logged.incoming import Incoming
from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.raft import sending, snapshot_sending
from quorate.algorithms.raft import snapshots as raft_snapshots
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.driver import Driver
from quorate.runtime.snapshots import Snapshots
from quorate.storage.snapshot_writer import SnapshotWriter
from quorate.storage.snapshots import SnapshotStore

SNAPSHOTS = (
    Mutant(
        "install_drops_the_suffix",
        "A snapshot replaces the whole log, also where the log holds its last entry, and acknowledged entries after it.",
        "Raft, Figure 13, InstallSnapshot 6: if there is an entry of the same index and term, retain what follows it",
        (Edit(raft_snapshots.not_needed, "if term == meta.term:", "if False:"),),
    ),
    Mutant(
        "stale_snapshot_installed",
        "A snapshot that is older than what was applied is installed.",
        "Raft, 7: a snapshot that covers a prefix of what is here brings nothing new",
        (
            Edit(raft_snapshots.not_needed, "if meta.index <= raft.commit:", "if meta.index == raft.commit:"),
            Edit(
                raft_snapshots.not_needed, "if term == meta.term:", "if meta.index > raft.commit and term == meta.term:"
            ),
        ),
    ),
    Mutant(
        "sessions_missing_from_the_snapshot",
        "A snapshot holds the machine's state and not the table of sessions: what is sent again after it is applied again.",
        "Raft dissertation, 6.3: the sessions are part of the replicated state, so of each snapshot",
        (Edit(SessionedMachine.snapshot, "captured = self._table.capture()", "captured = []"),),
    ),
    Mutant(
        "snapshot_not_synced",
        "A snapshot is published, and the log behind it dropped, before its bytes are on disk.",
        "storage/snapshots.py: a file under its published name is complete and durable",
        (Edit(SnapshotWriter.finish, "    self._file.sync()\n", ""),),
    ),
    Mutant(
        "rename_without_directory_sync",
        "A snapshot gets its name, and the log behind it is dropped, before the directory is on disk.",
        "storage/snapshots.py: a rename is durable only once the directory is",
        (Edit(SnapshotStore._publish, "        self._disk.sync_directory(SNAPSHOTS)\n", ""),),
    ),
    Mutant(
        "compaction_drops_too_much",
        "A snapshot that is durable lets the whole log go, with what came after it.",
        "Raft, 7: the log up to the last included index is discarded, and no more",
        (
            Edit(
                raft_snapshots.handle_snapshot_taken,
                "cut = _kept_for_transfers(raft, _tail_start(raft, event.meta.index))",
                "cut = raft.log.last_index",
            ),
        ),
    ),
    Mutant(
        "snapshot_named_by_a_later_index",
        "A snapshot is named by what is applied when it has been built, not by what it holds.",
        "Raft, 7: the last included index is that of the last entry in the state that was saved",
        (
            Edit(
                Snapshots._build,
                "save(index, term, configuration, counted)",
                "save(replica.applied, replica.applied_term, configuration, counted)",
            ),
        ),
    ),
    Mutant(
        "applied_while_a_snapshot_loads",
        "Entries are applied to a machine that is being replaced.",
        "core/effects.py, LoadSnapshot: later Apply effects wait for it",
        (Edit(Driver._apply, "if self._snapshots.loading:", "if False:"),),
    ),
    Mutant(
        "whole_snapshot_asked_for_again",
        "A received snapshot that is all there but not published, as a crash leaves it, is asked for without end.",
        "core/effects.py, WriteSnapshot: when offset + len(data) reaches the size, check and publish; data may be empty",
        (Edit(Incoming.continues, "(size > 0 or offset == self.meta.size)", "size > 0"),),
        liveness=True,
    ),
    Mutant(
        "damaged_snapshot_waits_for_more",
        "A leader whose newest snapshot has rotted takes another only after something was applied: who waits for it may keep that away.",
        "runtime/snapshots.py, read: one that is damaged is replaced",
        (Edit(Snapshots.read, "self._replica.applied >= meta.index", "self._replica.applied > meta.index"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "chunk_taken_out_of_place",
        "Whatever chunk of a snapshot comes next is written where the last one ended, also when one before it was lost.",
        "core/effects.py, WriteSnapshot: an offset that does not continue what is held writes nothing",
        (
            Edit(Incoming.continues, "return offset == self.expected and", "return self.expected is not None and"),
            Edit(
                raft_snapshots.handle_snapshot_chunk,
                "WriteSnapshot(message.meta, message.offset, message.data)",
                "WriteSnapshot(message.meta, (incoming.expected or 0) - size, message.data)",
            ),
        ),
    ),
    Mutant(
        "lost_chunk_never_sent_again",
        "A chunk of a snapshot that was lost, or the answer to it, is waited for without end.",
        "Raft, 5.3 and 7: a leader retries what gets no answer",
        (Edit(Outgoing.silent_since, "return self.flights[0].sent_at if self.flights else None", "return None"),),
        liveness=True,
    ),
    Mutant(
        "silent_peer_keeps_its_place",
        "A peer that falls silent while it is sent a snapshot goes on counting as one of the few that are served, and others wait for it.",
        "algorithms/raft/snapshot_sending.py: a dead peer must not keep the others waiting",
        (
            Edit(
                snapshot_sending._give_places,
                "outgoing.served = outgoing.served and not silent",
                "outgoing.served = outgoing.served",
            ),
        ),
        liveness=True,
    ),
    Mutant(
        "rate_allows_one_chunk_only",
        "What a chunk of a snapshot costs is never paid off: at a limited rate nothing is sent after the first one.",
        "algorithms/raft/snapshot_sending.py: all transfers share one rate, and go on at it",
        (
            Edit(
                snapshot_sending.send_chunks,
                "while raft.now >= raft.snapshot_paid_at:",
                "while not raft.snapshot_paid_at:",
            ),
        ),
        liveness=True,
    ),
    Mutant(
        "full_window_hides_compaction",
        "Whether the window is full is asked before whether the entry that is needed next is still there.",
        "algorithms/raft/sending.py: what fills it may have been lost, and no heartbeat asks for what is compacted (found by a storm)",
        (
            Edit(
                sending.send_entries,
                "        prev_term = raft.log.term_at(progress.next - 1)\n",
                "        if progress.window_full(config.inflight_messages, config.inflight_bytes):\n"
                "            return\n"
                "        prev_term = raft.log.term_at(progress.next - 1)\n",
            ),
        ),
        liveness=True,
    ),
)
