"""What the state of a node's disk means for leadership: never in the way of safety. Knows no messages.

Theory of operation. What a leader sends waits for its disk, so one whose disk hangs is silent; its followers would find that out by and
by. It knows better: it hands over to whoever has most of the log, which needs no disk, and stops leading in the same step. It does not
campaign again before a write has finished in time, and a follower whose disk hangs does not either. A leader whose disk is full, or far
slower than another's, is still a good leader until a better one is there: it transfers as an operator would have it, and goes on if that
comes to nothing.
"""

from quorate.algorithms.logged.disk_watch import LEAST_WRITES, MOVE_PAUSE_NS, WHY_HUNG, overslept
from quorate.algorithms.logged.duties import Duties
from quorate.algorithms.logged.handing_over import hand_to
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.core.events import SpaceChanged
from quorate.core.ids import MILLISECOND, Nanos, NodeId

DISK_FULL = "disk_full"
"""Refusal of a node that has no room for more."""

SLOW_FLOOR_NS: Nanos = 20 * MILLISECOND
"""A disk that takes less than this for a write is no reason to move, however fast the others are."""

SLOW_FOR_TIMEOUTS = 10
"""Election timeouts for which a disk must have been slow: a burst is over before a transfer pays."""


def look_at_disk(duties: Duties, role: str, due: Nanos | None) -> None:
    """At the start of a step whose oldest write has taken longer than the stall limit. `due`: when this node wanted to be woken."""
    keeper = duties.keeper
    if overslept(due, keeper.now, duties.rules.patience_ns):
        keeper.disk.begin_anew(keeper.now)
    else:
        note_hung(duties, role)


def note_hung(duties: Duties, role: str) -> None:
    """The oldest write takes too long. `role`: what this node is, for people."""
    keeper = duties.keeper
    age = keeper.disk.age(keeper.now)
    successor = _successor(duties, age) if duties.leads else None
    keeper.disk.hang(keeper.now)
    keeper.explain("disk_hung", role=role, unfinished_ns=age, successor=successor)
    duties.give_up(successor, WHY_HUNG)


def _successor(duties: Duties, age: Nanos) -> NodeId | None:
    """Of the voters that answered until nothing was sent any more, the one that has most of the log. It need not have all: what this
    node has beyond it is not committed, and cannot be sent."""
    silence = age + duties.rules.patience_ns
    able = []
    for peer in _others(duties):
        reach = duties.reach(peer)
        if reach is not None and duties.keeper.now - reach.contact_at < silence:
            able.append(peer)
    return max(able, key=lambda peer: (duties.match(peer), peer), default=None)


def _others(duties: Duties) -> list[NodeId]:
    """Voters that could be told to lead, as far as their disks are concerned."""
    able = []
    for peer in duties.successors():
        reach = duties.reach(peer)
        if reach is not None and not reach.full and peer not in duties.keeper.unreachable:
            able.append(peer)
    return able


def note_recovered(keeper: LogKeeper) -> None:
    """A write has shown that a disk which hung is well."""
    keeper.explain("disk_recovered", hung_ns=keeper.now - keeper.disk.hung_at)
    keeper.why = "its disk hung and is well again; no leader heard yet"


def handle_space_changed(duties: Duties, event: SpaceChanged, role: str) -> None:
    """The disk is full, or is no more. What is under way still has room; nothing new is taken."""
    keeper = duties.keeper
    keeper.disk.short = event.short
    if event.short:
        keeper.explain("disk_full", role=role)
    else:
        keeper.explain("disk_has_room", role=role)
    keeper.disk.look_at = keeper.now
    leave_a_bad_disk(duties)


def leave_a_bad_disk(duties: Duties) -> None:
    """A leader with a full disk, or one that has been far slower than another's for long, transfers to a better one."""
    keeper, disk = duties.keeper, duties.keeper.disk
    if not duties.leads or keeper.transfer is not None or not keeper.ready:
        disk.slow_since = None
        return
    timeout = duties.rules.patience_ns
    if disk.short and keeper.now >= disk.look_at:
        disk.look_at = keeper.now + 2 * timeout
        able = [peer for peer in _others(duties) if duties.answers(peer)]
        target = max(able, key=lambda peer: (duties.match(peer), peer), default=None)
        if target is not None:
            hand_to(duties, target)
        return
    found = _faster(duties)
    if found is None:
        disk.slow_since = None
    elif disk.slow_since is None:
        disk.slow_since = keeper.now
    elif keeper.now >= max(disk.slow_since + SLOW_FOR_TIMEOUTS * timeout, disk.move_at):
        disk.slow_since, disk.move_at = None, keeper.now + MOVE_PAUSE_NS
        target, answer_ns = found
        keeper.explain("disk_slow", write_ns=disk.write_ns, peer=target, peer_ns=answer_ns)
        hand_to(duties, target)


def _faster(duties: Duties) -> tuple[NodeId, Nanos] | None:
    """A voter that answers, and whose answers to entries, its own write and two trips over the network, come in far less time than a
    write takes here; and that time."""
    factor, disk = duties.rules.disk_slow_factor, duties.keeper.disk
    if not factor or disk.write_ns < SLOW_FLOOR_NS or disk.writes < LEAST_WRITES:
        return None
    best: tuple[Nanos, NodeId] | None = None
    for peer in _others(duties):
        reach = duties.reach(peer)
        if reach is not None and reach.answer_ns and duties.answers(peer):
            best = min(best or (reach.answer_ns, peer), (reach.answer_ns, peer))
    return (best[1], best[0]) if best is not None and disk.write_ns >= factor * best[0] else None


def no_room_for_quorum(duties: Duties) -> bool:
    """Whether so many disks are full that nothing new can be committed."""
    full = set()
    for peer in duties.keeper.peers:
        reach = duties.reach(peer)
        if reach is not None and reach.full:
            full.add(peer)
    return bool(full) and not duties.decides(duties.keeper.voters - full)
