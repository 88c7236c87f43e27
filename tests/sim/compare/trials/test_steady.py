"""What rest and writes cost."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.stage import Stage
from quorate.sim.compare.trials.steady import rest, writes_alone, writes_together


def raft(nodes: int) -> Stage:
    return Stage(Entrant("raft", "raft"), nodes, 1)


@pytest.mark.parametrize("nodes", [3, 7])
def test_a_heartbeat_and_its_answer_for_each_follower_every_interval(nodes: int) -> None:
    seen = rest(raft(nodes))
    assert seen.values["rest_messages"] == pytest.approx(2 * 20 * (nodes - 1), rel=0.02)
    assert seen.kinds["Append"] == pytest.approx(seen.kinds["AppendReply"], rel=0.02)


def test_a_write_alone_takes_two_messages_a_follower() -> None:
    """The entry, and its answer: the commit index travels with the next write's entry."""
    seen = writes_alone(raft(5)).values
    assert 7.9 <= (seen["alone_messages"] or 0) <= 8.1
    assert 2 * MILLISECOND < (seen["alone_time"] or 0) < 4 * MILLISECOND


def test_it_takes_four_where_every_commit_is_told_by_itself() -> None:
    seen = writes_alone(Stage(Entrant("raft", "raft", {"commit_delay_ms": 0}), 5, 1)).values
    assert 15.9 <= (seen["alone_messages"] or 0) <= 16


def test_writes_together_share_messages() -> None:
    alone, together = writes_alone(raft(3)).values, writes_together(raft(3)).values
    assert (together["together_messages"] or 0) < (alone["alone_messages"] or 0) / 10
    assert (together["together_bytes"] or 0) > 2 * 64
