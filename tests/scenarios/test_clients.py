"""Proposals wherever they come in, and what their takers are told: scenarios S-C1, S-C2 and S-C4, as far as the core goes."""

from collections.abc import Callable
from zlib import crc32

import pytest

from algorithms.raft.harness import ELECTION_NS, Server, acts, sends
from algorithms.raft.scenes import acknowledge, batch, candidate, follower, pre_candidate, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply, Forward, ForwardReply, VoteRequest
from quorate.core.effects import LeaderChanged, Persist, Rejected, Send, Unresolved
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]
X = crc32(b"x")


def forward(number: int, sequence: int = 1, data: bytes = b"x", incarnation: int = 1, term: int = 2) -> Forward:
    """As a follower sends it."""
    return Forward(term, incarnation, number, sequence, data, crc32(data))


def test_s_c1_proposals_at_a_follower_are_forwarded(golden: Golden) -> None:
    stage = Stage(3, seed=4)
    chief = stage.elect()
    stage.run(20_000_000)
    node = next(node for node in stage.members if node != chief.node)
    transcript = Transcript("A proposal at a follower (S-C1)").watch([chief, stage[node]])
    transcript.note(f"node {node} takes a batch; node {chief.node} leads")
    stage.touch(node, lambda server: server.propose(b"hello"))
    stage.run_until(lambda: b"hello" in [entry.data for entry in stage[node].applied])
    golden("forward", transcript)
    assert stage[node].told == [LeaderChanged(chief.node, 1)], "applying it is the answer"


def test_s_c1_a_forward_is_numbered_and_checksummed() -> None:
    server = follower(leader=3, term=2)
    assert server.propose(b"x", 5) == [Send(3, Forward(2, 1, 1, 5, b"x", X))]
    assert server.propose(b"y", 6) == [Send(3, Forward(2, 1, 2, 6, b"y", crc32(b"y")))]


def test_s_c1_the_leader_appends_it_and_says_where() -> None:
    server = ready_leader()
    effects = server.receive(3, forward(1, sequence=8))
    entry = batch(2, 2)
    append = Append(2, 4, 1, 2, 1, (entry,))
    assert effects == [
        Send(2, append),
        Send(3, append),
        Persist(3, entries=(entry,), commit=1),
        Send(3, ForwardReply(2, 1, 1, 8, index=2, hint=1)),
    ]


@pytest.mark.parametrize("make", [follower, pre_candidate, candidate])
def test_s_c1_one_hop_only(make: Callable[..., Server]) -> None:
    """Who does not lead refuses, and names the leader that it knows; nobody passes it on."""
    server = make(term=2)
    hint = server.state.leader
    assert acts(server.receive(2, forward(1))) == [Send(2, ForwardReply(2, 1, 1, 1, refused="not_leader", hint=hint))]


def test_s_c2_without_a_leader_a_proposal_is_refused_at_once() -> None:
    """Its taker may wait for a leader within its time; the core keeps nothing."""
    for server in (Server(1), pre_candidate(), candidate()):
        assert server.propose(b"x", 3) == [Rejected(3, "no_leader")]
        assert server.state.forwards == {}


def test_s_c2_too_large_is_refused_anywhere() -> None:
    config = RaftConfig(entry_bytes=3)
    for server in (Server(1, config=config), follower(leader=3, config=config), ready_leader(config=config)):
        assert server.propose(b"four", 3) == [Rejected(3, "too_large", hint=server.state.leader)]
    assert sends(ready_leader(config=config).receive(2, forward(1, data=b"four"))) == [
        (2, ForwardReply(2, 1, 1, 1, refused="too_large", hint=1))
    ]


def test_a_refusal_of_a_forward_is_told_with_its_reason_and_hint() -> None:
    server = follower(leader=3, term=2)
    server.propose(b"x", 5)
    assert server.receive(3, ForwardReply(2, 1, 1, 5, refused="busy", hint=3)) == [Rejected(5, "busy", hint=3)]
    assert server.receive(3, ForwardReply(2, 1, 1, 5, refused="busy", hint=3)) == [], "once"


def test_an_accepted_forward_is_no_answer() -> None:
    """Appended is not applied: the caller is answered when this node applies it."""
    server = follower(leader=3, term=2)
    server.propose(b"x", 5)
    assert server.receive(3, ForwardReply(2, 1, 1, 5, index=2)) == []
    assert 5 in server.state.forwards


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param((2, ForwardReply(2, 1, 1, 5, refused="busy")), id="of another node"),
        pytest.param((3, ForwardReply(2, 2, 1, 5, refused="busy")), id="of another incarnation"),
        pytest.param((3, ForwardReply(2, 1, 9, 5, refused="busy")), id="of another number"),
        pytest.param((3, ForwardReply(2, 1, 1, 6, refused="busy")), id="of another sequence"),
        pytest.param((3, ForwardReply(1, 1, 1, 5, refused="busy")), id="of an earlier term"),
    ],
)
def test_r38_a_refusal_that_is_not_for_this_forward_is_ignored(reply: tuple[int, ForwardReply]) -> None:
    """Rule R38."""
    server = follower(leader=3, term=2)
    server.propose(b"x", 5)
    assert server.receive(*reply) == []
    assert 5 in server.state.forwards


def test_a_refused_forward_can_never_be_appended() -> None:
    """A refusal is final: whatever copy comes later, in this term or another, is refused too; a sound copy of a damaged one as well."""
    for config, first in (
        (RaftConfig(entry_bytes=3), forward(1, data=b"four")),
        (RaftConfig(uncommitted_bytes=1), forward(1, data=b"busy")),
        (RaftConfig(), Forward(2, 1, 1, 1, b"dmgd", 0)),
    ):
        server = ready_leader(config=config)
        server.propose(b"in the way", 1) if config.uncommitted_bytes == 1 else None
        last = server.state.log.last_index
        assert [m.refused != "" for _, m in sends(server.receive(3, first))] == [True]
        server.disk()
        acknowledge(server, [2])
        sound = forward(1, data=first.data)
        assert [m.refused for _, m in sends(server.receive(3, sound)) if isinstance(m, ForwardReply)] == ["late_copy"]
        assert server.state.log.last_index == last
        later = ready_leader(term=3)
        assert [m.refused for _, m in sends(later.receive(3, sound))] == ["stale_term"]


def test_r37_a_late_copy_is_refused_without_a_promise() -> None:
    """Rule R37: the copy that came first was appended. Its taker must not be told that it is certainly not in the log."""
    chief, taker = ready_leader(3), follower(1, leader=3, term=2)
    ((_, message),) = sends(taker.propose(b"x", 5))
    first = sends(chief.receive(1, message))[-1][1]
    second = sends(chief.receive(1, message))[-1][1]
    assert (first.index, second.index, second.refused) == (2, 0, "late_copy")
    assert taker.receive(3, first) == []
    assert taker.receive(3, second) == [Unresolved(5, "late_copy")]


def test_r37_a_leader_that_stepped_down_still_knows_what_it_took() -> None:
    """Rule R37: 'not_leader' would be a promise; after a copy was appended in this term there is none to make."""
    server = ready_leader()
    server.receive(3, forward(4))
    server.wait(2 * ELECTION_NS)
    assert not server.leads
    assert sends(server.receive(3, forward(4))) == [(3, ForwardReply(2, 1, 4, 1, refused="late_copy"))]
    assert sends(server.receive(3, forward(5))) == [(3, ForwardReply(2, 1, 5, 1, refused="not_leader"))]


def test_r37_a_proposal_that_was_sent_twice_is_not_refused_for_good() -> None:
    """Rule R37: the second copy is surely not in the log, the first may be."""
    server = follower(leader=3, term=2)
    server.propose(b"x", 5)
    server.propose(b"x", 5)
    assert server.receive(3, ForwardReply(2, 1, 1, 5, refused="busy")) == [], "that was the first number"
    assert server.receive(3, ForwardReply(2, 1, 2, 5, refused="busy")) == [Unresolved(5, "busy")]


def test_r37_a_proposal_that_is_in_the_log_already_is_not_refused() -> None:
    """Rule R37: asked again while the tail is full, it is neither appended twice nor called busy."""
    server = ready_leader(config=RaftConfig(uncommitted_bytes=10))
    server.propose(b"x" * 10, 5)
    assert server.propose(b"y", 6) == [Rejected(6, "busy", hint=1)]
    assert server.propose(b"x" * 10, 5) == []
    assert server.state.log.last_index == 2


def test_numbers_start_anew_with_each_incarnation() -> None:
    server = ready_leader()
    server.receive(3, forward(7))
    assert [
        m.refused for _, m in sends(server.receive(3, forward(1, incarnation=2))) if isinstance(m, ForwardReply)
    ] == [""]
    assert [m.refused for _, m in sends(server.receive(3, forward(8, incarnation=1)))] == ["late_copy"]


@pytest.mark.parametrize("how", ["link", "term", "leader", "timeout"])
def test_forwards_to_a_leader_that_is_gone_are_unresolved(how: str) -> None:
    """It may have appended them."""
    server = follower(leader=3, term=2)
    server.propose(b"x", 5)
    server.propose(b"y", 6)
    if how == "link":
        effects, reason = server.disconnect(3), "connection_lost"
    elif how == "term":
        effects, reason = server.receive(2, AppendReply(4, 1, ok=False)), "term_changed"
    elif how == "leader":
        effects, reason = server.receive(2, Append(4, 1, 0, 0, 0)), "term_changed"
    else:
        effects, reason = server.time_out(), "leader_changed"
    assert acts(effects)[:2] == [Unresolved(5, reason), Unresolved(6, reason)]
    assert server.state.forwards == {}


@pytest.mark.parametrize("how", ["quorum", "leader", "vote"])
def test_s_c4_a_leaders_own_proposals_are_unresolved_when_it_stops(how: str) -> None:
    """S-C4: never a false success, never a false refusal. Told before the news of the leader, so that it is asked again at once."""
    server = ready_leader()
    server.propose(b"x", 5)
    server.propose(b"y", 6)
    server.now += ELECTION_NS
    if how == "quorum":
        effects = server.time_out()
    elif how == "leader":
        effects = server.receive(2, Append(4, 1, 0, 0, 0))
    else:
        effects = server.receive(2, VoteRequest(4, 9, 9))
    told = [effect for effect in effects if isinstance(effect, Unresolved | LeaderChanged)]
    assert told[:2] == [Unresolved(5, "leadership_lost"), Unresolved(6, "leadership_lost")]
    assert isinstance(told[2], LeaderChanged)
    assert server.state.own_proposals == {}


def test_s_c4_a_call_on_a_minority_leader_does_not_complete(golden: Golden) -> None:
    stage = Stage(3, seed=5)
    old = stage.elect()
    stage.cut(old.node)
    stage.touch(old.node, lambda server: server.propose(b"lost", 1))
    stage.run(4 * ELECTION_NS)
    stage.delay = lambda _s, _t, _m: 1_000_000
    stage.elect()
    stage.run(ELECTION_NS)
    assert Unresolved(1, "leadership_lost") in old.told
    assert all(b"lost" not in [e.data for e in server.applied] for server in stage.servers.values())


def test_settled_sequences_are_forgotten() -> None:
    """Nothing grows without bound: the floor that comes with each batch clears what nobody waits for."""
    for server in (ready_leader(), follower(leader=3, term=2)):
        for number in range(1, 200):
            server.propose(b"x", number, floor=number - 3)
        assert len({*server.state.own_proposals, *server.state.forwards}) == 3
