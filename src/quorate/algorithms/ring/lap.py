"""The lap ring of Tanenbaum's textbook: one lap collects who is there, a second one tells who leads. Rules L1 to L5 of docs/ring.md.

The choice is made among those that the first lap visited, so initiators at the same time agree only while nobody comes or goes between
their laps. With the guard the second lap only nominates: the nominee then gathers grants in a third one, and a majority settles it.
"""

from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.roles import become_leader
from quorate.algorithms.ring.campaign import join, leader_stops
from quorate.algorithms.ring.claims import adopt, bully, claim, claim_at_once, is_news
from quorate.algorithms.ring.hops import launch, pass_on
from quorate.algorithms.ring.messages import Collect, Coordinator, Ring, Visit
from quorate.algorithms.ring.state import RingState


def set_out(ring: RingState) -> None:
    """L1: a list that begins with this node."""
    launch(ring, Collect((Visit(ring.rank, ring.boot),)))


def handle_collect(ring: RingState, envelope: Ring, body: Collect) -> None:
    """L2: whoever it visits signs. A list that this node has signed already belongs to nobody any more."""
    if leader_stops(ring, envelope, body.visits[0].rank):
        return
    if envelope.eid.node == ring.me:
        _choose(ring, body)
    elif any(visit.rank.node == ring.me for visit in body.visits):
        ring.explain("orphan_dropped", initiator=envelope.eid.node, hops=envelope.hops)
    else:
        join(ring)
        pass_on(ring, envelope, Collect((*body.visits, Visit(ring.rank, ring.boot))))


def _choose(ring: RingState, body: Collect) -> None:
    """L3: back home, the highest that signed is the leader."""
    if not ring.contending:
        ring.explain("token_late", number=ring.number)
        return
    ring.own = 0
    chosen = max(body.visits, key=lambda visit: ring.fitness(visit.rank))
    coordinator = Coordinator(Epoch(ring.next_epoch.counter, chosen.rank.node), chosen, body.visits)
    if ring.settings.guarded:
        launch(ring, coordinator)
        if _is_nominated(ring, coordinator):
            claim(ring)
    else:
        _record(ring, coordinator)
        launch(ring, coordinator)


def handle_coordinator(ring: RingState, envelope: Ring, body: Coordinator) -> None:
    """L4: everybody records it, once, and passes it on; the initiator takes it off the ring."""
    if envelope.eid.node == ring.me:
        return
    if body.epoch < ring.max_seen:
        ring.explain("elected_stale", term=token(body.epoch), known=token(ring.max_seen))
    elif ring.settings.guarded:
        pass_on(ring, envelope)
        if _is_nominated(ring, body):
            # Under a number of its own: what it had sent round before counts as gone by, also against this (H6).
            claim_at_once(ring)
    elif is_news(ring, body.epoch):
        _record(ring, body)
        pass_on(ring, envelope)
        bully(ring, body.chosen.rank)
    else:
        pass_on(ring, envelope)
    ring.see(envelope.max_seen)


def _is_nominated(ring: RingState, body: Coordinator) -> bool:
    """L5: with the guard, whoever is named asks for grants, unless it has done so, or promised later, since the list was made."""
    return body.epoch.node == ring.me and body.epoch.counter > ring.promised.counter


def _record(ring: RingState, body: Coordinator) -> None:
    """L5: without the guard that is the result, for whoever is named as for all others. It is durable before it is passed on."""
    ring.taken = body.epoch
    if body.epoch.node != ring.me:
        adopt(ring, body.epoch, body.chosen.rank, body.chosen.boot)
        return
    ring.promise(body.epoch)
    ring.epoch = body.epoch
    become_leader(ring)
