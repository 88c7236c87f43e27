"""What the operator of a group should know of it."""

from __future__ import annotations

import msgspec
import pytest

from quorate.server.member_advice import advice, future_voters, lost_quorum
from server.fake_node import group_of, status_of


@pytest.mark.parametrize("voters", [(1, 2, 3), (1, 2, 3, 4, 5), (4, 6, 9)])
def test_a_sound_group_gets_no_advice(voters: tuple[int, ...]) -> None:
    assert advice(group_of(*voters)) == []
    assert advice(group_of(*voters, learners=(11, 12))) == []


def test_r33_two_voters_are_told_what_the_loss_of_one_means_before_it_happens() -> None:
    (told,) = advice(group_of(1, 2))
    assert "the lost one cannot be removed" in told
    assert "quorate recover" in told


def test_one_voter_and_an_even_number() -> None:
    assert "node 1 alone votes" in advice(group_of(1))[0]
    assert advice(group_of(1, 2, 3, 4)) == [
        "4 voters survive the loss of 1, no more than 3 would: one more or one less is better"
    ]


def test_a_change_that_waits_to_be_ended_is_named() -> None:
    (told,) = advice(group_of(1, 2, 3, joint=True, auto_leave=False))
    assert "leave-joint" in told


def test_it_is_about_the_voters_there_will_be() -> None:
    group = group_of(1, 2, 3, learners=(4,))
    coming = msgspec.structs.replace(group.members[3], wants_vote=True)
    growing = msgspec.structs.replace(group, members=(*group.members[:3], coming))
    assert future_voters(growing) == {1, 2, 3, 4}
    assert len(advice(growing)) == 1
    replacing = msgspec.structs.replace(
        group, members=(*group.members[:3], msgspec.structs.replace(coming, replaces=2))
    )
    assert future_voters(replacing) == {1, 3, 4}
    assert advice(replacing) == []


def test_who_must_be_up_for_a_change() -> None:
    assert "needs both of nodes 1 and 2" in lost_quorum(status_of(group=group_of(1, 2)))
    assert "needs 2 of the voters (nodes 1, 2 and 3)" in lost_quorum(status_of(group=group_of(1, 2, 3)))
    assert lost_quorum(status_of(group=group_of())) == ""
