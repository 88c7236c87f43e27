"""The rules of MongoDB's first protocol: the candidate."""

import msgspec

from algorithms.bully.words import Epoch, bully, config
from algorithms.electing.network import Network
from algorithms.electing.one import One, kinds, reasons
from quorate.algorithms.bully.bully import SPEC
from quorate.algorithms.bully.mongodb_messages import Ballot, Freshness, Ping
from quorate.algorithms.electing.messages import HeartbeatAck
from quorate.core.effects import Send
from quorate.core.ids import SECOND

V0 = {"variant": "mongodb_v0", "guard": "none"}


def mongo(node: int = 1, n: int = 3, *, fresh: int = 5, **changes: object) -> One:
    """A node that has heard no primary for so long that it stands."""
    one = bully(node, n, **V0, **changes)
    one.state.freshness = fresh
    while one.role == "follower":
        one.wait(1)
    return one


def answer(one: One, node: int, op_time: int = 1, *, fresher: bool = False, veto: bool = False) -> None:
    """To the first phase."""
    one.receive(node, Freshness(1, one.state.mongo.number, fresher, veto, op_time))


def test_two_phases_and_more_than_half_of_the_votes_make_a_primary() -> None:
    one = mongo()
    assert "Fresh>2" in kinds(one.did)
    answer(one, 2)
    answer(one, 3)
    assert kinds(one.did) == ["Elect>2", "Elect>3"]
    number = one.state.mongo.number
    one.receive(2, Ballot(1, number, 1))
    one.receive(3, Ballot(1, number, 0))
    assert kinds(one.did) == ["Persist", "LeaderChanged(1)", "Ping>2", "Ping>3"]


def test_a_veto_outweighs_all_votes_and_a_failure_frees_the_own_vote() -> None:
    one = mongo(n=5)
    for node in (2, 3, 4, 5):
        answer(one, node)
    number = one.state.mongo.number
    for node in (2, 3, 4):
        one.receive(node, Ballot(1, number, 1))
    one.receive(5, Ballot(1, number, -10_000))
    assert (one.role, one.state.mongo.voted_for, reasons(one.did)) == ("follower", None, ["vetoed"])


def test_who_is_fresher_or_has_a_veto_stops_it() -> None:
    for no in ({"fresher": True}, {"veto": True}):
        one = mongo()
        answer(one, 2, **no)
        assert (one.role, reasons(one.did)) == ("follower", ["vetoed"])
        assert one.due_ms("retry_at") is not None


def test_a_node_that_was_just_started_stands_only_if_all_have_answered() -> None:
    young = mongo()
    answer(young, 2)
    young.wait(21)
    assert reasons(young.did) == ["vetoed"]
    old = mongo(grace_ms=0)
    answer(old, 2)
    old.wait(21)
    assert old.role == "claiming"


def test_a_tie_is_waited_out_once_but_not_by_the_first_member() -> None:
    first = mongo(1)
    answer(first, 2, 5)
    answer(first, 3, 5)
    assert first.role == "claiming"
    other = mongo(2)
    answer(other, 1, 5)
    answer(other, 3, 5)
    assert other.role == "follower"
    wait = (other.due_ms("retry_at") or 0) - other.ms
    assert 50 <= wait < 1050
    while other.role == "follower":
        other.wait(1)
    answer(other, 1, 5)
    answer(other, 3, 5)
    assert other.role == "claiming"


def test_of_two_primaries_the_one_that_was_elected_last_stays() -> None:
    one = bully(1, **V0)
    one.receive(2, Ping(1, 5, 0, primary=True, epoch=Epoch(1, 2)))
    assert one.state.leader == 2
    one.receive(3, Ping(1, 5, 0, primary=True, epoch=Epoch(2, 3)))
    assert one.state.leader == 3
    one.receive(2, Ping(1, 5, 0, primary=True, epoch=Epoch(1, 2)))
    assert one.state.leader == 3
    one.receive(3, Ping(1, 5, 0, primary=False, epoch=Epoch(2, 3)))
    assert one.state.leader is None


def test_an_earlier_primary_is_told_and_stands_again() -> None:
    """It would veto everybody else otherwise, and nobody would follow it."""
    one = bully(1, **V0)
    one.receive(3, Ping(1, 5, 0, primary=True, epoch=Epoch(2, 3)))
    one.receive(2, Ping(1, 5, 0, primary=True, epoch=Epoch(1, 2)))
    told = HeartbeatAck(1, Epoch(1, 2), 0, 0, Epoch(2, 3))
    assert one.did[-1] == Send(2, told)
    primary = primary_by(3, 2)
    assert primary.role == "leader"
    primary.receive(1, msgspec.structs.replace(told, epoch=primary.state.epoch, known=Epoch(9, 2)))
    assert primary.role == "electing"


def test_a_primary_that_sees_no_majority_steps_down() -> None:
    one = mongo(1, 1)
    assert one.role == "leader"
    network = Network(SPEC, (1, 2, 3), config(**V0), seed=1, disk_ns=0)
    network.start()
    network.run(3 * SECOND)
    leader = network.agreed()
    assert leader is not None
    network.cut(leader)
    network.run(SECOND // 5)
    assert not network[leader].leads
    assert any(explain.reason == "majority_lost" for _, node, explain in network.explained if node == leader)


def test_v0_double_vote_a_voter_that_restarts_votes_twice_and_there_are_two_primaries() -> None:
    """The vote was in memory. The first primary is cut off from all but the voter, which forgets that it has voted."""
    voter = bully(2, **V0)
    from quorate.algorithms.bully.mongodb_messages import Elect

    voter.receive(1, Elect(1, 1, 0, 0))
    voter.receive(3, Elect(1, 1, 0, 0))
    assert [m.vote for m in (e.message for e in voter.did if hasattr(e, "message"))] == [0]
    again = bully(2, boot=2, **V0)
    again.receive(3, Elect(1, 1, 0, 0))
    assert [m.vote for m in (e.message for e in again.did if hasattr(e, "message"))] == [1]
    first, second = primary_by(1, 2), primary_by(3, 2)
    assert first.role == second.role == "leader"
    assert first.state.epoch.counter == second.state.epoch.counter


def primary_by(node: int, voter: int) -> One:
    """A candidate that `voter` has given its vote."""
    one = mongo(node, grace_ms=0)
    answer(one, voter)
    one.wait(21)
    one.receive(voter, Ballot(1, one.state.mongo.number, 1))
    one.wait(27)
    return one
