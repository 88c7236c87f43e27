"""A leader's record of one learner."""

import pytest

from algorithms.raft.disk import meta_of
from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.zab.session import Session, Stage
from quorate.core.errors import InvariantError


def test_what_is_owed_is_the_oldest_entry_not_acknowledged() -> None:
    session = Session(1, 0, 0, follower=True)
    assert session.owes_since() is None
    session.sent(4, 10)
    session.sent(5, 20)
    assert (session.sent_to, session.owes_since()) == (5, 10)
    session.acknowledged(4)
    assert (session.acked_to, session.owes_since()) == (4, 20)
    session.acknowledged(3)
    assert session.acked_to == 4
    session.check()


def test_what_came_while_it_took_the_history_over_is_owed_from_then_on() -> None:
    session = Session(1, 0, 0, follower=True)
    session.sent(4, 10)
    session.is_active(500)
    assert (session.stage, session.owes_since()) == (Stage.ACTIVE, 500)


def test_it_streams_from_the_new_leader_on() -> None:
    session = Session(1, 0, 0, follower=True)
    streams = []
    for stage in Stage:
        session.stage = stage
        streams.append(session.streams)
    assert streams == [False, False, False, False, True, True]


def test_what_cannot_be_is_caught() -> None:
    session = Session(1, 0, 0, follower=True)
    session.acknowledged(1)
    with pytest.raises(InvariantError, match="acknowledged 1, and was sent up to 0"):
        session.check()
    session = Session(1, 0, 0, follower=True)
    session.outgoing = Outgoing(meta_of(1, 1), 0)
    with pytest.raises(InvariantError, match="stage hello with snapshot"):
        session.check()
