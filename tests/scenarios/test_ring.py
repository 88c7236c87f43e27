"""What a ring does when things go wrong, with the majority guard and without: section by section as in docs/ring.md."""

from collections.abc import Callable

import pytest

from algorithms.electing.network import Network, Node
from algorithms.electing.watch import Watch
from algorithms.ring.table import settings
from quorate.algorithms.electing.live_view import LiveView
from quorate.algorithms.ring import SPEC, hops, ring
from quorate.algorithms.ring.messages import Coordinator, Elected, Election, HopAck, Ring
from quorate.algorithms.ring.state import RingState
from quorate.core.effects import Effect, Send
from quorate.core.events import Event, Requested
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.core.message import Message
from quorate.core.requests import ReportFreshness
from scenarios.electing_story import Story
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]
GUARDS = pytest.mark.parametrize("guard", ["none", "majority"])


class RingStory(Story):
    """With what goes round the ring, but for acknowledgements and pulses."""

    def _step(self, node: Node, event: Event | None, effects: list[Effect]) -> None:
        super()._step(node, event, effects)
        for effect in effects:
            if isinstance(effect, Send) and isinstance(effect.message, Ring):
                envelope = effect.message
                text = (
                    f"-> {effect.to}: {type(envelope.body).__name__} of node {envelope.eid.node}, hop {envelope.hops}"
                )
                self.lines.append(f"{self.network.now / MILLISECOND:10.3f} ms  node {node.id}  {text}")


def network(guard: str, n: int = 5, **changes: object) -> Network:
    """Nodes of the test profile, every message 10 ms under way; not started."""
    found = Network(SPEC, range(1, n + 1), settings(guard=guard, **changes), seed=1)
    found.delay = lambda _sender, _to, _message: 10 * MILLISECOND
    return found


def begun(found: Network, *nodes: NodeId) -> None:
    """These hold an election at one moment, and nobody else."""
    for node in nodes:
        process = found[node]
        process.algorithm._state.now = process.local(found.now)
        process.algorithm._state.begin()
        effects = process.algorithm._take_effects()
        found._took(process, None, effects)


def settled(found: Network) -> None:
    """All agree in the end, and go on to."""
    found.run_until(lambda: len(found.leaders) == 1 and found.agreed() == found.leaders[0])
    found.run(SECOND)
    assert found.agreed() == found.leaders[0]


def kinds(found: Network, body: type) -> int:
    """Envelopes of a kind that were sent."""
    return sum(isinstance(sent.message, Ring) and isinstance(sent.message.body, body) for sent in found.sent)


def epochs(found: Network, body: type[Elected] | type[Coordinator]) -> set[NodeId]:
    """Whose leadership was told of in envelopes of a kind."""
    bodies = [sent.message.body for sent in found.sent if isinstance(sent.message, Ring)]
    return {one.epoch.node for one in bodies if isinstance(one, body)}


def slow(found: Network, is_slow: Callable[[NodeId, NodeId, Message], bool], delay: Nanos) -> None:
    """Some messages take longer."""
    found.delay = lambda sender, to, message: delay if is_slow(sender, to, message) else 10 * MILLISECOND


@GUARDS
def test_ring_split(guard: str, golden: Golden) -> None:
    """Both arcs close over the gap. The textbook elects in each: that is its normal answer."""
    found = network(guard)
    found.start()
    settled(found)
    watch = Watch(found)
    story = RingStory(f"The links between 1, 2, 3 and 4, 5 break (guard = {guard})", found)
    found.cut(4, 5)
    found.run(400 * MILLISECOND)
    assert found.leaders == ([3, 5] if guard == "none" else [3])
    story.note("the links are back")
    found.heal()
    settled(found)
    assert found.agreed() == 5
    golden(f"ring_split_{guard}", story)
    assert guard == "none" or not watch.broken


@GUARDS
@pytest.mark.parametrize("ttl", [True, False], ids=["ttl", "no_ttl"])
def test_orphan_token(guard: str, ttl: bool, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its owner takes a token off the ring. One whose owner is dead is dropped when its life is over, or by a leader that lets no
    token pass (C4a with the guard); without either it circles for ever."""
    if not ttl:
        monkeypatch.setattr(ring, "is_orphan", _is_outdated_only)
    found = network(guard, preempt=False, election_timeout_ms=2000, ring_ms=1500)
    found.start()
    found.run(50 * MILLISECOND)
    story = RingStory(f"Node 5 sends its token and dies (guard = {guard})", found)
    begun(found, 5)
    found.run(11 * MILLISECOND)
    found.crash(5)
    found.run(300 * MILLISECOND)
    before = kinds(found, Election)
    found.run(300 * MILLISECOND)
    dropped = [one for _, _, one in found.explained if one.reason == "orphan_dropped"]
    if not ttl:
        assert not dropped
        assert kinds(found, Election) > before + 20, "on and on"
        return
    golden(f"ring_orphan_token_{guard}", story)
    assert len(dropped) == 1
    assert kinds(found, Election) == before == 2 * 5 + 1, "as many hops as it had to live, and one to the dead node"
    settled(found)


def _is_outdated_only(state: RingState, one: Ring) -> bool:
    """H6 alone: neither its life nor how often it has come by counts."""
    state.passes.clear()
    state.newest.pop(one.eid.node, None)
    return hops.is_orphan(state, _immortal(one))


def _immortal(one: Ring) -> Ring:
    return Ring(one.boot, one.ring_version, one.eid, one.body, one.max_seen, one.hops, 99, one.msg_id, one.clockwise)


@GUARDS
def test_lost_token(guard: str, golden: Golden) -> None:
    """Whoever holds the token dies after it has acknowledged it: all take part in an election that never ends, until `ring_by`."""
    found = network(guard, preempt=False, election_timeout_ms=700)
    slow(found, lambda _sender, _to, message: isinstance(message, HopAck), MILLISECOND)
    found.start()
    watch = Watch(found)
    story = RingStory(f"Node 4 dies with the token of node 5 (guard = {guard})", found)
    begun(found, 5)
    found.run(45 * MILLISECOND)
    assert all(node.algorithm._state.participant for node in found.nodes.values())
    found.crash(4)
    found.run(100 * MILLISECOND)
    assert all(node.algorithm._state.participant for node in found.nodes.values())
    assert found.leaders == []
    settled(found)
    assert "token_lost" in [one.reason for _, _, one in found.explained]
    golden(f"ring_lost_token_{guard}", story)
    assert guard == "none" or not watch.broken


@GUARDS
def test_skipped_giant(guard: str, golden: Golden) -> None:
    """Node 5 lives and is passed over for one hop, because its acknowledgement is slow: node 4's token comes round, and node 5's too."""
    found = network(guard, election_timeout_ms=700)
    slow(
        found,
        lambda sender, to, message: (
            (sender, to) == (5, 4) and isinstance(message, HopAck) and found.now < 50 * MILLISECOND
        ),
        65 * MILLISECOND,
    )
    watch = Watch(found)
    story = RingStory(f"Node 5 is slow to acknowledge (guard = {guard})", found)
    found.start()
    if guard == "majority":
        begun(found, 1, 2, 3, 4, 5)
    found.run(250 * MILLISECOND)
    golden(f"ring_skipped_giant_{guard}", story)
    claimed = epochs(found, Elected)
    assert claimed == {4, 5}
    settled(found)
    assert set(watch.broken) >= {"OneLeaderAtATime"} if guard == "none" else not watch.broken


@GUARDS
@pytest.mark.parametrize("sticky", [False, True], ids=["healed", "sticky"])
def test_sticky_suspicion(guard: str, sticky: bool, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    """One slow hop, and a suspicion that no word ends, nor time: the ring never brings node 5 a token again, and it never gives in."""
    if sticky:
        monkeypatch.setattr(LiveView, "heard", lambda _self, _node: None)
        monkeypatch.setattr(LiveView, "suspects", lambda self, node, _now: node in self._until)
        monkeypatch.setattr(LiveView, "suspected", lambda self, _now: sorted(self._until))
    found = network(guard)
    slow(found, lambda sender, to, _message: (sender, to) == (5, 4) and found.now < 20 * MILLISECOND, 65 * MILLISECOND)
    story = RingStory(f"One slow hop, and node 5 is suspected for ever (guard = {guard})", found)
    found.start()
    if guard == "majority":
        begun(found, 1, 2, 3, 4, 5)
    found.run(200 * MILLISECOND)
    if sticky:
        golden(f"ring_sticky_suspicion_{guard}", story)
    found.run(3 * SECOND)
    at_rest = [(node.id, node.leader) for node in found.nodes.values()]
    elections = kinds(found, Election)
    found.run(SECOND)
    if sticky:
        assert found.agreed() != 5
        assert kinds(found, Election) > elections or kinds(found, Elected) > 20, "on and on"
    else:
        assert {leader for _, leader in at_rest} == {5}
        assert kinds(found, Election) == elections


@GUARDS
def test_double_token(guard: str, golden: Golden) -> None:
    """A slow acknowledgement, and the Elected is sent twice: two of them go round, and the second is ignored (C7)."""
    found = network(guard, election_timeout_ms=700)
    slow(found, lambda sender, to, message: (sender, to) == (1, 5) and found.now > 40 * MILLISECOND, 60 * MILLISECOND)
    found.start()
    watch = Watch(found)
    story = RingStory(f"Node 1 is slow to acknowledge the Elected (guard = {guard})", found)
    if guard == "majority":
        begun(found, 1, 2, 3, 4, 5)
    found.run(200 * MILLISECOND)
    golden(f"ring_double_token_{guard}", story)
    assert [one.reason for _, _, one in found.explained].count("elected_stale") == 1
    assert kinds(found, Elected) == 5 + 1
    assert found.agreed() == 5
    assert not set(watch.broken) - {"NoMinorityLeader"}


@GUARDS
def test_mid_lap_change(guard: str, golden: Golden) -> None:
    """The lap ring: node 5 dies after one of two lists has visited it, and before the other does."""
    found = network(guard, variant="lap", preempt=False, election_timeout_ms=700)
    found.start()
    watch = Watch(found)
    story = RingStory(f"Node 5 signs one list of two, and dies (guard = {guard})", found)
    begun(found, 1, 3)
    found.run(32 * MILLISECOND)
    found.crash(5)
    found.run(120 * MILLISECOND)
    named = epochs(found, Coordinator)
    assert named == {4, 5}
    golden(f"ring_mid_lap_change_{guard}", story)
    told = {change.leader for _, _, change in found.told if change.leader is not None}
    assert told >= ({4, 5} if guard == "none" else set())
    settled(found)
    assert found.agreed() == 4
    assert guard == "none" or not watch.broken


@GUARDS
@pytest.mark.parametrize("fifo", [True, False], ids=["in_order", "reordered"])
def test_lelann_reorder(guard: str, fifo: bool, golden: Golden) -> None:
    """A link that lets a token overtake another, which no real one does: node 4 decides before it has seen the token of node 5."""
    found = network(guard, variant="lelann", election_timeout_ms=700, hop_ms=300, ring_ms=900)
    found.fifo = fifo
    slow(
        found,
        lambda sender, _to, message: sender == 5 and isinstance(message, Ring) and message.hops == 1,
        100 * MILLISECOND,
    )
    watch = Watch(found)
    story = RingStory(f"The token of node 5 is overtaken (guard = {guard})", found)
    found.start()
    if guard == "majority":
        begun(found, 1, 2, 3, 4, 5)
    found.run(600 * MILLISECOND)
    if not fifo:
        golden(f"ring_lelann_reorder_{guard}", story)
    claimed = epochs(found, Elected)
    assert claimed == ({5} if fifo else {4, 5})
    if guard == "majority":
        assert not watch.broken
    else:
        assert ("OneLeaderAtATime" in watch.broken) is not fifo
    settled(found)


@GUARDS
def test_versions_differ(guard: str, golden: Golden) -> None:
    """Two orders of the ring at once: every token ends where the other order begins, and nobody is elected before they are equal."""
    old = settings(guard=guard)
    new = settings(guard=guard, ring_version=2, ring_order=(1, 3, 5, 2, 4))
    found = Network(SPEC, range(1, 6), old, configs={4: new, 5: new}, seed=1)
    found.delay = lambda _sender, _to, _message: 10 * MILLISECOND
    watch = Watch(found)
    story = RingStory(f"Nodes 4 and 5 have another order of the ring (guard = {guard})", found)
    found.start()
    found.run(100 * MILLISECOND)
    golden(f"ring_versions_differ_{guard}", story)
    found.run(2 * SECOND)
    assert not [change for _, _, change in found.told if change.leader is not None]
    assert "ring_version" in [one.reason for _, _, one in found.explained]
    found.configs = dict.fromkeys(found.members, new)
    for node in found.members:
        found.crash(node)
        found.restart(node)
    settled(found)
    assert found.agreed() == 5
    assert guard == "none" or not watch.broken


@pytest.mark.parametrize("variant", ["chang_roberts", "lap", "lelann", "hirschberg_sinclair"])
def test_newer_data_goes_before_priority_where_nobody_grants_whoever_has_older(variant: str) -> None:
    """With the guard whoever has newer data refuses; were tokens compared by priority first, node 1 would be chosen again and again."""
    found = network("majority", variant=variant, rank="fresh")
    found.start()
    preferred = found[1].algorithm._state
    preferred.settings = settings(preferred.settings, priority=5)
    for node in range(2, 6):
        found[node].algorithm._state.freshness = 7
    settled(found)
    assert found.agreed() != 1
    found.step(found[1], Requested(1, ReportFreshness(7)))
    settled(found)
    assert found.agreed() == 1
