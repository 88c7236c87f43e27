"""What storms draw of ZAB, and what they see of it."""

from itertools import combinations
from random import Random

import msgspec
import pytest

from quorate.algorithms.zab.config import LAST_COUNTER, ZabConfig
from quorate.algorithms.zab.messages import (
    NO_ACK,
    ZERO,
    Ack,
    AckEpoch,
    AckNewLeader,
    LeaderInfo,
    NewLeader,
    Notification,
    Ping,
    Vote,
    ZabHardState,
    Zxid,
)
from quorate.algorithms.zab.storms import decides, draw_options, epochs, vouched
from quorate.core.algorithm import Vouched
from quorate.core.durable import HardState, LogPoint
from quorate.core.message import Message

SEEDS = 400


@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 5, 7])
def test_every_setting_that_is_drawn_is_sound_and_some_quorum_survives(nodes: int) -> None:
    voters = range(1, nodes + 1)
    for seed in range(SEEDS):
        config = msgspec.convert(draw_options(Random(seed), nodes), ZabConfig)
        assert decides(config, [voters], voters)
        if nodes > 2:
            assert any(decides(config, [voters], [*set(voters) - {lost}]) for lost in voters)


def test_all_kinds_of_quorums_are_drawn_and_short_epochs() -> None:
    drawn = [msgspec.convert(draw_options(Random(seed), 5), ZabConfig) for seed in range(SEEDS)]
    assert {bool(config.quorum_weights) for config in drawn} == {True, False}
    assert {bool(config.quorum_groups) for config in drawn} == {True, False}
    assert not any(config.quorum_weights and config.quorum_groups for config in drawn)
    assert {config.last_counter for config in drawn} == {20, 60, LAST_COUNTER}


def test_two_quorums_that_are_drawn_share_a_member() -> None:
    voters = range(1, 8)
    sets = [members for size in range(8) for members in combinations(voters, size)]
    for seed in range(60):
        config = msgspec.convert(draw_options(Random(seed), 7), ZabConfig)
        winning = [members for members in sets if decides(config, [voters], members)]
        assert all(set(one) & set(other) for one in winning for other in winning if len(one) + len(other) <= 7)


def test_who_decides_by_weights() -> None:
    config = ZabConfig(quorum_weights="1=2")
    assert decides(config, [(1, 2, 3)], {1, 3})
    assert not decides(config, [(1, 2, 3)], {2, 3})
    assert not decides(config, [(1, 2, 3), (2, 3, 4)], {1, 3})


def test_what_a_disk_says_of_epochs() -> None:
    assert epochs(ZabHardState(5, 4)) == (5, 4)
    assert epochs(HardState()) == (0, 0)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (LeaderInfo(1, 5), Vouched(promised=5)),
        (AckEpoch(1, 4, Zxid(4, 9)), Vouched(term=4, last=LogPoint(9, 4))),
        (AckEpoch(1, NO_ACK, Zxid(4, 9)), Vouched(last=LogPoint(9, 4))),
        (NewLeader(1, 5), Vouched(promised=5, term=5)),
        (AckNewLeader(1, 5), Vouched(promised=5, term=5)),
        (Ack(1, Zxid(5, 10)), Vouched(last=LogPoint(10, 5))),
        (Notification("looking", 1, Vote(4, Zxid(4, 9), 3)), Vouched(term=4, last=LogPoint(9, 4))),
        (Notification("looking", 1, Vote(0, ZERO, 3)), Vouched()),
        (Notification("looking", 1, Vote(4, Zxid(4, 9), 2)), None),
        (Ping(1, 1), None),
    ],
)
def test_what_a_message_vouches_for(message: Message, said: Vouched | None) -> None:
    assert vouched(3, message) == said
