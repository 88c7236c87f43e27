"""What nodes of a simulated cluster say of themselves when something does not go on: the three questions of section 1.17, in the
situations in which people ask them."""

from __future__ import annotations

import re

import pytest

from quorate.core.finding import Finding
from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.requests import TransferLeadership
from quorate.runtime.limits import Limits
from quorate.sim import Cluster
from quorate.sim.node import SimNode

Options = dict[str, int | bool]


def cluster(nodes: int = 3, **options: int | bool) -> tuple[Cluster, SimNode, list[SimNode]]:
    """A cluster with its leader and the others."""
    found = Cluster(nodes=nodes, seed=1, options=options, limits=Limits(snapshot_entries=100_000))
    leader = found.wait_for_leader()
    found.wait_for_convergence()
    return found, leader, [node for node in found.nodes.values() if node is not leader]


def says(node: SimNode, question: str, code: str) -> Finding:
    """The finding of that code; it must be there once."""
    findings = [f for f in node.why().findings if f.question == question]
    assert code in [f.code for f in findings], findings
    return next(f for f in findings if f.code == code)


def codes(node: SimNode, question: str) -> list[str]:
    return [finding.code for finding in node.why().findings if finding.question == question]


def ids(nodes: list[SimNode]) -> list[NodeId]:
    return sorted(node.node for node in nodes)


# All is well


def test_a_cluster_at_rest_has_nothing_to_complain_of() -> None:
    _, leader, others = cluster()
    assert [codes(leader, question)[0] for question in ("leader", "commit", "vote", "slow")] == [
        "leads",
        "all_committed",
        "leads",
        "nobody",
    ]
    assert set(codes(leader, "vote")) <= {"leads", "refused"}, "all may have campaigned at once when they met"
    for other in others:
        assert says(other, "leader", "follows").node == leader.node
        assert "neither campaigns nor votes for another: it heard" in says(other, "vote", "hears_leader").text
        assert codes(other, "commit") == ["nothing_waits"]


# Why is there no leader?


def test_no_quorum_after_processes_have_died() -> None:
    world, leader, others = cluster(5)
    for other in others[:3]:
        world.crash(other.node)
    world.run(2)
    for survivor in (leader, others[3]):
        assert says(survivor, "leader", "no_leader").text.startswith("no leader of term 1 is known: ")
        first, second, third = ids(others[:3])
        assert says(survivor, "leader", "no_quorum").text == (
            f"3 of 5 voters are needed; nodes {first}, {second} and {third} have no process: connections are refused"
        )


def test_no_quorum_behind_a_partition_says_for_how_long_nobody_has_answered() -> None:
    world, leader, others = cluster(5)
    world.cut([leader.node, others[0].node], ids(others[1:]))
    world.run(3)
    world.run_until(
        lambda: "no_quorum" in codes(leader, "leader"), within=1
    )  # a campaign that has just begun is given time
    text = says(leader, "leader", "no_quorum").text
    assert re.match(r"3 of 5 voters are needed; nodes .* have not answered for (2\.9|3\.\d) s", text), text
    assert codes(others[1], "leader")[0] in ("leads", "follows"), "the majority goes on"


def test_one_more_and_nobody_can_lead() -> None:
    world, leader, others = cluster(3)
    world.crash(others[0].node)
    world.run(1)
    assert says(leader, "leader", "no_margin").text == (
        f"2 of 3 voters are needed; node {others[0].node} has no process: connections are refused: if one more fails, nobody can lead"
    )


def test_a_leader_that_loses_its_quorum_says_when_it_steps_down() -> None:
    world, leader, others = cluster(3)
    world.cut([leader.node], ids(others))
    world.run(0.3)
    assert "steps down after 500 ms" in says(leader, "leader", "losing_quorum").text
    world.run(0.3)
    assert "stepped down: no quorum of nodes has answered" in says(leader, "leader", "no_leader").text


def test_who_refused_and_why() -> None:
    """A node that only its own link cut off asks the others, who still hear the leader."""
    world, leader, others = cluster(3)
    lonely, friend = others
    world.network.cut(leader.node, lonely.node)
    world.run(1.5)
    assert (
        says(lonely, "leader", "refused_by").text
        == (
            f"node {friend.node} refused to elect this node in term 2: it had heard a leader within the election timeout"
        )
        or says(lonely, "leader", "refused_by").node == leader.node
    )
    refused = says(friend, "vote", "refused")
    assert (refused.node, "it had heard a leader within the election timeout" in refused.text) == (lonely.node, True)


def test_a_log_that_is_behind_is_refused_by_name() -> None:
    """The one that was away cannot win before it has what the others have, and both sides say so."""
    world, leader, others = cluster(3, fast_failover=False)
    behind, ahead = others
    world.cut([behind.node], [leader.node, ahead.node])
    world.apply(leader.node, b"x")
    world.crash(leader.node)
    world.network.heal(behind.node, ahead.node)
    # The other direction stays cut: the one ahead hears, and is not heard, so it does not win first.
    world.run_until(lambda: "refused" in codes(ahead, "vote"))
    assert says(ahead, "vote", "refused").text.endswith("it has entries that node lacks")
    world.network.heal(ahead.node, behind.node)
    world.run_until(lambda: "refused_by" in codes(behind, "leader") or behind.status().leader is not None)


def test_a_campaign_under_way_says_who_owes_an_answer() -> None:
    world, leader, others = cluster(5)
    world.cut([others[0].node], [leader.node, *ids(others[1:])])
    world.run_until(lambda: "campaigning" in codes(others[0], "leader"))
    world.run(0.2)
    text = says(others[0], "leader", "campaigning").text
    assert text.startswith("it asks whether it could win term 2; nodes ")
    assert text.endswith("have not answered")


# Why is my write not committed?


def test_an_entry_waits_for_a_quorum_and_for_whom() -> None:
    world, leader, others = cluster(3)
    world.crash(others[0].node)
    world.crash(others[1].node)
    world.propose(leader.node, [b"x"])
    world.run(0.2)
    first, second = ids(others)
    assert says(leader, "commit", "waits_for_quorum").text == (
        f"entry 2 waits for 1 more of nodes {first} and {second}: nodes {first} and {second} have no process"
    )
    assert "1 batches are proposed and not decided" in says(leader, "commit", "callers_wait").text


def test_without_a_leader_proposals_wait_here() -> None:
    world, leader, others = cluster(3)
    world.crash(leader.node)
    world.crash(others[0].node)
    world.run(1)
    pending = world.propose(others[1].node, [b"x"])
    world.run(0.1)
    assert not pending.done
    assert "no leader is known" in says(others[1], "commit", "no_leader").text
    assert says(others[1], "commit", "callers_wait").text.endswith("and 1 commands wait behind them")


def test_a_hung_disk_is_named_on_its_own_node() -> None:
    world, leader, _ = cluster(3)
    leader.stall_disk()
    world.propose(leader.node, [b"x"])
    world.run(0.4)
    for question in ("commit", "vote", "slow"):
        assert "has been under way for 400 ms" in says(leader, question, "disk_hangs").text
    assert says(leader, "slow", "own_disk").text == (
        "this node's own disk is behind those of the others: 1 entry of its log, from 2 on, is being written"
    )


def test_a_transfer_under_way_says_to_whom_and_that_proposals_wait() -> None:
    world, leader, others = cluster(3)
    target = others[0]
    world.cut([leader.node], [target.node])
    leader.driver.request(TransferLeadership(target.node), leader.driver._world.now() + 10**9, lambda _answer: None)
    world.propose(leader.node, [b"x"])
    world.run(0.2)
    assert f"handing leadership to node {target.node} for 20" in says(leader, "leader", "transferring").text
    assert says(leader, "commit", "transferring").node == target.node


def test_a_full_window_is_named() -> None:
    world, leader, others = cluster(3, inflight_messages=2, append_bytes=1)
    slow = others[0]
    slow.stall_disk()
    for number in range(8):
        world.propose(leader.node, [b"%d" % number])
        world.run(0.02)
    assert says(leader, "slow", "window_full").node == slow.node
    assert "as much is on its way to it as may be (2 messages" in says(leader, "slow", "window_full").text


def test_the_limit_of_what_may_wait_is_named() -> None:
    world, leader, others = cluster(3, uncommitted_bytes=300)
    for other in others:
        world.cut([leader.node], [other.node])
    world.propose(leader.node, [b"x" * 290])
    world.run(0.1)
    assert "of the 300 bytes that may (uncommitted_bytes)" in says(leader, "commit", "uncommitted_limit").text


# Who is slow, and who does not vote?


def test_a_snapshot_under_way_shows_how_far_it_is() -> None:
    options: Options = {"log_tail_entries": 0, "snapshot_chunk_bytes": 100}
    world, leader, others = cluster(3, **options)
    away = others[0]
    world.crash(away.node)
    for number in range(40):
        world.apply(leader.node, b"%04d" % number * 20)
    leader.take_snapshot()
    world.run(1)
    world.restart(away.node)
    world.run_until(lambda: "snapshot" in codes(leader, "slow"))
    world.run_until(lambda: "installing" in codes(away, "slow"))
    told = says(leader, "slow", "snapshot")
    assert told.node == away.node
    assert "is being sent a snapshot, " in told.text
    assert " % of " in told.text
    assert "it is sent a snapshot, " in says(away, "slow", "installing").text
    assert "cannot lead before it has all of a snapshot" in says(away, "vote", "installing").text


def test_a_silent_peer_is_named_with_its_silence() -> None:
    world, leader, others = cluster(3)
    others[0].pause()
    world.run(2)
    told = says(leader, "slow", "silent")
    assert (told.node, told.text) == (
        others[0].node,
        f"node {others[0].node} has everything, and has not answered for {told.text.split()[-2]} s",
    )
    assert float(told.text.split()[-2]) == pytest.approx(2, abs=0.1)


def test_a_peer_that_lacks_entries_is_named() -> None:
    world, leader, others = cluster(3)
    world.crash(others[0].node)
    for number in range(3):
        world.apply(leader.node, b"%d" % number)
    world.run(0.2)
    assert "lacks 3 entries, and its process is gone" in says(leader, "slow", "unreachable").text


def test_a_node_that_slept_says_that_silence_proved_nothing() -> None:
    world, _, others = cluster(3)
    world.cut([others[0].node], [node for node in world.nodes if node != others[0].node])
    others[0].pause()
    world.run(5)
    others[0].resume()
    world.run_until(lambda: "overslept" in codes(others[0], "vote"))
    text = says(others[0], "vote", "overslept").text
    assert "its process had not run for 4." in text or "its process had not run for 3." in text
    assert "waits anew" in text


def test_a_vote_that_is_given_is_given() -> None:
    world, leader, others = cluster(3, fast_failover=False)
    world.crash(leader.node)
    world.run_until(lambda: any("campaigning" in codes(node, "leader") for node in others), within=3)
    world.run_until(lambda: any(node.leads for node in others), within=5)
    world.run(0.1)
    assert all("voted" not in codes(node, "vote") for node in others), "while a leader is known nobody asks"


def test_what_was_explained_lately_comes_with_its_age() -> None:
    world, leader, _ = cluster(3)
    world.run(1)
    (elected,) = [one for one in leader.why().recent if one.reason == "leader_elected"]
    assert elected.age_ns >= 1000 * MILLISECOND
    assert elected.fields["term"] == 1


def test_asking_changes_nothing() -> None:
    """The same run, asked all the time and never."""
    digests = []
    for asked in (False, True):
        world = Cluster(nodes=3, seed=5, traced=True)
        for _ in range(40):
            world.run(0.05)
            if asked:
                for node in world.nodes.values():
                    node.why()
        assert world.trace is not None
        digests.append(world.trace.digest())
    assert digests[0] == digests[1]
