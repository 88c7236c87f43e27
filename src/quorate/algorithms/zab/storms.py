"""What ZAB's storms draw of its own settings, and what its disks and messages say to whoever watches them."""

from random import Random
from typing import Any

from quorate.algorithms.zab.config import LAST_COUNTER, ZabConfig
from quorate.algorithms.zab.messages import (
    Ack,
    AckEpoch,
    AckNewLeader,
    LeaderInfo,
    NewLeader,
    Notification,
    ZabHardState,
    Zxid,
)
from quorate.core.algorithm import Histories, Vouched
from quorate.core.durable import HardState, LogPoint
from quorate.core.ids import NodeId, Term
from quorate.core.message import Message

SHORT_EPOCHS = 0.15
"""The share of storms in which an epoch is soon full."""

WEIGHED = 0.1
GROUPED = 0.1
"""The shares of those in which votes weigh differently, and in which groups of voters decide."""


def draw_options(random: Random, nodes: int) -> dict[str, Any]:
    """Epochs that are soon full, waits of several lengths, and quorums that are no majorities. Any one node, and any two of five or more,
    may be lost for good without taking every quorum along."""
    options: dict[str, Any] = {
        "last_counter": random.choice((20, 60)) if random.random() < SHORT_EPOCHS else LAST_COUNTER,
        "finalize_wait_ms": random.choice((1, 10, 50)),
        "notification_ms": random.choice((50, 200)),
        "observer_wait_ms": random.choice((0, 200)),
    }
    kind = random.random()
    if nodes >= 3 and kind < WEIGHED:
        options["quorum_weights"] = _draw_weights(random, nodes)
    elif nodes >= 4 and kind < WEIGHED + GROUPED:
        options["quorum_groups"] = _draw_groups(random, nodes)
    return options


def _draw_weights(random: Random, nodes: int) -> str:
    """One node weighs twice as much as others, and perhaps one nothing."""
    chosen = random.sample(range(1, nodes + 1), nodes)
    weights = {chosen[0]: 2}
    if nodes >= 5:
        weights |= {chosen[1]: 2} | ({chosen[2]: 0} if random.random() < 0.5 else {})
    return ", ".join(f"{node}={weight}" for node, weight in sorted(weights.items()))


def _draw_groups(random: Random, nodes: int) -> str:
    """Two of three groups decide; or one of one, with voters beside it that decide nothing."""
    order = random.sample(range(1, nodes + 1), nodes)
    cut = [order[place::3] for place in range(3)] if nodes >= 6 else [order[: 3 if nodes < 5 else 5]]
    return "; ".join(",".join(map(str, sorted(group))) for group in cut)


def decides(config: ZabConfig, sets: Any, nodes: Any) -> bool:
    """Whether `nodes` are a quorum of each of `sets`."""
    return config.quorums.decides(sets, nodes)


def epochs(hard: HardState) -> tuple[Term, Term]:
    """What a disk says of epochs."""
    return (hard.accepted_epoch, hard.current_epoch) if isinstance(hard, ZabHardState) else (0, 0)


def vouched(sender: NodeId, message: Message) -> Vouched | None:
    """What must be on the sender's disk before it says this (docs/zab.md, what is durable before what)."""
    match message:
        case Ack():
            return Vouched(last=_point(message.zxid))
        case LeaderInfo():
            return Vouched(promised=message.epoch)
        case AckEpoch():
            return Vouched(term=max(0, message.current_epoch), last=_point(message.last))
        case NewLeader() | AckNewLeader():
            return Vouched(promised=message.epoch, term=message.epoch)
        case Notification() if message.vote.sid == sender:
            return Vouched(term=message.vote.epoch, last=_point(message.vote.zxid))
        case _:
            return None


def _point(zxid: Zxid) -> LogPoint:
    return LogPoint(zxid.index, zxid.epoch)


HISTORIES = Histories(epochs, vouched)
