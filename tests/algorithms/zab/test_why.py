"""What a node can say to those who ask."""

from algorithms.zab.harness import SYNC_NS, ZabServer, deciding, established, follower, hello
from quorate.algorithms.zab.config import ZabConfig
from quorate.core.finding import Explained, Finding


def codes(server: ZabServer, question: str, recent: tuple[Explained, ...] = ()) -> list[str]:
    return [finding.code for finding in server.raft.why(server.now, recent) if finding.question == question]


def test_why_is_there_no_leader() -> None:
    assert codes(established(), "leader") == ["leads"]
    assert codes(follower(), "leader") == ["follows"]
    assert codes(deciding(), "leader") == ["no_leader"]
    alone = ZabServer(1)
    alone.lose(2)
    found = [finding for finding in alone.raft.why(0, ()) if finding.code == "no_quorum"]
    assert found[0].text == "no connection to nodes 2 and 3; of node 2 the process is gone: the rest is no quorum"


def test_a_leader_says_who_is_missing() -> None:
    leader = established()
    leader.disconnect(1)
    assert codes(leader, "leader") == ["leads", "no_margin"]
    leader.disconnect(2)
    assert codes(leader, "leader") == ["leads", "no_quorum"]


def test_why_is_a_proposal_not_decided() -> None:
    assert codes(ZabServer(1), "commit") == ["no_leader"]
    leader = established(config=ZabConfig(uncommitted_bytes=1))
    assert codes(leader, "commit") == ["nothing_waits"]
    leader.propose(b"x")
    assert codes(leader, "commit") == ["waits_for_quorum", "uncommitted_limit"]
    server = follower()
    assert codes(server, "commit") == ["nothing_waits"]
    server.propose(b"x")
    assert codes(server, "commit") == ["forwarded"]


def test_why_does_it_not_vote() -> None:
    assert codes(follower(), "vote") == ["hears_leader"]
    assert codes(ZabServer(4), "vote") == ["is_stranger"]
    assert codes(ZabServer(1, config=ZabConfig(quorum_weights="1=0")), "vote") == ["weighs_nothing"]
    assert codes(deciding(), "vote") == ["waits"]
    server = ZabServer(1)
    (finding,) = [f for f in server.raft.why(0, (Explained(0, "looking"),)) if f.question == "vote"]
    assert finding == Finding("vote", "campaigning", "it votes for node 1 in round 1, the 1. within a minute", 1)


def test_who_is_slow() -> None:
    leader = established(followers=(1,))
    assert codes(leader, "slow") == ["silent"]
    hello(leader, 2)
    assert codes(leader, "slow") == ["synchronising"]
    leader.now += SYNC_NS // 2
    assert codes(leader, "slow") == ["silent", "synchronising"]
