"""Links: what arrives, in which order, and what each end is told."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.network import MAX_STREAM_BYTES, Network, NetworkSettings
from quorate.sim.scheduler import Scheduler

STEADY = NetworkSettings(latency_ns=MILLISECOND, spread_ns=0, tail_share=0.0, ns_per_byte=0)
HEAVY_TAIL = NetworkSettings(tail_share=0.5, tail_ns=SECOND)


class Listening:
    """An endpoint that writes down what it is told."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.heard: list[object] = []
        self.accepts = True

    def answers(self) -> bool:
        return self.accepts

    def link_up(self, peer: int) -> None:
        self.heard.append(("up", peer))

    def link_down(self, peer: int) -> None:
        self.heard.append(("down", peer))

    def refused(self, peer: int) -> None:
        self.heard.append(("refused", peer))

    def arrived(self, peer: int, data: bytes) -> None:
        self.heard.append(data)

    def take(self) -> list[object]:
        heard, self.heard = self.heard, []
        return heard


class Pair:
    """Nodes 1 and 2, connected, unless `connect` is false."""

    def __init__(self, settings: NetworkSettings = STEADY, seed: int = 1, *, connect: bool = True) -> None:
        self.scheduler = Scheduler()
        self.network = Network(self.scheduler, seed, [1, 2], settings)
        self.left, self.right = Listening(self.scheduler), Listening(self.scheduler)
        if connect:
            self.network.attach(1, self.left)
            self.network.attach(2, self.right)
            self.settle()
            assert (self.left.take(), self.right.take()) == ([("up", 2)], [("up", 1)])

    def settle(self, seconds: float = 3) -> None:
        self.scheduler.run_until(self.scheduler.now + int(seconds * SECOND))


def test_messages_arrive_in_order_after_their_latency() -> None:
    pair = Pair()
    start = pair.scheduler.now
    pair.network.send(1, 2, b"a")
    pair.network.send(1, 2, b"b")
    pair.scheduler.run_until(start + MILLISECOND - 1)
    assert pair.right.take() == []
    pair.scheduler.run_until(start + MILLISECOND)
    assert pair.right.take() == [b"a", b"b"]


def test_order_holds_under_a_heavy_tail_and_cuts() -> None:
    pair = Pair(HEAVY_TAIL, seed=5)
    sent = [str(number).encode() for number in range(300)]
    for number, data in enumerate(sent):
        pair.network.send(1, 2, data)
        if number % 50 == 10:
            pair.network.cut(1, 2)
        if number % 50 == 30:
            pair.network.heal(1, 2)
        pair.settle(0.002)
    pair.settle(5)
    assert pair.right.take() == sent


def test_without_a_link_a_message_is_dropped() -> None:
    pair = Pair(connect=False)
    pair.network.attach(1, pair.left)
    pair.network.send(1, 2, b"a")
    pair.settle()
    assert not pair.network.linked(1, 2)
    assert pair.left.take() == [("refused", 2)]
    assert pair.network.counters.sent == 0


def test_a_cut_is_silent_and_what_stalled_arrives_after_it_heals() -> None:
    pair = Pair()
    pair.network.cut(1, 2)
    pair.network.send(1, 2, b"there")
    pair.network.send(2, 1, b"back")
    pair.settle()
    assert pair.network.is_cut(1, 2)
    assert not pair.network.is_cut(2, 1)
    assert (pair.left.take(), pair.right.take()) == ([b"back"], [])
    pair.network.heal(1, 2)
    pair.settle()
    assert pair.right.take() == [b"there"]


def test_cuts_are_counted_and_heal_all_ends_them() -> None:
    pair = Pair()
    pair.network.cut(1, 2)
    pair.network.cut(1, 2)
    pair.network.heal(1, 2)
    pair.network.send(1, 2, b"a")
    pair.settle()
    assert pair.right.take() == []
    pair.network.heal_all()
    pair.settle()
    assert pair.right.take() == [b"a"]
    with pytest.raises(ValueError, match="not cut"):
        pair.network.heal(1, 2)


def test_a_dying_process_is_heard_of_at_once_after_its_last_words() -> None:
    pair = Pair()
    pair.network.send(1, 2, b"last words")
    pair.network.detach(1)
    pair.settle(0.05)
    assert pair.right.take() == [b"last words", ("down", 1), ("refused", 1)]
    pair.network.attach(1, pair.left)
    pair.settle()
    assert (pair.left.take(), pair.right.take()) == ([("up", 2)], [("up", 1)])


def test_a_reset_loses_what_was_under_way() -> None:
    pair = Pair()
    pair.network.send(1, 2, b"lost")
    pair.network.detach(1, reset=True)
    pair.settle()
    assert pair.right.take() == [("down", 1), ("refused", 1)]


def test_a_machine_that_vanishes_says_nothing_until_it_is_back() -> None:
    pair = Pair()
    pair.network.detach(1, silent=True)
    pair.network.send(2, 1, b"into the void")
    pair.settle()
    assert pair.right.take() == []
    assert pair.network.linked(2, 1)
    pair.network.attach(1, pair.left)
    pair.settle()
    # The new connection replaces the old one, of which only this end was left.
    assert (pair.left.take(), pair.right.take()) == ([("up", 2)], [("up", 1)])


def test_a_message_for_a_connection_that_the_other_end_forgot_is_answered_by_a_reset() -> None:
    pair = Pair()
    pair.network.cut(1, 2)
    pair.network.detach(1)
    pair.settle()
    assert pair.right.take() == []
    pair.network.send(2, 1, b"anybody?")
    pair.settle()
    assert pair.right.take() == [], "the answer is cut as well"
    pair.network.heal(1, 2)
    pair.network.send(2, 1, b"anybody?")
    pair.settle()
    assert pair.right.take() == [("down", 1), ("refused", 1)]


def test_a_break_loses_what_is_under_way_and_both_ends_connect_anew() -> None:
    pair = Pair()
    pair.network.send(1, 2, b"lost")
    assert pair.network.break_link(1, 2)
    pair.settle()
    assert (pair.left.take(), pair.right.take()) == ([("down", 2), ("up", 2)], [("down", 1), ("up", 1)])
    pair.network.send(1, 2, b"new")
    pair.settle()
    assert pair.right.take() == [b"new"]


def test_a_half_open_link_is_replaced_by_the_new_one_without_a_word_of_its_end() -> None:
    pair = Pair()
    pair.network.break_link(1, 2, half_open_ns=10 * SECOND)
    pair.scheduler.run_until(pair.scheduler.now + MILLISECOND)
    pair.network.send(2, 1, b"lost, though the link looks open")
    pair.settle()
    assert (pair.left.take(), pair.right.take()) == ([("down", 2), ("up", 2)], [("up", 1)])
    pair.settle(20)
    assert (pair.left.take(), pair.right.take()) == ([], []), "the late news is of a link that is forgotten"


def test_breaking_what_is_not_there_says_so() -> None:
    pair = Pair(connect=False)
    assert not pair.network.break_link(1, 2)


def test_no_connection_is_made_through_a_one_way_cut() -> None:
    pair = Pair(connect=False)
    pair.network.cut(2, 1)
    pair.network.attach(1, pair.left)
    pair.network.attach(2, pair.right)
    pair.settle()
    assert (pair.left.take(), pair.right.take()) == ([], [])
    pair.network.heal(2, 1)
    pair.settle()
    assert (pair.left.take(), pair.right.take()) == ([("up", 2)], [("up", 1)])


def test_a_process_that_does_not_answer_gets_no_connection_and_is_not_called_gone() -> None:
    pair = Pair(connect=False)
    pair.right.accepts = False
    pair.network.attach(2, pair.right)
    pair.network.attach(1, pair.left)
    pair.scheduler.run_until(MILLISECOND * 3)
    assert pair.left.take() == []


def test_a_stream_that_nobody_reads_is_broken_when_it_holds_too_much() -> None:
    pair = Pair()
    pair.network.cut(1, 2)
    for _ in range(MAX_STREAM_BYTES // 100_000 + 1):
        pair.network.send(1, 2, bytes(100_000))
    pair.settle()
    assert pair.left.take() == [("down", 2)]
    assert pair.network.counters.breaks == 1


def test_a_process_that_dies_while_a_connection_is_made_leaves_the_other_end_with_its_end() -> None:
    pair = Pair(connect=False)
    pair.network.attach(2, pair.right)
    pair.settle()
    pair.right.take()
    pair.network.attach(1, pair.left)
    while not pair.right.heard:
        pair.scheduler.step()
    pair.network.detach(1)
    pair.settle(0.05)
    assert pair.right.take() == [("up", 1), ("down", 1), ("refused", 1)]
    assert pair.left.take() == []


def test_datagram_faults_lose_double_reorder_and_replay_across_connections() -> None:
    shares = NetworkSettings(
        latency_ns=MILLISECOND, spread_ns=0, tail_share=0.0, loss=0.2, duplicate=0.2, reorder=0.2, replay=0.2
    )
    pair = Pair(shares, seed=3)
    sent = [str(number).encode() for number in range(200)]
    for data in sent[:100]:
        pair.network.send(1, 2, data)
        pair.settle(0.002)
    pair.network.break_link(1, 2)
    pair.settle(0.1)
    before = {data for data in pair.right.take() if isinstance(data, bytes)}
    for data in sent[100:]:
        pair.network.send(1, 2, data)
        pair.settle(0.002)
    pair.settle(10)
    after = [data for data in pair.right.take() if isinstance(data, bytes)]
    assert before | set(after) < set(sent), "some are lost"
    assert len(after) > len(set(after)), "some are doubled"
    assert after != sorted(after, key=sent.index), "some are reordered"
    assert set(after) & set(sent[:100]), "some are of the connection before"
    counters = pair.network.counters
    assert min(counters.lost, counters.doubled, counters.reordered, counters.replayed) > 0


def test_settings_can_be_changed_on_the_way() -> None:
    pair = Pair(NetworkSettings(loss=1.0, tail_share=0.0))
    pair.network.send(1, 2, b"lost")
    pair.settle()
    pair.network.use(STEADY)
    pair.network.send(1, 2, b"safe")
    pair.settle()
    assert pair.right.take() == [b"safe"]


def test_the_same_seed_gives_the_same_latencies() -> None:
    def arrivals(seed: int) -> list[int]:
        pair = Pair(HEAVY_TAIL, seed)
        times = []
        for number in range(20):
            pair.network.send(1, 2, str(number).encode())
            while not pair.right.heard:
                pair.scheduler.step()
            pair.right.take()
            times.append(pair.scheduler.now)
        return times

    assert arrivals(1) == arrivals(1)
    assert arrivals(1) != arrivals(2)


def test_a_message_is_replayed_on_order_if_messages_are_datagrams() -> None:
    pair = Pair(NetworkSettings(tail_share=0.0, duplicate=1e-9))
    assert not pair.network.replay(1, 2, 5), "nothing is remembered yet"
    for data in (b"a", b"b", b"c"):
        pair.network.send(1, 2, data)
    pair.settle()
    assert pair.right.take() == [b"a", b"b", b"c"]
    assert pair.network.replay(1, 2, 4)
    assert pair.right.take() == [b"b"]
    assert pair.network.counters.replayed == 1


def test_links_remember_nothing_to_replay() -> None:
    pair = Pair()
    pair.network.send(1, 2, b"a")
    pair.settle()
    assert not pair.network.replay(1, 2, 0)
