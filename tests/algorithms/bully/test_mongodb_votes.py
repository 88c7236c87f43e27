"""The rules of MongoDB's first protocol: the voter."""

from algorithms.bully.test_mongodb_v0 import V0, primary_by
from algorithms.bully.words import Epoch, bully
from algorithms.electing.one import One, kinds, sends
from quorate.algorithms.bully.mongodb_messages import Ballot, Elect, Fresh, Ping
from quorate.algorithms.bully.mongodb_votes import VETO


def said(one: One) -> object:
    """Its answer."""
    return sends(one.did)[0][1]


def test_fresher_is_whoever_this_member_knows_to_be() -> None:
    one = bully(2, **V0)
    one.receive(3, Ping(1, 9, 0, primary=False, epoch=Epoch(0, 0)))
    one.receive(1, Fresh(1, 4, 8, 0))
    assert (said(one).fresher, said(one).veto, said(one).op_time) == (True, False, 0)
    one.receive(1, Fresh(1, 5, 9, 0))
    assert not said(one).fresher


def test_who_is_gone_is_not_fresher() -> None:
    """What only it had is lost for now; to wait for it would be to wait for ever, if its disk is damaged."""
    one = bully(2, **V0)
    one.receive(3, Ping(1, 9, 0, primary=False, epoch=Epoch(0, 0)))
    one.doze(70)
    one.receive(1, Fresh(1, 4, 8, 0))
    assert not said(one).fresher


def test_a_vote_binds_and_the_same_candidate_gets_it_again() -> None:
    one = bully(2, **V0)
    for sender, vote in ((1, 1), (3, 0), (1, 1)):
        one.receive(sender, Elect(1, 7, 0, 0))
        assert said(one) == Ballot(1, 7, vote)
    one.doze(30_000)
    one.receive(3, Elect(1, 8, 0, 0))
    assert said(one) == Ballot(1, 8, 1)


def test_a_primary_that_is_as_new_a_primary_that_is_seen_and_a_higher_priority_are_vetoes() -> None:
    leader = primary_by(1, 2)
    leader.receive(3, Elect(1, 7, 5, 0))
    assert said(leader) == Ballot(1, 7, VETO)
    sees = bully(2, **V0)
    sees.receive(3, Ping(1, 9, 0, primary=True, epoch=Epoch(1, 3)))
    sees.receive(1, Elect(1, 7, 9, 0))
    assert said(sees) == Ballot(1, 7, VETO)
    higher = bully(2, priority=3, **V0)
    higher.receive(1, Elect(1, 7, 0, 2))
    assert said(higher) == Ballot(1, 7, VETO)


def test_a_yes_makes_the_voter_resign() -> None:
    leader = primary_by(1, 2)
    leader.doze(30_000)
    leader.receive(2, Ping(1, 0, 0, primary=False, epoch=Epoch(0, 0)))
    leader.receive(3, Elect(1, 7, 6, 0))
    assert kinds(leader.did)[0] == "Ballot>3"
    assert leader.role == "follower"
