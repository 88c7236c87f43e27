"""What an operator is told whose request was not carried out: by reason, in words, with the remedy."""

from __future__ import annotations

from quorate.core.errors import RequestFailedError
from quorate.server.problem import GrpcCode, ProblemBody, ProblemError, unavailable, unsupported

_WAIT_FOR_LEADER = "ask again shortly; GET /v1/why says why there is no leader that is ready"

_TRY_AGAIN = {
    "no_leader": ("the cluster has no leader now", _WAIT_FOR_LEADER),
    "not_leader": ("leadership is moving", "ask again shortly"),
    "stale_term": ("leadership is moving", "ask again shortly"),
    "not_ready": ("the leader is new, and has not yet committed an entry of its term", _WAIT_FOR_LEADER),
    "busy": ("too many requests of operators are under way", "wait for those, then ask again"),
    "stopping": ("this node is stopping", "ask another node"),
    "transferring": (
        "leadership is being handed over",
        "ask again shortly: that ends within an election timeout; GET /v1/why says to whom, and what it waits for",
    ),
    "removed": ("this node is no member of the cluster any more", "ask another node"),
    "leadership_lost": ("leadership moved while it was under way", "ask again shortly"),
    "change_under_way": (
        "another change of members is not finished yet",
        "ask again shortly; GET /v1/members shows it, and who does not answer: that may be what it waits for",
    ),
    "failed": ("this node has failed", "ask another node; this node's log names the cause and the remedy"),
}
"""Reasons that time, or another node, cures."""

_SETTLED = {
    "leads_already": ("the node that is to lead leads already", "nothing is to be done"),
    "leads_not": ("the node that is to step down does not lead", "nothing is to be done"),
    "not_a_voter": (
        "the node that is to lead is no voter of this cluster",
        "name one of the voters; GET /status lists them as the leader's peers",
    ),
    "outranked": (
        "a node of higher rank is alive, and would take leadership back at once",
        "stop that node; or let a leader stay for a while, min_tenure_ms (with the guard), or for good, preempt = false; then ask again",
    ),
    "target_silent": (
        "the node that is to lead has not answered the leader for an election timeout",
        "start it, or mend its network, or name another node",
    ),
    "target_too_old": (
        "the release of the node that is to lead is too old to take over on request",
        "upgrade it, or name another node; docs/upgrades.md has the order",
    ),
    "leader_too_old": (
        "the leader's release is too old to know this request",
        "upgrade the leader: stopping it makes another node lead; docs/upgrades.md has the order",
    ),
    "member_too_old": (
        "the release of a member is too old to read this in its log",
        "upgrade every member first; docs/upgrades.md has the order",
    ),
    "nobody_answers": (
        "no other node answers the leader, so there is nobody to hand over to",
        "start another node; a leader that stops alone stops the cluster",
    ),
    "timeout": (
        "the target did not take over within an election timeout, and the old leader takes writes again",
        "GET /v1/why?question=slow says what it lacks: ask again once it has caught up, or name another node",
    ),
    "another_was_elected": (
        "another node than the one that was asked for was elected meanwhile",
        "look at the status, and ask again if that one is not to lead",
    ),
    "id_taken": (
        "a member has this id already, with another address or data directory",
        "take an id that was never used; or remove that member first; for another address of the same node, update it",
    ),
    "last_voter": (
        "no voter would be left",
        "keep one; to end the cluster, stop its nodes",
    ),
    "in_no_group": (
        "the new voter is in none of the groups, and would decide nothing",
        "put its id into quorum_groups of all nodes, which takes a restart of each, and ask again",
    ),
    "weighs_nothing": (
        "the node that is to lead weighs nothing, or after this change nobody could decide any more",
        "name another node, or keep a voter that weighs something (quorum_weights, quorum_groups)",
    ),
    "contradiction": ("a node is named twice, or replaces itself", "say once for each node what is to become of it"),
    "configuration_changed": (
        "the members have changed since: the configuration has another index than expected",
        "GET /v1/members has it as it is now; ask again with that index if you still want it",
    ),
    "joint": (
        "a change is half done and waits to be ended",
        "`quorate members leave-joint`, or POST /v1/members/leave-joint, ends it; then ask again",
    ),
    "not_joint": ("no change is half done", "nothing is to be done"),
    "replaced": (
        "another operator asked for another target meanwhile, which goes first",
        "look at the status, and ask again",
    ),
}
"""Reasons for which the same request would be refused again."""


def problem_of_request(error: RequestFailedError) -> ProblemError:
    """The answer: 409 for what was decided, 503 for what may be asked again at once, 504 for what may come to pass yet."""
    reason, _, detail = error.reason.partition(" (")
    reason = detail.rstrip(")") or reason
    if reason == "unsupported":
        return unsupported("this cluster's algorithm cannot do that", "docs/cli.md says what each command needs")
    if error.uncertain:
        return _uncertain(error)
    if reason == "not_a_member":
        message, hint = "the cluster has no member with this id", "GET /v1/members lists those there are"
        return ProblemError(404, ProblemBody(reason, GrpcCode.NOT_FOUND, message, hint, error.hint))
    if reason in _SETTLED:
        message, hint = _SETTLED[reason]
        body = ProblemBody(reason, GrpcCode.FAILED_PRECONDITION, message, hint, error.hint)
        return ProblemError(409, body)
    message, hint = _TRY_AGAIN.get(reason, (f"not carried out: {error.reason}", "look at the status, and ask again"))
    return unavailable(reason, message, f"nothing was changed: {hint}", error.hint)


def _uncertain(error: RequestFailedError) -> ProblemError:
    body = ProblemBody(
        "outcome_unknown",
        GrpcCode.DEADLINE_EXCEEDED,
        f"no answer in time ({error.reason})",
        "it may come to pass yet: look at the status before you ask again",
        error.hint,
    )
    return ProblemError(504, body)
