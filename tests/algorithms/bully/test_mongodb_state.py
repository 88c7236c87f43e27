"""A vote that binds for a while, in memory only."""

from quorate.algorithms.bully.mongodb_state import MongoState


def test_a_vote_binds_until_its_lease_is_over() -> None:
    mongo = MongoState()
    assert not mongo.voted_for_another(2, 0, 30)
    mongo.vote(3, 10)
    assert mongo.voted_for_another(2, 39, 30)
    assert not mongo.voted_for_another(3, 39, 30)
    assert not mongo.voted_for_another(2, 40, 30)
