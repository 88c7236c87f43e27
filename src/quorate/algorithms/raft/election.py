"""Elections: PreVote, votes, and the short way when the leader's process has died. Both sides of each message.

A follower that hears no leader asks first whether it could win (PreVote): that changes no term and no vote, so a node that only its own
link cut off cannot unseat a working leader. With a majority of yeses it raises its term, votes for itself, and asks for real.
"""

from quorate.algorithms.logged.quorum import Tally, joint_tally, quorum_size
from quorate.algorithms.raft.messages import PreVoteReply, PreVoteRequest, VoteReply, VoteRequest
from quorate.algorithms.raft.roles import become_follower, hears_leader
from quorate.algorithms.raft.sending import append_as_leader
from quorate.algorithms.raft.snapshots import not_needed
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.entry import EntryKind
from quorate.core.ids import MILLISECOND, NodeId, Term

LED = "leader_alive"
"""Why a vote is refused by a node that hears a leader."""

RETRY_WAIT_MS = 30
"""After a fast campaign that decided nothing: long enough for the others to have seen the same break, short beside the election timeout."""


def handle_election_timeout(raft: RaftState) -> None:
    """The wait for a leader, or a campaign, is over."""
    timeout = raft.config.election_timeout_ns
    if raft.role is Role.FOLLOWER and raft.now - raft.election_deadline > timeout // 4:
        # The process was not running: nobody can have been heard meanwhile, so the silence proves nothing.
        raft.explain("overslept", late_ns=raft.now - raft.election_deadline)
        raft.reset_election_deadline()
        return
    if raft.incoming is not None and not not_needed(raft, raft.incoming.meta):
        # What the snapshot covers is committed and not here, so whoever has it would refuse us. What was received is kept: the
        # next leader may go on with it.
        raft.explain("snapshot_awaited", digest=raft.incoming.meta.digest, offset=raft.incoming.offset)
        raft.why = "its leader fell silent while sending a snapshot; without the rest of it this node cannot lead"
        become_follower(raft, None)
    if not raft.may_campaign:
        raft.reset_election_deadline()
        return
    if raft.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        raft.explain("campaign_timed_out", role=raft.role.value, term=raft.term)
    become_pre_candidate(raft)


def become_pre_candidate(raft: RaftState) -> None:
    """Ask all other voters whether they would vote for us in the next term. Term and vote stay untouched."""
    become_follower(raft, None)
    raft.role = Role.PRE_CANDIDATE
    raft.campaign_term = raft.term + 1
    raft.votes = {raft.me: True}
    raft.refusals = {}
    raft.asked_at = raft.now
    raft.reset_election_deadline()
    raft.why = f"asking the other nodes whether it could win term {raft.campaign_term}"
    raft.explain("pre_vote_started", for_term=raft.campaign_term, suspect=raft.suspect)
    for peer in sorted(raft.voters - {raft.me}):
        _ask(raft, peer)
    decide(raft)


def become_candidate(raft: RaftState, *, transfer: bool = False) -> None:
    """Raise the term, vote for ourselves, and ask once that is durable (paper, section 5.2). `transfer`: the leader wants it."""
    raft.role = Role.CANDIDATE
    raft.adopt_term(raft.term + 1)
    raft.vote_for(raft.me)
    raft.campaign_term = raft.term
    raft.campaign_ordered = transfer
    raft.votes = {}
    raft.own_vote_position = raft.persist()
    raft.reset_election_deadline()
    raft.why = f"campaigning for term {raft.term}"
    raft.explain("campaign_started", term=raft.term)
    for peer in sorted(raft.voters - {raft.me}):
        _ask(raft, peer)


def _ask(raft: RaftState, peer: NodeId) -> None:
    log = raft.log
    if raft.role is Role.PRE_CANDIDATE:
        raft.send(peer, PreVoteRequest(raft.term, raft.campaign_term, log.last_index, log.last_term))
    else:
        raft.send(peer, VoteRequest(raft.term, log.last_index, log.last_term, raft.campaign_ordered))


def ask_again(raft: RaftState, peer: NodeId) -> None:
    """A voter's link is new: what it was asked before is lost with the old one, or never left. Without this a node that had just
    restarted when the leader died, and alone has the newest log, would sit out an election timeout."""
    if raft.role in (Role.PRE_CANDIDATE, Role.CANDIDATE) and peer in raft.voters and peer not in raft.votes:
        _ask(raft, peer)


def become_leader(raft: RaftState) -> None:
    """Won. An entry of the own term goes out at once: only entries of its own term can a leader commit by counting, and they
    bring the earlier ones along (paper, sections 5.4.2 and 8)."""
    raft.role = Role.LEADER
    raft.suspect = None
    raft.incoming = None
    raft.forward_seen = {}
    raft.forwarded = {}
    raft.next_round()
    raft.progress = {}
    raft.follow_progress(raft.log.last_index + 1)
    raft.quorum_check_at = raft.now + raft.config.election_timeout_ns
    raft.uncommitted_bytes = sum(len(e.data) for e in raft.log.between(raft.commit + 1, raft.log.last_index))
    raft.why = ""
    raft.announce_leader(raft.me)
    raft.explain("leader_elected", term=raft.term, last_index=raft.log.last_index)
    raft.noop_index = append_as_leader(raft, EntryKind.NOOP, b"", 0)


def count_own_vote(raft: RaftState) -> None:
    """Our own vote counts once it is on disk, if this is still the candidacy it was given for."""
    if raft.role is Role.CANDIDATE and raft.voted_for == raft.me:
        raft.votes[raft.me] = True
        decide(raft)


def decide(raft: RaftState) -> None:
    """See how the campaign stands after an answer."""
    silent = raft.unreachable
    match raft.role, joint_tally(raft.voter_sets, raft.votes, silent):
        case Role.PRE_CANDIDATE, Tally.WON:
            become_candidate(raft)
        case Role.CANDIDATE, Tally.WON:
            become_leader(raft)
        case ((Role.PRE_CANDIDATE | Role.CANDIDATE), Tally.LOST):
            raft.explain("campaign_lost", term=raft.campaign_term, role=raft.role.value)
            raft.why = f"lost the campaign for term {raft.campaign_term}: too few of the other nodes could or would vote for it"
            become_follower(raft, None)
            wait_for_next_campaign(raft)


def wait_for_next_campaign(raft: RaftState) -> None:
    """After a lost campaign: soon, while the leader's process is known to have died, or all have just started and nobody knows of a
    leader; else a whole timeout."""
    raft.reset_election_deadline()
    orphaned = raft.suspect is not None and raft.now - raft.suspected_at < raft.config.election_timeout_ns
    if orphaned or (raft.now < raft.new_until and not any(reason == LED for _, reason in raft.refusals.values())):
        raft.campaign_within(RETRY_WAIT_MS)


def expect_to_meet_others(raft: RaftState) -> None:
    """At a start: for an election timeout, meeting a quorum is a reason to campaign; who is one alone need wait for nobody."""
    if raft.config.fast_failover:
        raft.new_until = raft.now + raft.config.election_timeout_ns
        campaign_when_met(raft)


def campaign_when_met(raft: RaftState) -> None:
    """A process that has just started, has heard of no leader and meets the others does not sit out the election timeout: that is there
    to notice that a leader has gone. A leader would greet whom it meets; if it is among those who are not met yet, a pre-vote is refused
    and disturbs nobody."""
    if raft.now >= raft.new_until or raft.role is not Role.FOLLOWER or not raft.may_campaign:
        return
    met = {raft.me} | raft.heard_at.keys()
    if all(voters <= met for voters in raft.voter_sets):
        raft.campaign_within(raft.config.fast_failover_wait_ms)
        raft.election_deadline += raft.config.fast_failover_wait_ms * MILLISECOND
    elif all(len(voters & met) >= quorum_size(voters) for voters in raft.voter_sets):
        raft.election_deadline = min(
            raft.election_deadline,
            raft.now + 2 * raft.config.heartbeat_ns + raft.random.randrange(raft.config.heartbeat_ns),
        )


def handle_pre_vote_request(raft: RaftState, sender: NodeId, message: PreVoteRequest) -> None:
    """Would we vote for the sender? Answering changes nothing here: not term, vote, deadline or role."""
    reason = why_sticky(raft, sender)
    if not reason and message.for_term <= raft.term:
        free = message.for_term == raft.term and raft.voted_for in (None, sender) and raft.role is not Role.LEADER
        reason = "" if free else "stale_term"
    if not reason and not raft.log_is_current(message.last_index, message.last_term):
        reason = "log_behind"
    raft.send(sender, PreVoteReply(raft.term, message.for_term, not reason, reason))
    if reason:
        raft.explain("pre_vote_refused", candidate=sender, for_term=message.for_term, why=reason)


def handle_vote_request(raft: RaftState, sender: NodeId, message: VoteRequest) -> None:
    """At most one vote a term, first come, and only for a log as current as ours (paper, Figure 2, RequestVote).

    Membership never decides: whoever is asked may vote. The request's term was already adopted, unless stickiness forbade it.
    """
    reason = ""
    if message.term < raft.term:
        reason = "stale_term"
    elif message.term > raft.term:
        reason = why_sticky(raft, sender)
    elif raft.voted_for not in (None, sender):
        reason = "already_voted"
    elif raft.voted_for is None and bound_by_lease(raft, sender, message):
        reason = why_sticky(raft, sender)
    elif not raft.log_is_current(message.last_index, message.last_term):
        reason = "log_behind"
    if reason:
        raft.explain("vote_refused", candidate=sender, term=message.term, why=reason)
    else:
        raft.vote_for(sender)
        raft.reset_election_deadline()
    raft.send(sender, VoteReply(raft.term, message.term, not reason, reason))


def bound_by_lease(raft: RaftState, sender: NodeId, message: VoteRequest) -> bool:
    """Whether a lease may rest on our silence in a term that we have already moved to. The term may have come from anywhere, and since a
    leader was heard. Without leases a vote need not wait: safety rests on votes alone."""
    return raft.config.lease_reads and not message.transfer and bool(why_sticky(raft, sender))


def why_sticky(raft: RaftState, sender: NodeId) -> str:
    """Why a request to replace the leader is refused without a look at it; empty when it is not.

    The very leader we heard is exempt: it knows best that it does not lead any more.
    """
    if raft.now < raft.fresh.promised_until:
        return "restarted"
    if sender != raft.leader and hears_leader(raft):
        return LED
    return ""


def handle_pre_vote_reply(raft: RaftState, sender: NodeId, message: PreVoteReply) -> None:
    """Counts only for the pre-vote that asked, and never as a vote."""
    count(raft, Role.PRE_CANDIDATE, sender, message.for_term, granted=message.granted, reason=message.reason)


def handle_vote_reply(raft: RaftState, sender: NodeId, message: VoteReply) -> None:
    """Counts only for the candidacy that asked."""
    count(raft, Role.CANDIDATE, sender, message.for_term, granted=message.granted, reason=message.reason)


def count(raft: RaftState, role: Role, sender: NodeId, for_term: Term, *, granted: bool, reason: str = "") -> None:
    """Note one answer, once per voter, if it belongs to the present campaign."""
    if raft.role is role and for_term == raft.campaign_term and sender in raft.voters:
        raft.votes.setdefault(sender, granted)
        if not granted:
            raft.refusals[sender] = (for_term, reason)
        decide(raft)


def handle_peer_unreachable(raft: RaftState, peer: NodeId) -> None:
    """The peer's process is gone. If it was our leader, do not sit out the election timeout: its contact no longer counts, neither for
    our own campaign nor against others'. Safety rests on votes alone, which look at no clock."""
    raft.unreachable.add(peer)
    if raft.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        decide(raft)
        return
    if not raft.config.fast_failover or raft.role is not Role.FOLLOWER or raft.leader != peer:
        return
    raft.suspect = peer
    raft.suspected_at = raft.now
    raft.leader_contact = None
    raft.why = (
        f"node {peer}, the leader, closed its connection and refuses new ones: its process has died; electing another"
    )
    raft.explain("leader_suspected", leader=peer)
    raft.campaign_within(raft.config.fast_failover_wait_ms)
