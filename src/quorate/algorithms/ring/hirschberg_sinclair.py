"""Hirschberg and Sinclair (CACM 23(11), 1980): candidates ask ever farther to both sides. Rules S1 to S7 of docs/ring.md.

In phase k a candidate asks both ways, `2**k` hops far, whether anybody is higher. No passive flag is kept: a probe is swallowed by rank
alone, so how many messages there are depends on the ring only and not on what overtakes what; and a candidate goes on asking even after
it has heard of a leader, as long as nobody higher has swallowed its probes.
"""

from quorate.algorithms.ring.campaign import begin, join, leader_stops, set_out_again
from quorate.algorithms.ring.claims import win
from quorate.algorithms.ring.hops import launch, pass_on, turn_back
from quorate.algorithms.ring.messages import Probe, Reply, Ring
from quorate.algorithms.ring.state import RingState


def set_out(ring: RingState) -> None:
    """S1: phase 0, one hop to either side."""
    ring.knew = ring.max_seen
    _ask(ring, 0)


def _ask(ring: RingState, phase: int) -> None:
    ring.phase, ring.replied = phase, []
    for clockwise in (True, False):
        launch(ring, Probe(ring.rank, phase, 1, ring.knew), clockwise=clockwise)


def handle_probe(ring: RingState, envelope: Ring, body: Probe) -> None:
    """S4 is looked at before S3: one's own probe has come round, however far it was to go."""
    if leader_stops(ring, envelope, body.rank):
        return
    if envelope.eid.node == ring.me:
        win(ring)
    elif not ring.outranked(body.rank):
        _swallow(ring, envelope, body)
    else:
        join(ring)
        if body.hop < 2**body.phase:
            pass_on(ring, envelope, Probe(body.rank, body.phase, body.hop + 1, body.knew))
        else:
            turn_back(ring, envelope, Reply(body.rank, body.phase))


def _swallow(ring: RingState, envelope: Ring, body: Probe) -> None:
    """S2: a higher node lets it go no farther, and sets out itself if it is idle. If it follows a leader of which the candidate had not
    heard when it began, the probe is only late: that election is over."""
    ring.explain("token_swallowed", initiator=envelope.eid.node)
    if not ring.participant and (ring.leader is None or body.knew >= ring.epoch):
        begin(ring)


def handle_reply(ring: RingState, envelope: Ring, body: Reply) -> None:
    """S3: it goes back to whom it is meant for. S5: with one from either side, the next phase begins, twice as far."""
    if envelope.eid.node != ring.me:
        pass_on(ring, envelope)
    elif body.phase == ring.phase and envelope.clockwise not in ring.replied:
        ring.replied.append(envelope.clockwise)
        if len(ring.replied) == 2:
            _ask(ring, ring.phase + 1)


def close_gap(ring: RingState) -> None:
    """S7: the ring has become shorter: what was counted on it counts no more, and a candidate begins again at phase 0."""
    if ring.contending:
        set_out_again(ring)
