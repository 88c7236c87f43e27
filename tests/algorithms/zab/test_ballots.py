"""Votes, compared as plain values; ZooKeeper's own vectors are in tests/scenarios/test_zab_election.py."""

from hypothesis import given
from hypothesis import strategies as st

from quorate.algorithms.zab.ballots import Ballot, equal, leader_ok, outranks, supporters
from quorate.algorithms.zab.messages import Vote, Zxid

votes = st.builds(Vote, st.integers(-1, 3), st.builds(Zxid, st.integers(0, 2), st.integers(0, 3)), st.integers(1, 3))


@given(votes, votes)
def test_of_two_different_votes_exactly_one_outranks_the_other(one: Vote, other: Vote) -> None:
    assert outranks(one, other, 1) + outranks(other, one, 1) == (one != other)
    assert not outranks(one, other, 0)


@given(votes, votes)
def test_epoch_comes_first_then_the_last_entry_then_the_id(one: Vote, other: Vote) -> None:
    as_tuple = [(v.epoch, v.zxid.epoch, v.zxid.index, v.sid) for v in (one, other)]
    assert outranks(one, other, 1) == (as_tuple[0] > as_tuple[1])


def test_equality_depends_on_who_has_decided() -> None:
    early, late = Vote(1, Zxid(1, 1), 3), Vote(1, Zxid(1, 9), 3)
    assert equal(Ballot("following", 1, early), Ballot("leading", 9, late))
    assert not equal(Ballot("looking", 1, early), Ballot("leading", 1, late))
    assert supporters(
        {1: Ballot("following", 1, early), 2: Ballot("looking", 1, early)}, Ballot("following", 1, late)
    ) == {1}


def test_a_leader_is_one_that_says_so_or_this_server_in_this_round() -> None:
    vote = Ballot("following", 4, Vote(1, Zxid(1, 1), 3))
    assert not leader_ok({}, vote, 1, 4)
    assert not leader_ok({3: vote}, vote, 1, 4)
    assert leader_ok({3: Ballot("leading", 4, vote.vote)}, vote, 1, 9)
    assert leader_ok({}, vote, 3, 4)
    assert not leader_ok({}, vote, 3, 5)
