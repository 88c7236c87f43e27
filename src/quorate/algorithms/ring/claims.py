"""From a won election to a leader that is known: the lap of the winner. Rules C5 to C8; the same for every variant.

Theory of operation. The winner promises the next epoch to itself and tells it round the ring. Without the guard it leads from then on.
With the guard everybody on the way grants or refuses it, by the rules of `electing.guard`, writes its promise, signs, and passes it on;
back home the signatures are counted against the configured members, never against those that the ring has left.
"""

from quorate.algorithms.electing.detector import beat, handle_heartbeat_ack
from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.flapping import may_take_over
from quorate.algorithms.electing.guard import grant, has_won, note_grant, open_claim, refusal
from quorate.algorithms.electing.messages import Heartbeat, HeartbeatAck
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.roles import accept_leader, become_leader, block, enter, follow_nobody
from quorate.algorithms.electing.state import Role
from quorate.algorithms.ring.campaign import begin, join
from quorate.algorithms.ring.hops import launch, pass_on
from quorate.algorithms.ring.messages import Elected, Install, Ring
from quorate.algorithms.ring.state import RingState
from quorate.core.ids import NodeId


def win(ring: RingState) -> None:
    """C5: the own token has come round. Once is enough: a second copy of it changes nothing."""
    if not ring.contending:
        ring.explain("token_late", number=ring.number)
        return
    claim(ring)


def claim_at_once(ring: RingState) -> None:
    """Without an election: a leader whom another one outranks in vain, the nominee of one that resigned, or whoever is alone."""
    ring.number += 1
    claim(ring)


def claim(ring: RingState) -> None:
    """Ask the whole ring, or without the guard tell it. The promise is durable before it is told (4.6)."""
    ring.own = 0
    if ring.settings.guarded:
        enter(ring, Role.CLAIMING)
        join(ring)
    if not open_claim(ring):
        return
    ring.taken = ring.epoch
    ring.why = f"it has asked the ring to grant it term {token(ring.epoch)}"
    told = Install if ring.settings.guarded and ring.settings.variant == "lap" else Elected
    launch(ring, told(ring.epoch, ring.rank))
    if not ring.settings.guarded:
        become_leader(ring)


def handle_elected(ring: RingState, envelope: Ring, body: Elected | Install) -> None:
    """C6 to C8."""
    if envelope.eid.node == ring.me:
        if ring.role is Role.CLAIMING and body.epoch == ring.epoch:
            settle(ring, body.grants)
    elif not is_news(ring, body.epoch):
        ring.explain("elected_stale", term=token(body.epoch), known=token(ring.max_seen))
    else:
        ring.taken = body.epoch
        if ring.settings.guarded:
            _answer(ring, envelope, body)
        else:
            adopt(ring, body.epoch, body.rank, envelope.eid.boot)
            pass_on(ring, envelope)
            bully(ring, body.rank)
    ring.see(envelope.max_seen)


def is_news(ring: RingState, epoch: Epoch) -> bool:
    """C7: not below what was seen, and not taken yet. An epoch may have been seen before its Elected comes: a token that goes the other
    way round, or an envelope that skipped a node, can bring word of it."""
    return epoch >= ring.max_seen and epoch != ring.taken


def _answer(ring: RingState, envelope: Ring, body: Elected | Install) -> None:
    """C6 with the guard: sign or not, and pass it on. Whoever ranks higher and may take over, or has newer data, holds an election of its
    own: tokens of others that pass would keep it from that without end."""
    claimant = body.epoch.node
    if body.epoch == ring.promised:
        # By following its winner, or by the process before this one. This counter may have been granted to another: sign nothing.
        if ring.leader != claimant:
            pass_on(ring, envelope)
        return
    refused = refusal(ring, claimant, body.epoch, body.rank)
    if refused is None:
        grant(ring, claimant, body.epoch)
        signed = (*body.grants, ring.me)
        pass_on(ring, envelope, type(body)(body.epoch, body.rank, signed))
        return
    ring.explain("claim_refused", claimant=claimant, why=refused.why)
    ring.see(body.epoch)
    pass_on(ring, envelope)
    if refused.why in ("outranked", "fresher") and not ring.campaigning:
        ring.deadlines.clear("ring_by")
        begin(ring)


def adopt(ring: RingState, epoch: Epoch, rank: Rank, boot: int) -> None:
    """C6 without the guard: `epoch` has a leader. One that leads itself and ranks higher gives way to nobody."""
    if ring.role is Role.LEADER and rank < ring.rank:
        ring.see(epoch)
    else:
        accept_leader(ring, epoch.node, epoch, boot, rank)


def bully(ring: RingState, rank: Rank) -> None:
    """C6 without the guard, the end of it: whoever ranks higher than the one elected says so (B17), or holds an election of its own."""
    if ring.role is Role.LEADER:
        if rank < ring.rank:
            claim_at_once(ring)
    elif may_take_over(ring, rank):
        begin(ring)


def settle(ring: RingState, grants: tuple[NodeId, ...]) -> None:
    """C8: the own Elected has come round with all who grant it. A majority is one of the configured members.

    The lease counts from when the Elected went out. If a lap has used it up, so that it would end before the first heartbeat is
    answered, the winner waits for those answers first: it is the only one of its counter already, but not yet of its time.
    """
    for member in grants:
        note_grant(ring, member)
    settings = ring.settings
    if len(ring.grants) < ring.majority:
        block(ring, "refused" if ring.max_seen.counter > ring.epoch.counter else "no_majority")
    elif ring.others and ring.claimed_at + settings.lease_ns - ring.now < settings.alive_ns:
        ring.explain("lease_awaited", term=token(ring.epoch))
        ring.beats += 1
        ring.send_all(Heartbeat(ring.boot, ring.epoch, ring.beats, ring.now, ring.rank))
    else:
        _lead(ring)


def _lead(ring: RingState) -> None:
    if has_won(ring):
        become_leader(ring)
        beat(ring)


def handle_ack(ring: RingState, sender: NodeId, message: HeartbeatAck) -> None:
    """B18; and a winner that waits for its lease leads as soon as a majority has answered."""
    if ring.role is not Role.CLAIMING or message.epoch != ring.epoch:
        handle_heartbeat_ack(ring, sender, message)
        return
    ring.see(message.known)
    if message.known.counter > ring.epoch.counter:
        block(ring, "refused")
    elif len(ring.grants) >= ring.majority:
        ring.lease.acknowledge(sender, message.sent_at)
        _lead(ring)


def give_way(ring: RingState) -> None:
    """B18: a leader learns of a higher epoch. With the guard it leads no more. Without, it claims again if nobody alive ranks higher."""
    if ring.settings.guarded:
        follow_nobody(ring)
        ring.why = "a later claim than its own was granted"
    elif ring.settings.rank == "id" and all(node < ring.me for node in ring.live.live(ring.others, ring.now)):
        claim_at_once(ring)
    else:
        enter(ring, Role.FOLLOWER)
        begin(ring)


def stand_alone(ring: RingState) -> None:
    """H3: nobody is left to pass anything on to, so the ring is this node. With the guard that is no majority, unless it never had
    another member."""
    ring.explain("alone", members=len(ring.members))
    if ring.role is Role.LEADER:
        return
    if ring.role is Role.CLAIMING:
        settle(ring, ())
    elif ring.settings.guarded and len(ring.members) > 1:
        block(ring, "unreachable")
    else:
        claim_at_once(ring)
