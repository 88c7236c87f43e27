"""Bugs of handing leadership over."""

from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.logged import handing_over
from quorate.algorithms.raft import election, transfer

TRANSFER = (
    Mutant(
        "target_takes_over_without_votes",
        "The node that is told to campaign leads the next term at once, because the old leader has asked for it.",
        "Raft dissertation, 3.10: the target starts an election as if its timeout had passed, and must win it",
        (
            Edit(
                transfer.handle_timeout_now,
                "    become_candidate(raft, transfer=True)\n",
                "    become_candidate(raft, transfer=True)\n"
                "    from quorate.algorithms.raft.election import become_leader\n"
                "    become_leader(raft)\n",
            ),
        ),
    ),
    Mutant(
        "vote_for_a_transfer_whatever_the_log",
        "A candidate that campaigns at the leader's word gets votes without a look at its log.",
        "Raft, 5.4.1, and dissertation, 3.10: an order that comes late finds the target behind, and only votes keep it from leading",
        (
            Edit(
                election.handle_vote_request,
                "not raft.log_is_current(message.last_index, message.last_term)",
                "not message.transfer and not raft.log_is_current(message.last_index, message.last_term)",
            ),
        ),
    ),
    Mutant(
        "second_vote_for_a_transfer",
        "A candidate that campaigns at the leader's word gets a vote that was given to another in that term.",
        "Raft, 5.2: at most one vote in a term, first come, first served",
        (
            Edit(
                election.handle_vote_request,
                '    reason = ""\n',
                '    reason = ""\n'
                "    if message.transfer and message.term == raft.term and raft.voted_for not in (None, sender):\n"
                "        raft.send(sender, VoteReply(raft.term, message.term, True))\n"
                "        return\n",
            ),
        ),
    ),
    Mutant(
        "transfer_never_ends",
        "A leader whose target does not take over waits for it for ever, and takes no proposals.",
        "Raft dissertation, 3.10: if the transfer does not complete after about an election timeout, the leader resumes",
        (Edit(handing_over.expire_transfer, "keeper.now >= keeper.transfer.deadline", "False"),),
    ),
)

ABSENT_TRANSFER = (
    Absent(
        "proposals are taken during a transfer",
        "costs time only: the target is told to campaign later or never, and votes keep what is committed; "
        "tests/scenarios/test_transfer.py holds it to rule R11.",
    ),
    Absent(
        "target told to campaign before it has the log",
        "loses the election, and the cluster its leader for a moment: nobody with more entries votes for it; "
        "`vote_for_a_transfer_whatever_the_log` takes that away.",
    ),
    Absent(
        "order to campaign obeyed by one who is no follower, or of another than its leader",
        "is a campaign out of turn, which anybody may begin at any time: votes decide. It disturbs a working leader, and "
        "tests/scenarios/test_transfer.py says no to it.",
    ),
    Absent(
        "voters that hear the old leader refuse the target",
        "makes transfers slow: the old leader steps down at the candidate's newer term, and an election follows; "
        "tests/scenarios/test_transfer.py has it take no wait.",
    ),
    Absent(
        "second request for the same target prolongs the transfer",
        "shows only as long as somebody goes on asking, and storms end in a calm; tests/scenarios/test_transfer.py asks twice.",
    ),
)
