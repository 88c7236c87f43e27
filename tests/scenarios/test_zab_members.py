"""Members of a ZAB group come and go: through the log, with both quorums, and nobody is lost on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from algorithms.raft.harness import reasons
from algorithms.zab.harness import SYNC_NS, ZabServer, ZabStage
from quorate.algorithms.zab.config import ZabConfig
from quorate.core.effects import ConfigurationChanged, RequestDone, RequestRefused
from quorate.core.events import Requested
from quorate.core.ids import MILLISECOND, SECOND, NodeId
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove
from quorate.core.requests import ChangeMembers

_ids = iter(range(1, 1_000_000))


def stage_of(voters: int, spares: int = 0, config: ZabConfig | None = None) -> ZabStage:
    """A group that has a leader, and nodes beside it that know nobody."""
    members = tuple(range(1, voters + 1))
    servers = [ZabServer(node, members, config=config, seed=node) for node in members]
    servers += [ZabServer(node, (), config=config, seed=node) for node in range(voters + 1, voters + spares + 1)]
    stage = ZabStage(voters, servers=servers)
    stage.run_until(lambda: bool(stage.leaders) and stage.followers_of(stage.leaders[0]) == voters)
    return stage


@contextmanager
def apart(stage: ZabStage, *nodes: NodeId) -> Iterator[None]:
    """Within, these hear nobody else, and nobody else them; then all have new connections."""
    before = stage.delay
    stage.cut(*nodes)
    yield
    stage.delay = before
    for node in nodes:
        for peer in stage.servers.keys() - set(nodes):
            stage.break_link(node, peer)
            stage.connect(node, peer)


def ask(stage: ZabStage, at: NodeId, *changes: Change, **fields: Any) -> int:
    number = next(_ids)
    stage.touch(at, lambda server: server.step(Requested(number, ChangeMembers(changes, **fields))))
    return number


def answer(stage: ZabStage, at: NodeId, number: int) -> RequestDone | RequestRefused | None:
    told = [news for news in stage[at].told if isinstance(news, RequestDone | RequestRefused) and news.id == number]
    return told[0] if told else None


def change(stage: ZabStage, at: NodeId, *changes: Change, **fields: Any) -> RequestDone | RequestRefused:
    """Ask, and wait for the answer."""
    number = ask(stage, at, *changes, **fields)
    stage.run_until(lambda: answer(stage, at, number) is not None)
    found = answer(stage, at, number)
    assert found is not None
    return found


def why(found: RequestDone | RequestRefused) -> str:
    assert isinstance(found, RequestRefused)
    return found.reason


def roles(stage: ZabStage) -> dict[NodeId, str]:
    return {node: server.state.role.value for node, server in stage.servers.items()}


def test_a_newcomer_is_let_in_observes_and_votes_when_it_has_caught_up() -> None:
    stage = stage_of(3, 1)
    stage.propose(3, b"before")
    assert isinstance(change(stage, 1, Add(4)), RequestDone)
    stage.run_until(lambda: stage.settled(2))
    assert roles(stage) == {1: "following", 2: "following", 3: "leading", 4: "observing"}
    assert isinstance(change(stage, 4, Promote(4)), RequestDone)
    stage.run_until(lambda: roles(stage)[4] == "following" and stage.settled(3))
    assert stage.leader.state.configuration.voters == (1, 2, 3, 4)


def test_one_who_wants_to_vote_is_promoted_and_takes_the_place_of_another() -> None:
    stage = stage_of(3, 1)
    change(stage, 3, Add(4, wants_vote=True, replaces=1))
    stage.run_until(lambda: stage.leader.state.configuration.voters == (2, 3, 4))
    stage.run_until(lambda: roles(stage) == {1: "looking", 2: "following", 3: "leading", 4: "following"})
    assert stage[1].state.removed


def test_nothing_is_committed_without_the_new_voter_that_the_new_quorum_needs() -> None:
    """One voter becomes two: the second learns it from the log, calls again as a follower, and only then is the change committed."""
    stage = stage_of(1, 1)
    change(stage, 1, Add(2))
    stage.run_until(lambda: stage.settled(1) and roles(stage)[2] == "observing")
    with apart(stage, 2):
        number = ask(stage, 1, Promote(2))
        stage.run(SYNC_NS // 2)
        assert answer(stage, 1, number) is None
        assert stage[1].state.unsettled
    stage.run_until(lambda: bool(stage.leaders) and roles(stage)[2] in ("following", "leading"))
    stage.run_until(lambda: all(not server.state.unsettled for server in stage.servers.values()))
    assert stage.leader.state.configuration.voters == (1, 2)


def test_several_at_once_need_both_quorums() -> None:
    stage = stage_of(3, 3)
    change(stage, 3, Add(4), Add(5), Add(6))
    stage.run_until(lambda: stage.settled(1) and set(roles(stage).values()) == {"leading", "following", "observing"})
    with apart(stage, 4, 5, 6):
        number = ask(stage, 3, *(Promote(n) for n in (4, 5, 6)), *(Remove(n) for n in (1, 2)))
        stage.run(SYNC_NS // 2)
        state = stage[3].state
        assert (state.configuration.joint, state.unsettled) == (True, True)
    stage.run_until(lambda: bool(stage.leaders) and stage.leader.state.configuration.voters == (3, 4, 5, 6))
    stage.run_until(lambda: not stage.leader.state.unsettled)
    assert answer(stage, 3, number) is not None


def test_a_new_leader_ends_a_joint_change() -> None:
    stage = stage_of(3, 2)
    change(stage, 3, Add(4), Add(5))
    stage.run_until(lambda: stage.settled(1))
    assert isinstance(change(stage, 3, Promote(4), Promote(5), auto_leave=False), RequestDone)
    assert stage.leader.state.configuration.joint
    assert why(change(stage, 3, Remove(1))) == "joint"
    stage = stage_of(3, 2)
    change(stage, 3, Add(4), Add(5))
    stage.run_until(lambda: stage.settled(1))
    ask(stage, 3, Promote(4), Promote(5))
    stage.run_until(lambda: sum(server.state.configuration.joint for server in stage.servers.values()) > 2)
    stage.kill(3)
    stage.run_until(lambda: bool(stage.leaders) and stage.leader.state.configuration.voters == (1, 2, 3, 4, 5))
    stage.run_until(lambda: not stage.leader.state.unsettled and not stage.leader.state.configuration.joint)


def test_a_leader_that_is_removed_commits_that_hands_over_and_leaves() -> None:
    stage = stage_of(3)
    stage.propose(3, b"x")
    assert isinstance(change(stage, 3, Remove(3)), RequestDone)
    stage.run_until(lambda: stage.leaders == [2] and stage.followers_of(2) == 2)
    assert "removed_itself" in reasons(stage[3].all_effects)
    assert roles(stage)[3] == "looking"
    assert stage[3].state.removed
    assert ConfigurationChanged(stage[3].state.configuration, committed=True, removed=True) in stage[3].all_effects
    quiet = len(stage[3].all_effects)
    stage.run(5 * SECOND)
    assert len(stage[3].all_effects) == quiet


def test_a_voter_becomes_an_observer_and_a_voter_again() -> None:
    stage = stage_of(3)
    change(stage, 3, Demote(1))
    stage.run_until(lambda: roles(stage)[1] == "observing" and stage.followers_of(3) == 3)
    assert stage.leader.state.configuration.learners == (1,)
    change(stage, 3, Promote(1))
    stage.run_until(lambda: roles(stage)[1] == "following" and stage.followers_of(3) == 3)


def test_one_whose_log_knows_none_of_the_present_members_finds_the_leader() -> None:
    """It slept while the group moved to other nodes: the leader tells it, and it believes that one alone."""
    stage = stage_of(3, 3)
    change(stage, 3, Add(4), Add(5), Add(6))
    stage.run_until(lambda: stage.settled(1))
    sleeper = stage.kill(6)
    change(stage, 3, Promote(4), Promote(5), Remove(1), Remove(2))
    change(stage, 3, Remove(3))
    stage.run_until(lambda: stage.leaders in ([4], [5]) and stage.followers_of(stage.leaders[0]) == 2)
    stage.revive(sleeper)
    stage.run_until(lambda: stage[6].state.leader == stage.leaders[0])
    assert roles(stage)[6] == "observing"


def test_one_removed_while_it_slept_is_told_and_asks_nobody_any_more() -> None:
    stage = stage_of(4)
    sleeper = stage.kill(1)
    change(stage, 4, Remove(1))
    stage.revive(sleeper)
    for peer in (2, 3, 4):
        stage.connect(1, peer)
    stage.run_until(lambda: stage[1].state.removed)
    assert "not_a_member" in reasons(stage.leader.all_effects)
    term = stage.leader.state.current_epoch
    stage.run(5 * SECOND)
    assert stage.leader.state.current_epoch == term


def test_one_that_was_removed_is_let_in_again() -> None:
    stage = stage_of(3)
    change(stage, 3, Remove(1))
    stage.run_until(lambda: stage[1].state.removed)
    change(stage, 3, Add(1))
    stage.run_until(lambda: roles(stage)[1] == "observing" and stage.settled(2))
    assert not stage[1].state.removed


def test_a_change_that_was_not_committed_is_taken_back() -> None:
    stage = stage_of(3)
    stage.propose(3, b"x")
    stage.run_until(lambda: stage.settled(1))
    with apart(stage, 3):
        ask(stage, 3, Add(4))
        assert stage[3].state.configuration.member(4) is not None
        stage.run_until(lambda: [n for n in stage.leaders if n != 3] == [2])
        stage.propose(2, b"y")
    stage.run_until(lambda: stage.settled(2))
    assert {server.state.configuration.index for server in stage.servers.values()} == {0}


def test_two_voters_promoted_together_find_their_quorum_after_all_have_died() -> None:
    """Who votes by the others' logs and does not know it by its own is asked, and answers."""
    stage = stage_of(1, 1)
    change(stage, 1, Add(2))
    stage.run_until(lambda: stage.settled(1))
    with apart(stage, 2):
        ask(stage, 1, Promote(2))
        stage.run(10 * MILLISECOND)
    for server in [stage.kill(1), stage.kill(2)]:
        stage.revive(server)
    stage.run_until(lambda: stage.leaders == [1] and roles(stage)[2] == "following")
    assert stage[1].state.configuration.voters == (1, 2)


def test_groups_refuse_a_voter_that_would_decide_nothing() -> None:
    config = ZabConfig(quorum_groups="1,2,3; 4,5")
    stage = stage_of(3, 2, config)
    assert why(change(stage, 3, Add(9, voter=True))) == "in_no_group"
    assert isinstance(change(stage, 3, Add(9)), RequestDone)


def test_weights_refuse_a_group_in_which_nobody_could_decide_and_make_every_change_joint() -> None:
    config = ZabConfig(quorum_weights="1=0, 2=0")
    stage = stage_of(3, 1, config)
    assert why(change(stage, 3, Remove(3))) == "weighs_nothing"
    change(stage, 3, Add(4))
    stage.run_until(lambda: stage.settled(1))
    number = ask(stage, 3, Promote(4))
    assert stage[3].state.configuration.joint
    stage.run_until(lambda: answer(stage, 3, number) is not None)
    assert not stage[3].state.configuration.joint


def test_an_observer_that_is_promoted_while_it_is_being_brought_in_line_learns_it_from_the_history() -> None:
    """It gets a snapshot when the change is proposed, and nothing is streamed to it."""
    config = ZabConfig(log_tail_entries=0, snapshot_chunk_bytes=1)
    stage = stage_of(1, 1, config)
    stage.propose(1, b"a", b"b")
    stage.run(20 * MILLISECOND)
    stage.touch(1, lambda server: server.take_snapshot())
    change(stage, 1, Add(2))
    stage.run_until(lambda: any(peer.mode == "snapshot" for peer in stage[1].raft.status(0).peers.values()))
    ask(stage, 1, Promote(2))
    stage.run_until(lambda: roles(stage) == {1: "leading", 2: "following"} and stage.settled(4))
