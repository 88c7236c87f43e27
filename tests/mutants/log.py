"""Bugs of the follower's side of replication: what an Append may do to a log, and what its answer may say."""

from mutants.mutant import Edit, Mutant
from quorate.algorithms.logged.log import Log
from quorate.algorithms.raft import raft, replication
from quorate.algorithms.raft.state import RaftState

LOG = (
    Mutant(
        "append_of_an_older_term_taken",
        "An Append of a leader of an earlier term is handled like one of the present term.",
        "Raft, Figure 2, AppendEntries 1: reply false if term < currentTerm",
        (
            Edit(
                raft.handle_received,
                "elif message.term < raft.term:",
                "elif message.term < raft.term and not isinstance(message, Append):",
            ),
        ),
    ),
    Mutant(
        "prev_not_checked",
        "Entries are taken if there is anything at all where they are to follow, of whichever term.",
        "Raft, Figure 2, AppendEntries 2: reply false if the log has no entry at prevLogIndex with prevLogTerm",
        (
            Edit(
                replication._prev_matches,
                "raft.log.term_at(message.prev_index) == message.prev_term",
                "raft.log.term_at(message.prev_index) is not None",
            ),
        ),
    ),
    Mutant(
        "truncation_on_a_stale_append",
        "Whatever lies at or behind the first entry of an Append is dropped, though it agrees.",
        "Raft, Figure 2, AppendEntries 3: only an entry that conflicts is deleted, with all that follow it",
        (Edit(replication._store, "if held == entry.term:", "if held == entry.term and entry.index <= raft.commit:"),),
    ),
    Mutant(
        "conflict_kept",
        "An entry of the own log stays, though the leader's entry there has another term.",
        "Raft, Figure 2, AppendEntries 3: an existing entry that conflicts with a new one is deleted",
        (Edit(replication._store, "if held == entry.term:", "if held is not None:"),),
    ),
    Mutant(
        "whole_log_acknowledged",
        "A follower acknowledges all that it has, not what the Append has verified.",
        "Raft, Figure 2 and 5.3: matchIndex is prevLogIndex + the number of entries sent",
        (Edit(replication.handle_append, "match=verified", "match=raft.log.last_index"),),
    ),
    Mutant(
        "commit_beyond_what_was_verified",
        "A follower commits as far as the leader says, on what its own log happens to hold.",
        "Raft, Figure 2, AppendEntries 5: commitIndex = min(leaderCommit, index of last new entry)",
        (
            Edit(
                replication.handle_append,
                "min(message.commit, verified)",
                "min(message.commit, raft.log.last_index)",
            ),
        ),
    ),
    Mutant(
        "ok_before_the_entries_are_durable",
        "A follower answers first and writes afterwards.",
        "Raft, Figure 2: persistent state is updated on stable storage before responding to RPCs",
        (
            Edit(
                replication.handle_append,
                "    if fresh or truncate_from is not None:\n"
                "        raft.persist(entries=fresh, truncate_from=truncate_from)\n"
                "    raft.send(sender, reply)\n",
                "    raft.send(sender, reply)\n"
                "    if fresh or truncate_from is not None:\n"
                "        raft.persist(entries=fresh, truncate_from=truncate_from)\n",
            ),
        ),
    ),
    Mutant(
        "write_vouches_for_what_was_cut",
        "A write that was under way when its entries were cut off still counts for those that have taken their place.",
        "docs/raft.md, what is durable before what: a write vouches only for entries that are still those it wrote",
        (
            Edit(
                RaftState.truncate_from,
                "    self._writes = deque((position, min(last, index - 1)) for position, last in self._writes)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "later_writes_counted_early",
        "When one write is durable, everything that is still being written counts as durable.",
        "core/effects.py: Persisted(position) is said of every Persist up to that position",
        (Edit(RaftState.written, "while self._writes and self._writes[0][0] <= position:", "while self._writes:"),),
    ),
    Mutant(
        "commit_hint_of_the_whole_log",
        "The commit index that is written down for a restart covers all entries, committed or not.",
        "core/durable.py: the hint is never above what was committed",
        (
            Edit(
                RaftState.write,
                "commit=min(self.commit, self.log.last_index)",
                "commit=self.log.last_index",
            ),
        ),
    ),
    Mutant(
        "compacted_with_the_term_of_the_next",
        "After a compaction the log begins with the term of the entry after the one that was dropped last.",
        "Raft, 7: the snapshot's last included term is that of the entry at its last included index",
        (Edit(Log.compact, "term = self.term_at(index)", "term = self.term_at(index + 1) or self.term_at(index)"),),
    ),
)
