"""Who may take over from whom, and the remedies against a node that comes and goes."""

from quorate.algorithms.electing.config import MOST_DOUBLINGS
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.state import Electing
from quorate.core.ids import MILLISECOND, NodeId


def stands_back(state: Electing) -> bool:
    """Whether this node has lost leadership so lately, or so often, that others go first (`damping_ms`)."""
    return state.now < state.stand_back_until


def preempts(state: Electing) -> bool:
    """Whether it takes over from whoever ranks lower: it may by its settings, and has been up for long enough."""
    settings = state.settings
    up = state.now - state.started_at >= settings.preempt_delay_ms * MILLISECOND
    return settings.preempt and up and not stands_back(state)


def outranks(state: Electing, theirs: Rank) -> bool:
    """Whether this node should lead rather than that one. With the guard nobody grants one less fresh than itself, so whoever is less
    fresh does not stand in the way either, whatever its priority."""
    ours = state.rank
    return ours > theirs and not (state.settings.guarded and ours.freshness < theirs.freshness)


def may_take_over(state: Electing, theirs: Rank) -> bool:
    """Whether this node takes over from a leader of that rank. Not while it may not claim yet, or there would be no leader meanwhile."""
    return (
        state.now >= state.restart_wait_until
        and preempts(state)
        and outranks(state, theirs)
        and close_enough(state, state.rank, theirs)
    )


def close_enough(state: Electing, ours: Rank, leaders: Rank) -> bool:
    """Whether `ours` lags no further behind the leader than `freshness_gap` allows."""
    gap = state.settings.freshness_gap
    return not gap or ours.freshness >= leaders.freshness - gap


def served_long_enough(state: Electing) -> bool:
    """Whether a leader makes way for a higher rank already (`min_tenure_ms`)."""
    return state.now - state.led_since >= state.settings.min_tenure_ms * MILLISECOND


def remember_losses(state: Electing) -> None:
    """At the start. The process before this one led, or meant to, if it had promised its last epoch to itself: that is lost. If it had not,
    it may have stood back when it ended, and this one does so in its place."""
    if state.promised.node == state.me:
        note_loss(state)
    elif state.losses:
        _stand_back(state)


def note_loss(state: Electing) -> None:
    """Leadership is lost: the next time is put off, the further the oftener that was lately."""
    if not state.settings.damping_ms:
        return
    if _outlived(state):
        state.losses = 0
    state.losses += 1
    _stand_back(state)


def outlive_losses(state: Electing) -> None:
    """A leader that has led for longer than losses count has not come and gone."""
    if state.losses and _outlived(state):
        state.forget_losses()


def _outlived(state: Electing) -> bool:
    return state.now - state.lost_at >= state.settings.damping_window_ms * MILLISECOND


def _stand_back(state: Electing) -> None:
    """The count goes to the disk with the next promise: without one there is nothing more to lose."""
    settings = state.settings
    state.lost_at = state.now
    doublings = min(max(0, state.losses - 1), MOST_DOUBLINGS)
    state.stand_back_until = state.now + (settings.damping_ms << doublings) * MILLISECOND


def best_other(state: Electing) -> NodeId | None:
    """The highest of the others that seem to live; None: none does."""
    live = [node for node in state.live.live(state.others, state.now) if node not in state.cut]
    return max(live, default=None)
