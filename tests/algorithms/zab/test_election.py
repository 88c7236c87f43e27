"""The election's handlers; whole elections are in tests/scenarios/test_zab_election.py."""

from algorithms.raft.harness import sends
from algorithms.zab.harness import ZabServer, deciding, log_of, notification, zxid
from quorate.algorithms.zab.election import handle_notification, look_on
from quorate.algorithms.zab.messages import Vote


def test_e4_a_better_vote_is_taken_over_and_told_to_all() -> None:
    server = ZabServer(1, peers=(2, 3))
    effects = server.receive(2, notification("looking", 1, (0, zxid(0, 0), 2)))
    assert [(to, message.vote.sid) for to, message in sends(effects)] == [(2, 2), (3, 2)]
    assert not sends(server.receive(2, notification("looking", 1, (0, zxid(0, 0), 2))))


def test_e4_a_worse_vote_is_counted_only() -> None:
    server = ZabServer(1, accepted=1, entries=log_of(1), peers=(2, 3))
    assert not sends(server.receive(3, notification("looking", 1, (0, zxid(0, 0), 3))))
    assert server.state.received[3].vote == Vote(0, zxid(0, 0), 3)


def test_e4_a_reply_is_never_answered() -> None:
    server = ZabServer(1, peers=(2, 3))
    server.state.round = 5
    assert len(sends(server.receive(2, notification("looking", 1, (0, zxid(0, 0), 2))))) == 1
    assert not sends(server.receive(2, notification("looking", 1, (0, zxid(0, 0), 2), reply=True)))


def test_e5_outside_votes_of_any_round_show_whom_to_join() -> None:
    server = ZabServer(1, peers=(2, 3))
    server.receive(2, notification("following", 8, (4, zxid(4, 4), 3)))
    assert server.state.role.value == "looking"
    server.receive(3, notification("leading", 8, (4, zxid(2, 1), 3)))
    assert (server.state.role.value, server.state.round, server.state.learning.leader) == ("following", 8, 3)


def test_an_observer_follows_whom_a_quorum_of_voters_names_and_tells_nobody() -> None:
    server = ZabServer(4, (1, 2, 3), peers=(1, 2, 3)).clear()
    handle_notification(server.state, 1, notification("looking", 6, (0, zxid(0, 0), 3)))
    handle_notification(server.state, 3, notification("looking", 6, (0, zxid(0, 0), 3)))
    assert not server.raft._take_effects()
    server.now += server.config.finalize_wait_ms * 1_000_000
    server.state.now = server.now
    look_on(server.state)
    assert server.state.role.value == "observing"


def test_a_quorum_of_votes_that_is_gone_decides_nothing() -> None:
    server = ZabServer(2, peers=(1, 3))
    server.receive(1, notification("looking", 1, (0, zxid(0, 0), 2)))
    assert server.state.finalize_by is not None
    server.state.received.pop(1)
    server.time_out()
    assert (server.state.finalize_by, server.state.role.value) == (None, "looking")


def test_a_quorum_that_stands_no_more_decides_nothing_and_what_else_is_due_is_done() -> None:
    server = ZabServer(1, (1, 2, 3), peers=(2, 3)).clear()
    server.state.finalize_by = server.state.notify_at
    server.wait(server.state.notify_at)
    assert (server.state.role.value, server.state.finalize_by) == ("looking", None)
    deadline = server.raft.deadline()
    assert deadline is not None
    assert deadline > server.now
    assert [to for to, _ in server.sent()] == [2, 3]


def test_who_hears_of_newer_members_waits_for_their_votes() -> None:
    for version, decided in ((0, True), (9, False)):
        server = ZabServer(1, (1, 2), peers=(2,))
        vote = (1, zxid(1, 1), 2)
        server.receive(2, notification("looking", server.state.round, vote, config_version=version))
        server.wait(0)
        assert (server.state.learning is not None) == decided


def test_one_that_was_elected_and_votes_for_another_is_left() -> None:
    server = deciding(1, 3)
    server.receive(3, notification("looking", 8, (0, zxid(0, 0), 3)))
    assert server.state.learning is not None
    server.receive(3, notification("looking", 8, (1, zxid(1, 1), 2)))
    assert server.state.role.value == "looking"
