"""What a node says of itself: to people, to metrics, to the simulator, and to whoever relies on its lease."""

from quorate.algorithms.electing.epoch import token
from quorate.algorithms.electing.state import Electing, Role
from quorate.core.algorithm import Inspection, PeerStatus, Status
from quorate.core.consistency import Standing
from quorate.core.ids import Nanos


def leads_now(state: Electing, now: Nanos) -> bool:
    """Whether this node may act as leader: its promise is on its disk, and its lease, if it needs one, has not ended."""
    if state.role is not Role.LEADER or state.durable < state.promised_at:
        return False
    until = state.deadlines["lease_until"]
    return until is None or now < until


def status(state: Electing, name: str, now: Nanos) -> Status:
    """Plain data for people and metrics. `term` is the token of what this node has promised: it never falls, and it is the leader's
    own while it leads."""
    leads = state.role is Role.LEADER
    return Status(
        name,
        state.me,
        state.role,
        token(state.promised),
        state.leader,
        leads_now(state, now),
        peers=_peers(state, now) if leads else {},
        why="" if state.leader is not None else state.why,
        configuration=state.identity.first_configuration,
    )


def _peers(state: Electing, now: Nanos) -> dict[int, PeerStatus]:
    """With the guard: since the message went out that each has acknowledged."""
    sent = state.lease.sent
    modes = {node: "cut" if node in state.cut else "follows" for node in state.others}
    return {node: PeerStatus(0, modes[node], now - sent[node] if node in sent else None) for node in state.others}


def standing(state: Electing, now: Nanos) -> Standing:
    """The lease, if one is held."""
    guarded = state.settings.guarded and leads_now(state, now)
    return Standing(lease_until=state.deadlines["lease_until"] if guarded else None)


def inspect(state: Electing, details: dict[str, object]) -> Inspection:
    """Everything, for tests and the simulator. `details`: what the algorithm adds."""
    shared = {
        "ready": leads_now(state, state.now),
        "leads": state.role is Role.LEADER,
        "campaigning": state.campaigning,
        "epoch": (state.epoch.counter, state.epoch.node),
        "promised": (state.promised.counter, state.promised.node),
        "max_seen": (state.max_seen.counter, state.max_seen.node),
        "guarded": state.settings.guarded,
        "grants": sorted(state.grants),
        "hold": (state.hold.node, state.hold.until),
        "restart_wait_until": state.restart_wait_until,
        "lease_until": state.deadlines["lease_until"],
        "deadlines": state.deadlines.view(),
        "suspected": state.live.suspected(state.now),
        "cut": sorted(state.cut),
        "freshness": state.freshness,
        "stand_back_until": state.stand_back_until,
    }
    return Inspection(
        node=state.me,
        role=state.role.value,
        term=token(state.promised),
        voted_for=state.promised.node or None,
        leader=state.leader,
        commit=0,
        applied=0,
        durable=0,
        start_index=0,
        start_term=0,
        snapshot_index=0,
        log=(),
        configurations=(state.identity.first_configuration,),
        details=shared | details,
    )
