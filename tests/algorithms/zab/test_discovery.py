"""Discovery's handlers; the conversations are in tests/scenarios/test_zab_conversations.py."""

import pytest

from algorithms.raft.harness import acts, sends
from algorithms.zab.harness import ZabServer, deciding, elected, hello, notification, zxid
from quorate.algorithms.zab.discovery import LAST_EPOCH
from quorate.algorithms.zab.messages import AckEpoch, LeaderInfo, ObserverInfo, SessionEnd
from quorate.core.errors import InvariantError


def test_f1_who_calls_one_that_looks_is_kept_until_it_is_elected() -> None:
    server = ZabServer(3, peers=(1, 2))
    hello(server, 1)
    hello(server, 2)
    server.receive(1, SessionEnd(1, "gone"))
    server.disconnect(2)
    assert not server.state.callers


def test_l2_observers_do_not_raise_the_epoch_and_make_no_quorum() -> None:
    """ZOOKEEPER-2959."""
    leader = elected()
    assert not sends(leader.receive(9, ObserverInfo(1, 40)))
    effects = hello(leader, 1)
    assert sends(effects) == [(9, LeaderInfo(1, 1)), (1, LeaderInfo(1, 1))]


def test_l3_an_observer_that_has_seen_a_later_epoch_is_let_in() -> None:
    leader = elected()
    hello(leader, 1)
    assert sends(leader.receive(9, ObserverInfo(1, 40))) == [(9, LeaderInfo(1, 1))]


def test_f2_a_leader_that_is_not_connected_is_waited_for() -> None:
    server = ZabServer(1)
    for peer in (2, 3):
        server.receive(peer, notification("leading" if peer == 3 else "following", 1, (0, zxid(0, 0), 3)))
    assert server.state.learning.session is None
    (sent,) = sends(server.connect(3))
    assert sent[1].session == 1


def test_f3_an_observer_promises_nothing_and_refuses_an_epoch_below_its_own() -> None:
    server = deciding(4, members=(1, 2, 3), accepted=5, current=3)
    assert acts(server.receive(3, LeaderInfo(1, 4)))[0].message == AckEpoch(1, 3, zxid(0, 0))
    server = deciding(4, members=(1, 2, 3), accepted=5, current=5)
    server.receive(3, LeaderInfo(1, 4))
    assert server.state.learning is None


def test_the_last_epoch_stops_the_node() -> None:
    leader = elected(accepted=LAST_EPOCH)
    with pytest.raises(InvariantError, match="was the last one there is"):
        hello(leader, 1, LAST_EPOCH)
