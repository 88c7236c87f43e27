"""The learner's side of synchronisation."""

import pytest

from algorithms.raft.harness import acts, sends
from algorithms.zab.harness import ZabServer, deciding, log_of, taught, zxid
from quorate.algorithms.zab.messages import (
    AckNewLeader,
    Diff,
    LeaderInfo,
    NewLeader,
    Propose,
    SessionEnd,
    Trunc,
    UpToDate,
    ZabHardState,
)
from quorate.core.effects import Persist, Send
from quorate.core.errors import InvariantError


def beginning(**settings: object) -> ZabServer:
    """It awaits the leader's word on where to begin."""
    server = deciding(1, **settings)
    server.receive(3, LeaderInfo(1, 9))
    server.disk()
    return server.clear()


def test_f4_a_diff_must_begin_where_we_end() -> None:
    server = beginning(accepted=1, entries=log_of(1))
    server.receive(3, Diff(1, zxid(1, 1)))
    assert server.state.learning.staged is not None
    wrong = beginning(accepted=1, entries=log_of(1))
    assert (3, SessionEnd(1, "out_of_order")) in sends(wrong.receive(3, Diff(1, zxid(0, 0))))


def test_f5_a_cut_is_made_with_the_new_leader_and_not_before() -> None:
    server = beginning(accepted=1, entries=log_of(1, 1, 1))
    server.receive(3, Trunc(1, zxid(1, 1)))
    (new,) = log_of(2, start=1)
    server.receive(3, Propose(1, new))
    assert server.state.log.last_index == 3
    assert acts(server.receive(3, NewLeader(1, 9))) == [
        Persist(2, truncate_from=2, entries=(new,)),
        Persist(3, ZabHardState(9, 9)),
        Send(3, AckNewLeader(1, 9)),
    ]


def test_f5_a_cut_at_what_we_do_not_have_asks_for_another_start() -> None:
    server = beginning(accepted=2, entries=log_of(1, 2))
    effects = server.receive(3, Trunc(1, zxid(1, 2)))
    assert (3, SessionEnd(1, "no_common_entry")) in sends(effects)
    assert server.state.want_snapshot


def test_f5_a_cut_below_what_is_committed_stops_the_node() -> None:
    server = beginning(accepted=1, entries=log_of(1, 1), commit=2)
    with pytest.raises(InvariantError, match="committed data would be lost"):
        server.receive(3, Trunc(1, zxid(1, 1)))


@pytest.mark.parametrize("message", [NewLeader(1, 9), UpToDate(1, zxid(0, 0)), Propose(1, log_of(1)[0])])
def test_what_comes_before_its_time_ends_the_session(message: object) -> None:
    server = beginning()
    effects = server.receive(3, message)
    assert next(type(each) for _, each in sends(effects)) is SessionEnd
    assert server.state.role.value == "looking"


def test_f8_another_epoch_than_the_one_proposed_is_not_taken_over() -> None:
    server = taught(1, epoch=3)
    assert (3, SessionEnd(1, "out_of_order")) in sends(server.receive(3, NewLeader(1, 4)))


def test_f8_without_entries_only_the_epoch_is_written() -> None:
    server = taught(1, epoch=3, accepted=3, current=2)
    assert acts(server.receive(3, NewLeader(1, 3)))[0] == Persist(1, ZabHardState(3, 3))
