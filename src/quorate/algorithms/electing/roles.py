"""From one role to another. Every change goes through `enter`, so that no wait of an earlier role is left behind."""

from quorate.algorithms.electing.deadlines import OF_AN_ELECTION
from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.flapping import note_loss, stands_back
from quorate.algorithms.electing.messages import Resign
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.state import Electing, Role
from quorate.algorithms.electing.transfer_end import end_transfer
from quorate.core.ids import MILLISECOND, Nanos, NodeId


def enter(state: Electing, role: Role, leader: NodeId | None = None, *, lost: bool = True) -> None:
    """Become `role`, knowing `leader`. A leader that becomes anything else has `lost` leadership, unless it has made way; all waits but
    that for the end of a transfer are void."""
    if state.role is Role.LEADER and role is not Role.LEADER and lost:
        note_loss(state)
    if role is not Role.LEADER:
        state.deadlines.clear("heartbeat_at", "lease_until")
    if role not in (Role.LEADER, Role.CLAIMING):
        state.grants = set()
    state.deadlines.clear(*OF_AN_ELECTION, "suspect_at")
    state.role = role
    state.announce(leader)


def follow_nobody(state: Electing, *, lost: bool = True) -> None:
    """Listen: whoever leads will be heard; if nobody is, an election is held. `lost`: as in `enter`."""
    enter(state, Role.FOLLOWER, lost=lost)
    await_leader(state)


def await_leader(state: Electing) -> None:
    """From now on the silence counts."""
    settings = state.settings
    jitter = state.random.randrange(settings.delay_ns + 1)
    state.deadlines.set("suspect_at", state.now + settings.failure_ns + jitter)


def accept_leader(state: Electing, leader: NodeId, epoch: Epoch, boot: int, rank: Rank) -> None:
    """B11: follow whoever has claimed or leads `epoch`. The promise is durable before anybody is told."""
    state.promise(epoch)
    state.epoch = epoch
    enter(state, Role.FOLLOWER, leader, lost=rank < state.rank)
    state.leader_boot, state.leader_rank = boot, rank
    state.failures, state.stretch = 0, 1
    state.orphaned_until = 0
    hear(state, leader)
    end_transfer(state, "" if state.transfer and state.transfer.target in (None, leader) else "another_was_elected")


def hear(state: Electing, leader: NodeId) -> None:
    """The leader lives: it is held to, and suspected later."""
    state.leader_heard_at = state.now
    state.hold.take(leader, state.epoch, state.now + state.settings.failure_ns)
    await_leader(state)


def become_leader(state: Electing) -> None:
    """Lead the epoch that was claimed. The caller sends what its members must hear; with the guard it has seen to it that a majority
    has granted, and that the lease has not ended meanwhile."""
    state.led_since = state.now
    state.claimants = {}
    state.failures = 0
    state.leader_boot, state.leader_rank = state.boot, state.rank
    lease = state.deadlines["lease_until"]
    enter(state, Role.LEADER, state.me)
    state.deadlines.set("heartbeat_at", state.now + state.settings.heartbeat_ns)
    state.explain("leader_elected", term=token(state.epoch), lease_until=lease)
    end_transfer(state, "timeout")


def resign(state: Electing, successor: NodeId | None) -> None:
    """B23: lead no more, of one's own will, in favour of `successor` or of whoever is elected. All are released from what they owe."""
    state.send_all(Resign(state.boot, state.epoch, successor))
    state.explain("resigned", successor=successor)
    follow_nobody(state, lost=False)
    pass_hold(state, successor)
    state.why = "it has resigned" + (f" in favour of node {successor}" if successor is not None else "")


def pass_hold(state: Electing, successor: NodeId | None) -> None:
    """The leader that was held to has resigned: what was owed to it is owed to its successor."""
    if successor is None:
        state.hold.release()
    else:
        state.hold.take(successor, state.hold.epoch, state.now + state.settings.failure_ns, nominated=True)


def let_go(state: Electing) -> None:
    """With the guard: a claim of this node is over, and whoever has granted it holds to nobody. Otherwise each of several claimants finds
    the others' members held, and where every member counts they may keep each other from leading for long."""
    if state.settings.guarded and state.role is Role.CLAIMING:
        state.send_all(Resign(state.boot, state.epoch, None))


BLOCKED_DOUBLINGS = 3
"""A blocked node still answers those below it, and they wait for it: so its own pause must not grow long."""


ORPHANS_PAUSE_NS = 10 * MILLISECOND
"""The leader's process is known to be dead: whoever does not know it yet will within so long."""


def block(state: Electing, why: str, wait: Nanos = 0) -> None:
    """BLOCKED: no majority, or no right to claim yet. Tries again at random, later each time, and not before `wait` is over. Soon, if the
    leader has died a moment ago: those that refuse because they hold to it will hear of its death, too."""
    let_go(state)
    enter(state, Role.BLOCKED)
    unit = state.settings.alive_ns
    pause = (unit + state.random.randrange(unit)) << min(state.failures, BLOCKED_DOUBLINGS)
    if state.now < state.orphaned_until:
        pause, wait = ORPHANS_PAUSE_NS + state.random.randrange(ORPHANS_PAUSE_NS), 0
    state.failures += 1
    state.deadlines.set("retry_at", state.now + max(pause, wait))
    state.explain("blocked", why=why)
    state.why = f"it may not lead now: {BLOCKED_WORDS[why]}"


def take_heart(state: Electing) -> None:
    """A link is up again: what blocked this node may be over, so it tries again soon."""
    at = state.deadlines["retry_at"]
    if state.role is Role.BLOCKED and at is not None:
        state.failures = 0
        unit = state.settings.alive_ns
        state.deadlines.set("retry_at", min(at, state.now + unit + state.random.randrange(unit)))


BLOCKED_WORDS = {
    "no_majority": "too few have granted its claim in time",
    "unreachable": "connections to more than half of the members are down",
    "refused": "a member has promised a later claim",
    "no_answers": "too few have answered whether they would grant its claim",
    "would_be_refused": "too many would refuse its claim",
    "held": "it has heard another leader within the election timeout",
    "restarted": "it has restarted within the election timeout, and may have promised what it has forgotten",
    "lease_over": "the answers took longer than a lease lasts",
}
"""Why a node is blocked, in words."""


def put_off(state: Electing) -> bool:
    """Whether this node stands back instead of holding an election: then others go first, and it tries again later."""
    if not stands_back(state):
        return False
    enter(state, Role.FOLLOWER)
    state.deadlines.set("retry_at", state.stand_back_until)
    state.explain("standing_back", losses=state.losses)
    state.why = "it has lost leadership lately and lets others go first"
    return True
