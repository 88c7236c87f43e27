"""What a node says of itself."""

import msgspec

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import ELECTION_NS, Server, log_of
from algorithms.raft.scenes import batch, follower, leader, ready_leader
from quorate.algorithms.raft.messages import AppendReply
from quorate.core.algorithm import EntryView, Inspection, PeerStatus, Status
from quorate.core.configuration import first_configuration
from quorate.core.durable import LogPoint


def test_status_of_a_leader() -> None:
    server = leader(term=3, entries=log_of(1, 1))
    server.receive(2, AppendReply(3, 2, ok=True, match=3))
    status = server.raft.status(server.now + 7)
    assert status == Status(
        algorithm="raft",
        node=1,
        role="leader",
        term=3,
        leader=1,
        ready=True,
        commit=3,
        applied=3,
        last_index=3,
        snapshot_index=0,
        peers={2: PeerStatus(3, "replicate", 7), 3: PeerStatus(0, "probe", None)},
        configuration=first_configuration({1: "", 2: "", 3: ""}),
    )


def test_status_says_why_there_is_no_leader_and_only_then() -> None:
    server = Server(1)
    assert server.raft.status(0).why == "just started, no leader heard yet"
    server.time_out()
    assert server.raft.status(server.now).why == "asking the other nodes whether it could win term 1"
    assert follower(leader=3).raft.status(0).why == ""


def test_inspect_is_everything_as_plain_data() -> None:
    server = follower(
        leader=3,
        term=4,
        start=LogPoint(2, 1),
        entries=(batch(3, 1, b"a"), batch(4, 4, b"b")),
        snapshot=meta_of(3, 1),
    )
    inspection = server.raft.inspect()
    assert inspection == Inspection(
        node=1,
        role="follower",
        term=4,
        voted_for=None,
        leader=3,
        commit=3,
        applied=3,
        durable=4,
        start_index=2,
        start_term=1,
        snapshot_index=3,
        log=(
            EntryView(3, 1, 1, batch(3, 1, b"a").crc),
            EntryView(4, 4, 1, batch(4, 4, b"b").crc),
        ),
        configurations=(meta_of(3, 1).group,),
        details=inspection.details,
    )
    assert msgspec.json.decode(msgspec.json.encode(inspection))["term"] == 4


def test_inspect_shows_a_leaders_view_of_its_peers() -> None:
    server = ready_leader()
    details = server.raft.inspect().details
    assert details["match"] == {2: 1, 3: 1}
    assert details["next"] == {2: 2, 3: 2}
    assert details["mode"] == {2: "replicate", 3: "replicate"}
    assert (details["ready"], details["leads"]) == (True, True)


def test_looking_changes_nothing() -> None:
    server = ready_leader()
    before = server.raft.inspect()
    for _ in range(3):
        server.raft.status(server.now + ELECTION_NS)
        server.raft.inspect()
        server.raft.check()
    assert server.raft.inspect() == before
    assert server.state.out == []
