"""Chang and Roberts (CACM 22(5), 1979): only the token of the highest rank survives its lap. Rules C1 to C5 of docs/ring.md."""

from quorate.algorithms.ring.campaign import begin, join, leader_stops
from quorate.algorithms.ring.claims import win
from quorate.algorithms.ring.hops import launch, pass_on
from quorate.algorithms.ring.messages import Election, Ring
from quorate.algorithms.ring.state import RingState


def set_out(ring: RingState) -> None:
    """C1: a token with one's own rank."""
    launch(ring, Election(ring.rank))


def handle_election(ring: RingState, envelope: Ring, body: Election) -> None:
    """C2 to C5. A token of a lower rank is as good as ours, once ours is on its way or can take its place."""
    if leader_stops(ring, envelope, body.rank):
        return
    if envelope.eid.node == ring.me:
        win(ring)
    elif ring.outranked(body.rank):
        join(ring)
        pass_on(ring, envelope)
    elif not ring.participant:
        begin(ring)
    else:
        ring.explain("token_swallowed", initiator=envelope.eid.node)
