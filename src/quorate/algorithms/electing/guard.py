"""The majority guard: what a member grants, and what makes a claim good.

Theory of operation. Promise: a member grants one node a counter, never a lower one again, and its promise is durable before it answers.
Two majorities share a member, so a counter has one leader at most, and later leaders have higher counters. Hold: a member refuses everybody
but the leader that it has heard within the election timeout; it forgets that when it restarts, so then it refuses everybody for as long.
A leader therefore is alone for a while after each message that a majority acknowledged: `lease.py`.
"""

import msgspec

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.flapping import outranks, preempts
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.roles import block, follow_nobody, let_go
from quorate.algorithms.electing.state import Electing, Role
from quorate.core.ids import Nanos, NodeId


class Refusal(msgspec.Struct, frozen=True):
    """`why`: `promised` (a later claim, or another of that counter), `leads`, `restarted`, `held`, `fresher` or `outranked`.
    `hold_ns`: for so long at least the answer stays the same."""

    why: str
    hold_ns: Nanos = 0


def observe_restart(state: Electing) -> None:
    """At the start. The process before this one may have held to a leader just before it died, and nobody knows; one that never
    promised anything never did."""
    if state.settings.guarded and state.promised != NEVER:
        state.restart_wait_until = state.now + state.settings.failure_ns


def refusal(state: Electing, claimant: NodeId, epoch: Epoch, rank: Rank) -> Refusal | None:
    """Why `claimant` may not lead `epoch`, as far as this member is concerned; None: it grants."""
    if epoch.counter <= state.promised.counter and epoch != state.promised:
        return Refusal("promised")
    if state.role is Role.LEADER:
        return Refusal("leads", state.settings.failure_ns)
    if state.now < state.restart_wait_until:
        return Refusal("restarted", state.restart_wait_until - state.now)
    if left := state.hold.left(claimant, state.now):
        return Refusal("held", left)
    if rank.freshness < state.rank.freshness:
        return Refusal("fresher")
    if preempts(state) and outranks(state, rank) and not state.hold.nominates(claimant):
        return Refusal("outranked")
    return None


def grant(state: Electing, claimant: NodeId, epoch: Epoch) -> None:
    """Promise, durably, and hold to the claimant. Its claim may still fail, so no leader is named before it is heard to lead. An own
    claim is thereby over: who grants another must not count itself."""
    let_go(state)
    state.promise(epoch)
    state.epoch = epoch
    follow_nobody(state)
    state.hold.take(claimant, epoch, state.now + state.settings.failure_ns)
    state.why = f"it has granted node {claimant} its claim, and waits to hear it lead"


def barred(state: Electing) -> Refusal | None:
    """Why this node may not claim now; None: it may. Its own claim is bound by its own hold, and by its own restart."""
    if state.now < state.restart_wait_until:
        return Refusal("restarted", state.restart_wait_until - state.now)
    if left := state.hold.left(state.me, state.now):
        return Refusal("held", left)
    return None if state.reaches_majority else Refusal("unreachable")


def open_claim(state: Electing) -> bool:
    """Promise the next epoch to oneself. With the guard it may turn out that this node must not claim: then it is BLOCKED, and False is
    returned. After it the caller asks the others; with the guard `note_grant` and `has_won` tell the rest."""
    if state.settings.guarded and (bar := barred(state)) is not None:
        block(state, bar.why, bar.hold_ns)
        return False
    state.promise(state.next_epoch)
    state.epoch = state.promised
    state.claimed_at = state.now
    state.lease.begin()
    state.grants = {state.me}
    return True


def note_grant(state: Electing, member: NodeId) -> None:
    """`member` has granted the present claim, which went out at `claimed_at`."""
    if member in state.others:
        state.grants.add(member)
        state.lease.acknowledge(member, state.claimed_at)


def has_won(state: Electing) -> bool:
    """Whether self and grants are a majority, and the lease that goes with it has not ended: then the lease begins."""
    if len(state.grants) < state.majority:
        return False
    return renew_lease(state) > state.now


def renew_lease(state: Electing) -> Nanos:
    """A leader's, or a winner's, lease ends when so many acknowledgments say; returns when. Without a majority it ends now."""
    until = state.lease.until(state.now, state.majority, state.settings.lease_ns)
    if until is None or until <= state.now:
        return state.now
    state.deadlines.set("lease_until", until)
    return until
