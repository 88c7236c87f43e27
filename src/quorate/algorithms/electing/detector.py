"""Who leads, by its heartbeats; what follows from its silence, its restart, its resignation; and what two leaders do that meet.

The numbers are those of docs/bully.md. `hear_leader` is the one place where a claim or a heartbeat of another node is judged; with the
guard only counters are compared: a heartbeat whose counter is not below what this node has promised is of that counter's only winner.
"""

from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.flapping import (
    close_enough,
    may_take_over,
    outlive_losses,
    served_long_enough,
)
from quorate.algorithms.electing.guard import renew_lease
from quorate.algorithms.electing.messages import Heartbeat, HeartbeatAck, Resign, Takeover
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.roles import accept_leader, await_leader, enter, follow_nobody, hear, pass_hold, resign
from quorate.algorithms.electing.state import Electing, Role
from quorate.core.errors import InvariantError
from quorate.core.ids import NodeId

# The leader's side


def beat(state: Electing) -> None:
    """B22: the leader's heartbeat, to all. It is the leader's own acknowledgment too."""
    if state.settings.guarded:
        renew_lease(state)
    state.beats += 1
    state.send_all(_heartbeat(state))
    state.deadlines.set("heartbeat_at", state.now + state.settings.heartbeat_ns)
    outlive_losses(state)


def greet(state: Electing, peer: NodeId) -> None:
    """B22: who has connected hears at once who leads. B20: or that this node, which led before it restarted, does not know it any more;
    otherwise nobody would notice before the leader's silence counts."""
    if state.role is Role.LEADER:
        state.beats += 1
        state.send(peer, _heartbeat(state))
    elif state.promised.node == state.me and not state.promised_at:
        state.send(peer, Resign(state.boot, state.promised, None))


def _heartbeat(state: Electing) -> Heartbeat:
    return Heartbeat(state.boot, state.epoch, state.beats, state.now, state.rank, state.list_successors())


def handle_heartbeat_ack(state: Electing, sender: NodeId, message: HeartbeatAck) -> None:
    """B18: the sender knows of a higher epoch, and this node leads no more, or should not; otherwise the lease goes on."""
    state.see(message.known)
    if state.role is not Role.LEADER:
        return
    if _is_above(state, message.known):
        state.explain("leader_outbid", sender=sender, known=token(message.known))
        state.outbid()
    elif state.settings.guarded and message.epoch == state.epoch:
        state.lease.acknowledge(sender, message.sent_at)
        renew_lease(state)


def _is_above(state: Electing, epoch: Epoch) -> bool:
    if state.settings.guarded:
        return epoch.counter > state.epoch.counter
    return epoch > state.epoch


def lose_lease(state: Electing) -> None:
    """Too few have acknowledged this leader for too long: another may lead from now on."""
    state.explain("lease_ended", term=token(state.epoch))
    follow_nobody(state)
    state.why = "its lease ended: too few members have answered it"
    state.begin()


def handle_takeover(state: Electing, sender: NodeId, message: Takeover) -> None:
    """B23: a member of higher rank wants to lead. Of several that have said so lately the highest is named, or leadership would go from one
    to the next."""
    if state.role is not Role.LEADER or message.epoch != state.epoch or message.rank <= state.rank:
        return
    if not close_enough(state, message.rank, state.rank):
        state.explain("takeover_declined", sender=sender)
        return
    state.claimants[sender] = (state.now, message.rank)
    if served_long_enough(state):
        since = state.now - 2 * state.settings.heartbeat_ns
        _, successor = max((rank, node) for node, (at, rank) in state.claimants.items() if at >= since)
        resign(state, successor)
    else:
        state.explain("takeover_declined", sender=sender)


# The others' side


def handle_heartbeat(state: Electing, sender: NodeId, message: Heartbeat) -> None:
    """B13 to B17: someone leads."""
    if not hear_leader(state, sender, message.epoch, message.boot, message.rank):
        return
    state.successors = message.successors
    if state.settings.guarded:
        state.send(sender, HeartbeatAck(state.boot, message.epoch, message.number, message.sent_at, state.known))
        if may_take_over(state, message.rank):
            state.send(sender, Takeover(state.boot, message.epoch, state.rank))


def hear_leader(state: Electing, sender: NodeId, epoch: Epoch, boot: int, rank: Rank) -> bool:
    """Judge one who leads, or without the guard one who has just won. Returns whether it is followed from now on."""
    if epoch.counter < state.known.counter if state.settings.guarded else epoch < state.known:
        tell_stale(state, sender, epoch)
        return False
    state.see(epoch)
    if state.role is Role.FOLLOWER and state.leader == sender and state.epoch == epoch:
        state.leader_rank = rank
        hear(state, sender)
        if state.settings.guarded or not may_take_over(state, rank):
            return True
        _bully(
            state, sender, epoch
        )  # its rank, or ours, has changed; or this node had to wait until it might take over
        return False
    if state.settings.guarded:
        if state.role is Role.LEADER and epoch.counter == state.epoch.counter:
            raise InvariantError(
                f"nodes {state.me} and {sender} both lead counter {epoch.counter}: a promise was broken"
            )
    elif rank < state.rank and (state.role is Role.LEADER or may_take_over(state, rank)):
        _bully(state, sender, epoch)
        return False
    accept_leader(state, sender, epoch, boot, rank)
    return True


def tell_stale(state: Electing, sender: NodeId, epoch: Epoch) -> None:
    """B13: who leads, or wants to lead, an epoch that has passed learns it."""
    state.explain("leader_stale", sender=sender, term=token(epoch))
    state.send(sender, HeartbeatAck(state.boot, epoch, 0, 0, state.known))


def _bully(state: Electing, sender: NodeId, epoch: Epoch) -> None:
    """B12, B17: who ranks lower does not lead this node. An election that is under way already ends the matter, and is not begun
    again, or heartbeats would keep it from ever ending."""
    state.explain("bullied", sender=sender, term=token(epoch))
    if state.role is Role.LEADER:
        state.claim()
    elif not state.campaigning:
        state.begin()


def suspect_leader(state: Electing) -> None:
    """B19: nobody leads, as far as is heard."""
    leader = state.leader
    if leader is not None:
        state.live.suspect(leader, state.now + state.settings.suspicion_ns)
        state.announce(None)
        state.explain("leader_silent", leader=leader)
        state.why = f"node {leader}, which led, has fallen silent"
    state.begin()


def mourn(state: Electing, peer: NodeId) -> None:
    """B19, with `fast_failover`: a process that is gone leads nobody, so its silence need not be waited for, and its lease has ended with
    it: what was owed to it is owed to nobody."""
    if state.settings.guarded:
        if not state.hold.rests_on_dead(peer):
            return
        state.hold.release()
    if state.leader != peer:
        return
    state.orphaned_until = state.now + state.settings.failure_ns
    state.deadlines.clear("suspect_at")
    suspect_leader(state)


def note_boot(state: Electing, sender: NodeId, boot: int, claimed: Epoch | None) -> None:
    """B20: the leader has restarted, and no longer knows that it led, unless it says that it does again."""
    if state.role is not Role.FOLLOWER or state.leader != sender or boot == state.leader_boot:
        return
    if claimed is not None and claimed > state.epoch:
        return
    state.explain("leader_restarted", leader=sender)
    state.hold.release()
    enter(state, Role.FOLLOWER)
    state.why = f"node {sender}, which led, has restarted"
    state.begin()


def handle_resign(state: Electing, sender: NodeId, message: Resign) -> None:
    """B21: the leader, or one whose claim was granted, gives up. The nominee claims at once, for all others wait for it; if nobody is
    nominated, whoever is first."""
    if state.hold.node != sender or state.hold.epoch != message.epoch:
        return
    pass_hold(state, message.successor)
    if state.role is not Role.FOLLOWER or state.leader not in (sender, None):
        return
    state.explain("leader_resigned", leader=sender, successor=message.successor)
    state.why = f"node {sender} has resigned"
    if message.successor == state.me:
        state.announce(None)
        state.claim()
    elif message.successor is None:
        enter(state, Role.FOLLOWER)
        state.deadlines.set("retry_at", state.now + state.random.randrange(state.settings.alive_ns))
    else:
        enter(state, Role.WAITING)
        state.deadlines.set("victory_by", state.now + state.win_ns)


def retry(state: Electing) -> None:
    """A pause is over: hold an election, if there is still no leader."""
    if state.leader is None and not state.campaigning:
        state.begin()


def listen(state: Electing) -> None:
    """The way to start that disturbs nobody: adopt a leader that lives, and hold an election if there is none."""
    state.role = Role.FOLLOWER
    await_leader(state)
