"""An ensemble at work: how many messages it takes, observers, failover, partitions and what becomes of an uncommitted tail."""

from collections import Counter
from collections.abc import Callable

import pytest

from algorithms.zab.harness import SYNC_NS, TICK_NS, ZabServer, ZabStage
from quorate.algorithms.zab.config import ZabConfig
from quorate.core.effects import ReadReady, Unresolved
from quorate.core.ids import MILLISECOND, SECOND
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]

CONTROL = {"FollowerInfo", "LeaderInfo", "AckEpoch", "Diff", "Trunc", "NewLeader", "AckNewLeader", "UpToDate"}
BROADCAST = {"Propose", "Ack", "Commit", "Inform"}


def counted(stage: ZabStage) -> Counter[str]:
    """How many messages of each kind are sent from now on."""
    seen: Counter[str] = Counter()
    passing = stage.delay

    def delay(sender: int, to: int, message: object) -> int | None:
        seen[type(message).__name__] += 1
        return passing(sender, to, message)

    stage.delay = delay
    return seen


def only(seen: Counter[str], kinds: set[str]) -> int:
    return sum(number for kind, number in seen.items() if kind in kinds)


@pytest.mark.parametrize(("count", "entry", "control"), [(3, 6, 14), (5, 12, 28), (8, 21, 49), (9, 24, 56)])
def test_count_of_messages_for_an_entry_and_to_bring_all_followers_in(count: int, entry: int, control: int) -> None:
    stage = ZabStage(count)
    seen = counted(stage)
    chief = stage.elect()
    assert only(seen, CONTROL) == control
    seen.clear()
    stage.propose(chief.node, b"x")
    stage.run_until(stage.settled)
    stage.run(20 * MILLISECOND)
    assert only(seen, BROADCAST) == entry
    assert seen["Propose"] == seen["Ack"] == seen["Commit"] == count - 1


def test_count_of_messages_for_observers_is_one_an_entry_and_never_counts() -> None:
    stage = ZabStage(5, voters=3)
    chief = stage.elect()
    assert [stage[node].state.role.value for node in (4, 5)] == ["observing", "observing"]
    seen = counted(stage)
    stage.propose(chief.node, b"x")
    stage.run_until(stage.settled)
    assert (seen["Inform"], seen["Propose"], seen["Ack"]) == (2, 2, 2)
    stage.cut(1, 2)
    stage.propose(chief.node, b"y")
    stage.run(SYNC_NS - TICK_NS)
    assert chief.state.commit < chief.state.log.last_index


def test_observers_forward_writes_and_answer_reads() -> None:
    stage = ZabStage(4, voters=3)
    stage.elect()
    stage.propose(4, b"x")
    stage.run_until(lambda: stage[4].state.applied == 1)
    stage.touch(4, lambda server: server.read(7))
    stage.run_until(lambda: bool(stage[4].told) and isinstance(stage[4].told[-1], ReadReady))
    assert stage[4].told[-1] == ReadReady(7, 1)


def test_losing_an_observer_does_not_touch_the_quorum() -> None:
    stage = ZabStage(4, voters=3)
    chief = stage.elect()
    stage.kill(4)
    stage.run(SECOND)
    assert chief.leads
    assert chief.state.current_epoch == 1


def test_e10_late_joiner_one_sees_equal_votes_of_a_healthy_ensemble() -> None:
    """ZOOKEEPER-1732."""
    stage = ZabStage(5)
    chief = stage.elect()
    dead = stage.kill(1)
    stage.run(SECOND)
    stage.propose(chief.node, b"x", b"y")
    stage.run_until(stage.settled)
    stage.revive(dead)
    stage.run_until(lambda: stage[1].state.leader == chief.node)
    assert chief.state.current_epoch == 1
    stage.run_until(stage.settled)


def test_one_proposal_through_a_follower(golden: Golden) -> None:
    stage = ZabStage()
    stage.elect()
    stage.run(2 * MILLISECOND)
    transcript = Transcript(
        "A write that a follower takes: forwarded, proposed, acknowledged by a quorum of disks, committed"
    )
    for server in stage.servers.values():
        server.on_step = transcript.record
    stage.propose(1, b"x")
    stage.run_until(lambda: stage.settled(1))
    golden("zab_one_proposal", transcript)


def test_fast_failover_a_dead_leader_is_replaced_within_a_few_round_trips(golden: Golden) -> None:
    stage = ZabStage()
    chief = stage.elect()
    stage.propose(1, b"x")
    stage.run_until(lambda: stage.settled(1))
    transcript = Transcript("The leader's process dies; its connections break, and nobody sits out a time-out")
    for server in stage.servers.values():
        server.on_step = transcript.record
    stage.kill(chief.node)
    took = stage.run_until(lambda: 2 in stage.leaders)
    assert took < 25 * MILLISECOND
    assert stage[2].state.current_epoch == 2
    golden("zab_fast_failover", transcript)


def test_f12_a_leader_that_falls_silent_is_replaced_after_the_sync_limit() -> None:
    stage = ZabStage()
    chief = stage.elect()
    stage.cut(chief.node)
    took = stage.run_until(lambda: bool(stage.leaders) and stage.leaders != [chief.node])
    assert SYNC_NS <= took <= SYNC_NS + 2 * TICK_NS


def test_l12_a_leader_without_a_quorum_gives_up() -> None:
    stage = ZabStage()
    chief = stage.elect()
    stage.cut(chief.node)
    took = stage.run_until(lambda: not chief.leads)
    assert SYNC_NS <= took <= SYNC_NS + TICK_NS


def test_s3_an_uncommitted_tail_is_cut_when_its_server_rejoins(golden: Golden) -> None:
    """What the old leader proposed and nobody acknowledged gives way; its caller was told that nobody knows, never that it failed."""
    stage = ZabStage()
    chief = stage.elect()
    stage.propose(3, b"a")
    stage.run_until(stage.settled)
    passing = stage.delay
    stage.cut(3)
    stage.propose(3, b"lost", b"lost too")
    stage.run_until(lambda: stage.leaders == [2])
    stage.propose(2, b"kept")
    stage.run_until(lambda: stage[1].state.commit == 2)
    assert {news.sequence for news in chief.told if isinstance(news, Unresolved)} >= {2, 3}
    assert chief.state.log.last_index == 3
    transcript = Transcript("A leader that was cut off comes back with a tail that nobody acknowledged").watch([])
    stage[3].on_step = transcript.record
    stage.delay = passing
    stage.break_link(1, 3)
    stage.break_link(2, 3)
    stage.connect(1, 3)
    stage.connect(2, 3)
    stage.run_until(stage.settled)
    assert [entry.data for entry in stage[3].applied] == [b"a", b"kept"]
    assert [entry.term for entry in stage[3].applied] == [1, 2]
    golden("zab_rejoin", transcript)


def test_a_new_leader_commits_what_it_finds_in_its_log() -> None:
    stage = ZabStage()
    stage.elect()
    stage.hung.add(1)
    stage.propose(3, b"x")
    stage.run(MILLISECOND * 3 // 2)
    assert stage[2].state.log.last_index == 1
    stage.kill(3)
    stage.hung.clear()
    stage.touch(1, lambda server: server.disk())
    stage.run_until(lambda: stage.leaders == [2])
    assert [entry.data for entry in stage[2].applied] == [b"x"]


def test_roll_over_an_epoch_with_as_many_entries_as_it_can_name_is_followed_by_the_next() -> None:
    """ZOOKEEPER-1277: the counter never overflows into the epoch."""
    stage = ZabStage(config=ZabConfig(last_counter=5))
    stage.elect()
    for number in range(20):
        stage.elect()
        stage.propose(stage.leader.node, b"%d" % number)
        stage.run_until(lambda: bool(stage.leaders) and stage.settled())
    epochs = Counter(entry.term for entry in stage[1].applied)
    assert len(epochs) >= 4
    assert set(epochs.values()) <= {1, 2, 3, 4}
    assert len({tuple(entry.data for entry in server.applied) for server in stage.servers.values()}) == 1


def test_a_group_of_one_leads_itself_once_its_epoch_is_durable() -> None:
    server = ZabServer(1, (1,))
    server.time_out()
    assert not server.leads
    server.disk()
    assert server.leads
    server.propose(b"x")
    assert not server.applied
    server.disk()
    assert [entry.data for entry in server.applied] == [b"x"]


def test_weight_0_never_wins_nine_servers_of_which_one_group_has_weight() -> None:
    config = ZabConfig(
        quorum_groups="1,2,3; 4,5,6; 7,8,9", quorum_weights=",".join(f"{node}=0" for node in range(4, 10))
    )
    stage = ZabStage(9, config=config)
    chief = stage.elect()
    assert chief.node == 3
    stage.kill(1)
    stage.propose(3, b"x")
    stage.run_until(stage.settled)
    stage.kill(2)
    stage.run_until(lambda: not stage[3].leads)
