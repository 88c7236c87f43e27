"""LeLann (IFIP 1977): every initiator's token goes all the way round and sees all the others. Rules N1 to N4 of docs/ring.md.

The winner is the highest initiator, not the highest node: one that has passed on a token before it set out sets out no more. Links must
keep their order: a token that overtakes another would let an initiator decide before it has seen it.
"""

from quorate.algorithms.ring.campaign import join, leader_stops
from quorate.algorithms.ring.claims import win
from quorate.algorithms.ring.hops import launch, pass_on
from quorate.algorithms.ring.messages import Ring, Token
from quorate.algorithms.ring.state import RingState


def set_out(ring: RingState) -> None:
    """N1: a token, and a list of those that pass, which begins with one's own."""
    ring.collected = [ring.rank]
    launch(ring, Token(ring.rank))


def handle_token(ring: RingState, envelope: Ring, body: Token) -> None:
    """N2: a token that passes is noted and goes on. N3: whose own has come back decides; the highest of those that passed has won."""
    if leader_stops(ring, envelope, body.rank):
        return
    if envelope.eid.node != ring.me:
        join(ring)
        ring.collected.append(body.rank)
        pass_on(ring, envelope)
    elif (best := max(ring.collected, key=ring.fitness)) == ring.rank:
        win(ring)
    else:
        ring.own = 0
        ring.explain("outranked", winner=best.node)
