"""Bugs between a client and the log: what callers are told, and how a batch comes to be applied once."""

from mutants.mutant import Edit, Mutant
from quorate.algorithms.raft import proposals as raft_proposals
from quorate.algorithms.raft import roles
from quorate.machines.session_table import SessionTable
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.driver import Driver
from quorate.runtime.proposals import Proposals

PROPOSALS = (
    Mutant(
        "no_deduplication",
        "A batch that comes a second time is applied a second time.",
        "Raft, 8; dissertation, 6.3: a server that gets a serial number it has executed answers without executing it again",
        (
            Edit(
                SessionedMachine._apply_batch,
                "stored = session.results.get(sequence)",
                "stored = None",
            ),
        ),
    ),
    Mutant(
        "session_expires_too_soon",
        "What is known of a node's batches is forgotten as soon as another node's batch is applied.",
        "Raft dissertation, 6.3: a session that still may get a retry must not expire",
        (
            Edit(
                SessionTable.enter,
                "    key = (identity.node, identity.disk)\n",
                "    key = (identity.node, identity.disk)\n"
                "    for other in list(self._sessions):\n"
                "        if other != key:\n"
                "            del self._sessions[other]\n",
            ),
        ),
    ),
    Mutant(
        "callers_get_the_first_ones_results",
        "Every caller of a shared batch is given results from the start of the batch.",
        "core/outcome.py: Applied holds the results of the caller's own commands",
        (
            Edit(Proposals.applied, "call.tell(results[start], index)", "call.tell(results[0], index)"),
            Edit(Proposals.applied, "else results[start:end]", "else results[: end - start]"),
        ),
    ),
    Mutant(
        "answer_matched_by_sequence_alone",
        "A node answers its caller when it applies a batch with that sequence, of whichever node.",
        "machines/sessions.py: a batch is known by (session, sequence), never by its number alone",
        (
            Edit(
                Driver._apply_entries,
                "applied is not None and applied.session == session",
                "applied is not None",
            ),
        ),
    ),
    Mutant(
        "retry_under_a_new_sequence",
        "A batch that is proposed again gets a new sequence, so both copies are applied.",
        "Raft, 8; dissertation, 6.3: a command that is retried keeps its serial number",
        (
            Edit(
                Proposals.due,
                "yield self._propose(pending)",
                "del self._pending[pending.sequence]\n"
                "            self._last_sequence += 1\n"
                "            pending.sequence = self._last_sequence\n"
                "            commands = [command for call in pending.calls for command in call.commands]\n"
                "            pending.data = encode_batch(Batch(self.session, pending.sequence, self.floor, commands))\n"
                "            self._pending[pending.sequence] = pending\n"
                "            yield self._propose(pending)",
            ),
        ),
    ),
    Mutant(
        "lost_sight_told_as_refused",
        "A proposal whose leader was lost counts as refused.",
        "core/effects.py: what the algorithm lost sight of is Unresolved; it may be applied, or never",
        (
            Edit(
                roles.forget_what_the_leader_owes,
                "        raft.out.append(Unresolved(sequence, reason))\n",
                "        from quorate.core.effects import Rejected\n\n"
                "        raft.out.append(Rejected(sequence, reason, raft.leader))\n",
            ),
        ),
    ),
    Mutant(
        "uncertain_batch_told_as_not_applied",
        "A caller whose time runs out while its batch waits for another try is told that it was not applied.",
        "core/outcome.py: NotApplied is certain; a batch of which a copy may be in some log is Unknown",
        (Edit(Proposals._verdict, "pending.proposed or pending.uncertain", "pending.proposed"),),
    ),
    Mutant(
        "not_applied_said_of_a_batch_that_lives_on",
        "One caller of a shared batch is told that it was not applied, while the batch is proposed again for another.",
        "core/outcome.py: NotApplied is certain, also of what is still to come",
        (
            Edit(
                Proposals._expire,
                'Unknown("timeout") if open_calls else self._verdict(pending, "timeout")',
                'self._verdict(pending, "timeout")',
            ),
        ),
    ),
    Mutant(
        "late_forward_taken",
        "A leader takes a forwarded batch whose number it has passed, after it, or a later one, was refused.",
        "algorithms/raft/messages.py, Forward: a leader takes none out of order, so that a refusal is final",
        (
            Edit(
                raft_proposals.handle_forward,
                "(message.incarnation, message.number) <= raft.forward_seen.get(sender, (0, 0))",
                "False",
            ),
        ),
    ),
    Mutant(
        "waits_in_a_circle_without_a_leader",
        "A batch that is due while there is no leader stays due, and the node looks again at once, for ever.",
        "runtime/proposals.py: without a leader a batch waits for news of one",
        (
            Edit(
                Proposals.due,
                "            pending.proposed = False\n            pending.retry_at = None\n",
                "            pending.proposed = False\n",
            ),
        ),
        liveness=True,
    ),
)
