"""The one door: every event comes in here, envelopes are acknowledged and looked at here, and the effects go out."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeAlias

from quorate.algorithms.electing.detector import listen
from quorate.algorithms.electing.door import (
    RELOADABLE,
    Door,
    handle_connected,
    handle_disconnected,
    handle_unreachable,
)
from quorate.algorithms.electing.epoch import token_words
from quorate.algorithms.electing.flapping import preempts
from quorate.algorithms.electing.grants import grants_of, is_guarded
from quorate.algorithms.electing.messages import Ask, AskReply, Heartbeat, HeartbeatAck, Resign, Takeover
from quorate.algorithms.electing.promise import Promise
from quorate.algorithms.ring import chang_roberts, hirschberg_sinclair, lap, lelann
from quorate.algorithms.ring.campaign import begin, lose_token
from quorate.algorithms.ring.claims import claim_at_once, give_way, handle_ack, handle_elected, stand_alone
from quorate.algorithms.ring.config import RingConfig, VariantName
from quorate.algorithms.ring.hops import handle_hop_ack, is_orphan, pass_over, repair, send_again
from quorate.algorithms.ring.messages import (
    Collect,
    Coordinator,
    Elected,
    Election,
    HopAck,
    Install,
    Probe,
    Pulse,
    Reply,
    Ring,
    Token,
)
from quorate.algorithms.ring.monitor import (
    beat_or_pulse,
    handle_pulse,
    miss_leader,
    miss_predecessor,
    pulse,
    start_monitor,
)
from quorate.algorithms.ring.reasons import REASONS, WARNINGS
from quorate.algorithms.ring.state import RingState
from quorate.algorithms.ring.storms import draw_options, granted, should_lead
from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Effect
from quorate.core.events import PeerConnected, PeerDisconnected, PeerUnreachable
from quorate.core.ids import NodeId

RingMessage: TypeAlias = Ring | HopAck | Heartbeat | HeartbeatAck | Takeover | Resign | Ask | AskReply

SET_OUT: dict[VariantName, Callable[[RingState], None]] = {
    "chang_roberts": chang_roberts.set_out,
    "lap": lap.set_out,
    "lelann": lelann.set_out,
    "hirschberg_sinclair": hirschberg_sinclair.set_out,
}
"""What a variant does to hold an election."""

BODIES: dict[type, Callable[[RingState, Ring, Any], None]] = {
    Election: chang_roberts.handle_election,
    Elected: handle_elected,
    Install: handle_elected,
    Collect: lap.handle_collect,
    Coordinator: lap.handle_coordinator,
    Token: lelann.handle_token,
    Probe: hirschberg_sinclair.handle_probe,
    Reply: hirschberg_sinclair.handle_reply,
    Pulse: handle_pulse,
}
RESULTS = (Elected, Install, Coordinator)
"""Bodies whose epoch is compared with what this node had seen before the envelope came."""


class RingElection(Door[RingState]):
    """One node of the ring. Satisfies `quorate.core.algorithm.Algorithm`."""

    def __init__(self, identity: Identity, config: RingConfig, durable: Durable, random: Random) -> None:
        state = RingState(identity, config, durable, random)
        state.begin = partial(begin, state)
        state.claim = partial(claim_at_once, state)
        state.outbid = partial(give_way, state)
        state.set_out = partial(SET_OUT[config.variant], state)
        super().__init__(
            "ring",
            state,
            on_start=start,
            messages={Ring: handle_ring, HopAck: handle_hop_ack, HeartbeatAck: handle_ack},
            waits={
                "heartbeat_at": beat_or_pulse,
                "victory_by": begin,
                "hop_by": repair,
                "ring_by": lose_token,
                "suspect_at": miss_leader,
                "pulse_at": pulse,
                "watch_by": miss_predecessor,
            },
            events={
                PeerConnected: handle_link,
                PeerDisconnected: handle_broken_link,
                PeerUnreachable: handle_dead_peer,
            },
            details=details,
        )

    def _take_effects(self) -> list[Effect]:
        """Before a step ends, what it found out about the ring itself is seen to."""
        close(self._state)
        return super()._take_effects()


def start(ring: RingState) -> None:
    """B1. With the guard, or where nobody preempts, a node listens first."""
    start_monitor(ring)
    if ring.settings.settled or not preempts(ring):
        listen(ring)
    else:
        begin(ring)


def handle_ring(ring: RingState, sender: NodeId, envelope: Ring) -> None:
    """Acknowledge, whatever is inside and before any write; then see whether it may go on (H5, H6, H7), and what it means."""
    ring.send_at_once(sender, HopAck(ring.boot, envelope.msg_id))
    if envelope.ring_version != ring.settings.ring_version:
        ring.explain("ring_version", initiator=envelope.eid.node, theirs=envelope.ring_version)
        return
    if is_orphan(ring, envelope):
        ring.explain("orphan_dropped", initiator=envelope.eid.node, hops=envelope.hops)
        return
    if not isinstance(envelope.body, RESULTS):
        ring.see(envelope.max_seen)
    BODIES[type(envelope.body)](ring, envelope, envelope.body)


def handle_link(ring: RingState, event: PeerConnected) -> None:
    """H4: whoever connects lives. What it has not acknowledged goes out again on the new link."""
    handle_connected(ring, event)
    send_again(ring, event.peer)


def handle_broken_link(ring: RingState, event: PeerDisconnected) -> None:
    """H3, at once: what was under way to it may be lost."""
    handle_disconnected(ring, event)
    if any(hop.to == event.peer for hop in ring.unanswered.values()):
        pass_over(ring, event.peer)


def handle_dead_peer(ring: RingState, event: PeerUnreachable) -> None:
    """Its process is gone."""
    if event.peer in ring.others:
        pass_over(ring, event.peer)
    handle_unreachable(ring, event)


def close(ring: RingState) -> None:
    """H3, what follows from it. A ring that has lost a node begins anew where both neighbours count; one that has lost all of them is
    this node."""
    if ring.gap:
        ring.gap = False
        if ring.settings.variant == "hirschberg_sinclair" and not ring.alone:
            hirschberg_sinclair.close_gap(ring)
    while ring.alone:
        ring.alone = False
        stand_alone(ring)
    ring.arm_hops()


def details(ring: RingState) -> dict[str, object]:
    """What `inspect` shows besides what all electing algorithms have."""
    return {
        "variant": ring.settings.variant,
        "participant": ring.participant,
        "contending": ring.contending,
        "election": ring.number,
        "unanswered": {number: (type(hop.envelope.body).__name__, hop.to) for number, hop in ring.unanswered.items()},
    }


SPEC = AlgorithmSpec(
    name="ring",
    messages=RingMessage,
    hard_state=Promise,
    config=RingConfig,
    build=RingElection,
    keeps_log=False,
    survives_datagrams=False,
    reasons=REASONS,
    warnings=WARNINGS,
    features=frozenset({"tokens", "durable_votes", "transfer", "guard", "freshness"}),
    term_words=token_words,
    leases=is_guarded,
    grants=grants_of(granted),
    storms=draw_options,
    unstormed=frozenset({"not_a_member", "ring_version"}),
    should_lead=should_lead,
    reloadable=lambda _config: RELOADABLE,
)
