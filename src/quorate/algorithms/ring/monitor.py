"""The other way to notice that a leader is gone: every node watches the one before it on the ring. Rules P1 to P4 of docs/ring.md.

Theory of operation. Every node sends a pulse to the next one, which confirms it like a token; so a node notices that its successor is
gone, by H3, and that its predecessor is, by the silence. Only the node behind the leader reports a silent leader, by holding an
election. A pulse carries whom its sender follows, so that who comes late, or was on the other side of a broken link, learns it. With
the guard a leader's heartbeats go to all besides, because a lease rests on the answers of a majority.
"""

from quorate.algorithms.electing.detector import beat, hear_leader, suspect_leader
from quorate.algorithms.electing.flapping import may_take_over, outlive_losses
from quorate.algorithms.electing.state import Role
from quorate.algorithms.ring.hops import launch
from quorate.algorithms.ring.messages import Pulse, Ring
from quorate.algorithms.ring.state import RingState
from quorate.algorithms.ring.topology import neighbour
from quorate.core.ids import NodeId


def watch(ring: RingState) -> None:
    """P2: from now on the predecessor's silence counts."""
    ring.deadlines.set("watch_by", ring.now + ring.settings.failure_ns)


def start_monitor(ring: RingState) -> None:
    """At the start, where predecessors watch."""
    if ring.settings.monitor == "predecessor" and ring.others:
        ring.deadlines.set("pulse_at", ring.now + ring.settings.heartbeat_ns)
        watch(ring)


def pulse(ring: RingState) -> None:
    """P1: to the next node that is not suspected."""
    ring.deadlines.set("pulse_at", ring.now + ring.settings.heartbeat_ns)
    if ring.role is Role.LEADER:
        told = Pulse(ring.epoch, ring.rank, ring.boot)
    elif ring.leader is None:
        told = Pulse(ring.epoch, None, 0)
    else:
        told = Pulse(ring.epoch, ring.leader_rank, ring.leader_boot)
    launch(ring, told)


def predecessor(ring: RingState) -> NodeId | None:
    """Whom this node watches; None: everybody is suspected."""
    return neighbour(ring.circle, ring.me, ring.suspects, clockwise=False)


def handle_pulse(ring: RingState, envelope: Ring, body: Pulse) -> None:
    """P2, P3: the sender lives, and says whom it follows. Without the guard that is as good as the leader's own word."""
    if envelope.eid.node == predecessor(ring):
        watch(ring)
    leader = body.epoch.node
    if body.rank is None or ring.settings.guarded or leader == ring.me or ring.live.suspects(leader, ring.now):
        return
    news = (leader, body.epoch) != (ring.leader, ring.epoch)
    if not news:
        ring.leader_rank = body.rank  # as it is now, for the next one on the ring: by `fresh` it changes
    if news or may_take_over(ring, body.rank):
        hear_leader(ring, leader, body.epoch, body.boot, body.rank)


def miss_predecessor(ring: RingState) -> None:
    """P4: it is silent. If it led, that is reported; if not, the one before it is watched from now on."""
    silent = predecessor(ring)
    watch(ring)
    if silent is None:
        return
    ring.explain("predecessor_silent", node=silent)
    ring.suspect(silent)
    if ring.leader == silent:
        suspect_leader(ring)


def miss_leader(ring: RingState) -> None:
    """B19, where everybody watches the leader; where predecessors do it, only who knows of no leader acts on its own."""
    if ring.settings.monitor == "leader" or ring.leader is None:
        suspect_leader(ring)


def beat_or_pulse(ring: RingState) -> None:
    """B22, or P1 in its place: without the guard nobody needs the leader's heartbeats then."""
    if ring.settings.monitor == "leader" or ring.settings.guarded:
        beat(ring)
    else:
        ring.deadlines.set("heartbeat_at", ring.now + ring.settings.heartbeat_ns)
        outlive_losses(ring)
