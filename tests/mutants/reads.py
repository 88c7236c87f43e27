"""Bugs of linearizable reads."""

from mutants.mutant import Edit, Mutant
from quorate.algorithms.raft import reads, replication
from quorate.runtime.driver import Driver

READS = (
    Mutant(
        "read_without_a_round",
        "A leader answers a read without asking anybody whether it still leads.",
        "Raft, 8; dissertation, 6.4: before a read the leader exchanges heartbeats with a majority",
        (
            Edit(
                reads.confirm_reads,
                "        if acknowledged_round(raft) < raft.read_rounds[0].round:\n            return\n",
                "",
            ),
        ),
    ),
    Mutant(
        "read_before_a_commit_of_the_own_term",
        "A new leader takes its commit index for the newest before it has committed anything itself.",
        "Raft, 8; dissertation, 6.4: the leader must have committed an entry of its term before it serves a read",
        (
            Edit(
                reads.start_read_round,
                "not raft.reads_waiting or raft.read_rounds or raft.commit < raft.noop_index",
                "not raft.reads_waiting or raft.read_rounds",
            ),
        ),
    ),
    Mutant(
        "read_joins_a_round_under_way",
        "A read is served by a round that was sent, and by a commit index that was noted, before it came in.",
        "Raft dissertation, 6.4: the commit index is saved after the read came in, and the heartbeats are sent after that",
        (
            Edit(
                reads.admit_read,
                "    raft.reads_waiting.append(request)\n",
                "    if raft.read_rounds:\n"
                "        raft.read_rounds[-1].requests.append(request)\n"
                "        return\n"
                "    raft.reads_waiting.append(request)\n",
            ),
        ),
    ),
    Mutant(
        "answer_to_an_older_round_confirms",
        "Any answer of a follower confirms the newest round, also an answer to a round from before the read.",
        "Raft dissertation, 6.4: what confirms leadership is the answer to a heartbeat sent after the read came in",
        (
            Edit(
                replication.handle_append_reply,
                "progress.round = max(progress.round, message.round)",
                "progress.round = raft.round",
            ),
        ),
    ),
    Mutant(
        "follower_reads_its_own_commit",
        "A follower answers reads by what it knows to be committed.",
        "Raft dissertation, 6.4: a follower asks the leader for a read index",
        (
            Edit(
                reads.handle_read_requested,
                "        raft.remote_reads[read_id] = None\n"
                "        raft.send(raft.leader, ReadIndexRequest(raft.term, raft.identity.incarnation, read_id))\n",
                "        raft.out.append(ReadReady(read_id, raft.commit))\n",
            ),
        ),
    ),
    Mutant(
        "read_answered_before_applied",
        "A read is answered as soon as its index is known, not when the machine has got there.",
        "Raft dissertation, 6.4: the server waits until its state machine has advanced as far as the read index",
        (
            Edit(
                Driver._read_ready,
                "self._reads.applied(self.replica.applied)",
                "self._reads.applied(effect.index)",
            ),
        ),
    ),
    Mutant(
        "lost_answer_holds_its_place",
        "A follower counts a question whose answer was lost as open until the leader changes.",
        "algorithms/raft/reads.py: else a few losses make it refuse every read as busy (found by a storm)",
        (
            Edit(
                reads.handle_read_requested,
                "            oldest = next(iter(raft.remote_reads))\n"
                "            del raft.remote_reads[oldest]\n"
                '            raft.out.append(ReadRefused(oldest, "given_up", raft.leader))\n',
                '            raft.out.append(ReadRefused(read_id, "busy", raft.leader))\n            return\n',
            ),
        ),
        liveness=True,
    ),
)
