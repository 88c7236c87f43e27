"""How an election on the ring begins, and how it ends without a result. Rules C1, C4a, H8 and H9; the same for every variant."""

from quorate.algorithms.electing.detector import greet
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.roles import block, enter, put_off
from quorate.algorithms.electing.state import Role
from quorate.algorithms.ring.messages import Ring
from quorate.algorithms.ring.state import RingState


def begin(ring: RingState) -> None:
    """C1: hold an election, unless one that this node knows of is under way."""
    if ring.participant or put_off(ring):
        return
    enter(ring, Role.ELECTING)
    join(ring)
    set_out_again(ring)


def set_out_again(ring: RingState) -> None:
    """Under a new number: what is still under way of an earlier one is an orphan from now on."""
    ring.number += 1
    ring.own = ring.number
    ring.why = "it has sent its token round the ring, and waits for it to come back"
    ring.explain("election_started", number=ring.number)
    ring.set_out()


def join(ring: RingState) -> None:
    """H8: a token starts or passes here; by then the election is over, or the token is lost."""
    if not ring.participant:
        ring.deadlines.set("ring_by", ring.now + ring.ring_ns)


def leader_stops(ring: RingState, envelope: Ring, rank: Rank) -> bool:
    """C4a: a leader lets no token pass of one that ranks lower, or may not replace it anyway, and shows itself to whoever sent it."""
    if ring.role is not Role.LEADER or envelope.eid.node == ring.me:
        return False
    if rank > ring.rank and not ring.settings.settled:
        return False
    ring.explain("token_swallowed", initiator=envelope.eid.node)
    greet(ring, envelope.eid.node)
    return True


def lose_token(ring: RingState) -> None:
    """H9: the election has not ended in time. Without this a lost token would leave every node a participant that lets no other pass."""
    if ring.leader is not None:
        return
    ring.explain("token_lost", number=ring.number)
    if ring.role is Role.CLAIMING:
        block(ring, "no_majority")
        return
    if ring.role is not Role.BLOCKED:
        enter(ring, Role.FOLLOWER)
    ring.why = "no token came round in time; it begins again"
    if ring.deadlines["retry_at"] is None:
        ring.deadlines.set("retry_at", ring.now + ring.random.randrange(ring.settings.alive_ns))
