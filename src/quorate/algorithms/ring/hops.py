"""The hop layer: how an envelope gets to the next node that lives. Rules H1 to H6 of docs/ring.md.

Theory of operation. Whoever passes an envelope on keeps it until the next node has acknowledged it. If no answer comes in time, or the
link breaks first, the next node is suspected and the same envelope goes to the one behind it: the ring closes over the gap. A node
that was only slow then gets a second copy or is passed by; the rules above must bear both. An acknowledgement says that the envelope
was received and nothing else: it waits for no write, so a slow disk does not look like a dead neighbour.
"""

from collections import Counter

import msgspec

from quorate.algorithms.ring.messages import Body, HopAck, Pulse, Ring
from quorate.algorithms.ring.state import Hop, RingState
from quorate.algorithms.ring.topology import neighbour
from quorate.core.ids import NodeId


def launch(ring: RingState, body: Body, *, clockwise: bool = True) -> None:
    """Something of this node's own sets out, in the election that it holds."""
    ttl = 2 * len(ring.circle)
    pass_on(ring, Ring(ring.boot, ring.settings.ring_version, ring.eid, body, ring.max_seen, 0, ttl, 0, clockwise))


def pass_on(ring: RingState, envelope: Ring, body: Body | None = None) -> None:
    """H1: one hop more, one less to live, and what this node has seen goes along."""
    ring.last_hop += 1
    moved = msgspec.structs.replace(
        envelope,
        boot=ring.boot,
        body=envelope.body if body is None else body,
        max_seen=max(envelope.max_seen, ring.max_seen),
        hops=envelope.hops + 1,
        ttl=envelope.ttl - 1,
        msg_id=ring.last_hop,
    )
    send_to_next(ring, moved)


def turn_back(ring: RingState, envelope: Ring, body: Body) -> None:
    """An answer goes the way that the envelope came, with a life of its own."""
    ttl = 2 * len(ring.circle)
    pass_on(ring, msgspec.structs.replace(envelope, hops=0, ttl=ttl, clockwise=not envelope.clockwise), body)


def send_to_next(ring: RingState, envelope: Ring) -> None:
    """To the next node in its direction that is not suspected; remembered until it answers. Nobody left: this node is alone."""
    to = neighbour(ring.circle, ring.me, ring.suspects, clockwise=envelope.clockwise)
    if to is None:
        ring.alone = True
        return
    ring.unanswered[envelope.msg_id] = Hop(envelope, to, ring.now + ring.settings.hop_ns)
    ring.send(to, envelope)


def handle_hop_ack(ring: RingState, _sender: NodeId, message: HopAck) -> None:
    """H2: it has it."""
    ring.unanswered.pop(message.msg_id, None)


def repair(ring: RingState) -> None:
    """H3, by time: whoever has not answered is suspected, and what it was sent goes to the next."""
    for peer in dict.fromkeys(hop.to for hop in ring.unanswered.values() if hop.by <= ring.now):
        pass_over(ring, peer)


def pass_over(ring: RingState, peer: NodeId) -> None:
    """H3: `peer` is suspected, and everything that it has not acknowledged goes to the next one, in the order in which it was sent."""
    ring.suspect(peer)
    ring.gap = True
    forget_outdated(ring)
    for number in [number for number, hop in ring.unanswered.items() if hop.to == peer]:
        send_to_next(ring, ring.unanswered.pop(number).envelope)


def forget_outdated(ring: RingState) -> None:
    """H6, for what waits here: whoever gets it would drop it. Where links are slow, every election that is begun anew would otherwise
    send all that is left of those before it once more, and there is no end to that."""
    for number in [number for number, hop in ring.unanswered.items() if _is_outdated(ring, hop.envelope)]:
        del ring.unanswered[number]


def send_again(ring: RingState, peer: NodeId) -> None:
    """The link to `peer` was renewed: what it has not acknowledged may be lost, and goes out on the new one."""
    forget_outdated(ring)
    for number, hop in ring.unanswered.items():
        if hop.to == peer:
            ring.unanswered[number] = msgspec.structs.replace(hop, by=ring.now + ring.settings.hop_ns)
            ring.send(peer, hop.envelope)


def is_orphan(ring: RingState, envelope: Ring) -> bool:
    """H5 and H6: whether nobody waits for it any more. H6 holds for everybody's: whoever has set out again wants nothing of what it sent
    before, and where links are slow every restart would leave a crowd of them behind. What has come by oftener than
    one envelope can, in the two laps of its life and on a ring of which only two are left, is one, too: each slow hop makes a copy, and
    where all hops are slow, copies of copies would fill the ring."""
    if envelope.ttl <= 0 or _is_outdated(ring, envelope):
        return True
    node, newest = envelope.eid.node, (envelope.eid.boot, envelope.eid.number)
    if ring.newest.get(node) != newest:
        ring.newest[node] = newest
        ring.passes[node] = Counter()
    if isinstance(envelope.body, Pulse):
        return False
    which = (type(envelope.body).__name__, getattr(envelope.body, "phase", 0), envelope.clockwise)
    ring.passes[node][which] += 1
    return ring.passes[node][which] > len(ring.circle)


def _is_outdated(ring: RingState, envelope: Ring) -> bool:
    eid = envelope.eid
    number = (eid.boot, eid.number)
    newest = (ring.boot, ring.number) if eid.node == ring.me else ring.newest.get(eid.node, number)
    return number < newest
