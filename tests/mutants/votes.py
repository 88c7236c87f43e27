"""Bugs of terms and elections."""

from mutants.mutant import Edit, Mutant
from quorate.algorithms.logged import quorum
from quorate.algorithms.raft import election, raft, roles
from quorate.algorithms.raft.state import RaftState

VOTES = (
    Mutant(
        "vote_not_persisted",
        "The vote is not written with the term: after a restart a node votes a second time.",
        "Raft, Figure 2: votedFor is persistent state, on disk before the reply",
        (Edit(RaftState.persist, "RaftHardState(self.term, self.voted_for)", "RaftHardState(self.term)"),),
    ),
    Mutant(
        "term_not_persisted",
        "A term learned from others is written only when a vote is: a restarted node is back in an older term.",
        "Raft, Figure 2: currentTerm is persistent state",
        (Edit(RaftState.adopt_term, "    self._hard_state_dirty = True\n", ""),),
    ),
    Mutant(
        "double_vote",
        "A node votes for every candidate of a term that asks.",
        "Raft, 5.2: at most one vote in a term, first come, first served",
        (
            Edit(election.handle_vote_request, "raft.voted_for not in (None, sender)", "False"),
            Edit(
                RaftState.vote_for,
                'raise InvariantError(f"already voted for {self.voted_for} in term {self.term}, not {candidate}")',
                "self.voted_for = None",
            ),
        ),
    ),
    Mutant(
        "vote_forgotten_on_step_down",
        "A node that becomes a follower again within its term takes its vote back.",
        "Raft, Figure 2: votedFor is null only if it has not voted in the current term",
        (Edit(roles.become_follower, "    raft.votes = {}\n", "    raft.votes = {}\n    raft.voted_for = None\n"),),
    ),
    Mutant(
        "up_to_date_by_length",
        "The longer log wins the vote, whatever the term of its last entry.",
        "Raft, 5.4.1: the log whose last entry has the later term is more up to date",
        (
            Edit(
                RaftState.log_is_current,
                "(last_term, last_index) >= (self.log.last_term, self.log.last_index)",
                "last_index >= self.log.last_index",
            ),
        ),
    ),
    Mutant(
        "up_to_date_by_term",
        "The later last term wins the vote, and a shorter log of the same term wins as well.",
        "Raft, 5.4.1: of two logs that end with the same term the longer one is more up to date",
        (
            Edit(
                RaftState.log_is_current,
                "(last_term, last_index) >= (self.log.last_term, self.log.last_index)",
                "last_term >= self.log.last_term",
            ),
        ),
    ),
    Mutant(
        "leader_ignores_higher_term",
        "A leader treats messages of a later term as if they were of its own, and goes on leading.",
        "Raft, 5.1: a leader that finds its term out of date becomes a follower at once",
        (
            Edit(
                raft.handle_received,
                "    _adopt_newer_term(raft, sender, message)\n",
                "    if raft.role is not Role.LEADER:\n            _adopt_newer_term(raft, sender, message)\n",
            ),
        ),
    ),
    Mutant(
        "votes_of_an_older_campaign_counted",
        "A late vote counts for whatever campaign is under way when it arrives.",
        "Raft, 5.2: a vote is for one candidate in one term",
        (Edit(election.count, "raft.role is role and for_term == raft.campaign_term", "raft.role is role"),),
    ),
    Mutant(
        "pre_vote_counted_as_vote",
        "The answer to a pre-vote that comes after the campaign has begun counts as a vote.",
        "Raft dissertation, 9.6: a pre-vote is no vote, and nothing of it is on the voter's disk",
        (Edit(election.handle_pre_vote_reply, "Role.PRE_CANDIDATE", "raft.role"),),
    ),
    Mutant(
        "pre_vote_raises_the_term",
        "Whoever is asked for a pre-vote moves to the term in question, a leader too, and keeps its role.",
        "Raft dissertation, 9.6: a pre-vote changes neither term nor vote",
        (
            Edit(
                election.handle_pre_vote_request,
                "    reason = why_sticky(raft, sender)\n",
                "    reason = why_sticky(raft, sender)\n"
                "    if message.for_term > raft.term:\n"
                "        raft.adopt_term(message.for_term)\n",
            ),
        ),
    ),
    Mutant(
        "vote_while_sticky",
        "A node that hears a leader does not move to the candidate's term, but grants the vote all the same.",
        "Raft dissertation, 4.2.3: a vote request within the least election timeout is neither granted nor adopted",
        (
            Edit(
                election.handle_vote_request,
                "message.term > raft.term:\n        reason = why_sticky(raft, sender)",
                'message.term > raft.term:\n        reason = ""',
            ),
        ),
    ),
    Mutant(
        "campaign_before_the_own_vote_is_durable",
        "A candidate asks, and counts itself, before its own vote is on disk.",
        "Raft, Figure 2: persistent state is updated before responding to, or sending, RPCs",
        (
            Edit(
                election.become_candidate,
                "    raft.votes = {}\n",
                "    raft.votes = {raft.me: True}\n"
                "    for peer in raft.peers:\n"
                "        from quorate.core.effects import Send\n"
                "        request = VoteRequest(raft.term, raft.log.last_index, raft.log.last_term)\n"
                "        raft.out.append(Send(peer, request))\n",
            ),
        ),
    ),
    Mutant(
        "elected_by_half",
        "Half of the nodes elect a leader.",
        "Raft, 5.2: a candidate wins with votes of a majority of the servers in the full cluster",
        (Edit(quorum.tally, "need = quorum_size(voters)", "need = len(voters) // 2"),),
    ),
)
