"""One simulated process: clock, timer, gate, links, disk lanes, death."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND
from quorate.runtime.world import World
from quorate.sim.lane import DiskSettings
from quorate.sim.world import MAX_TIMER_LATENESS_NS
from sim.toy import Bench, Ping, Pong, connected_pair


def test_it_is_a_world() -> None:
    world: World = Bench().start(1).world
    assert world.now() == 0


def test_messages_go_there_and_back() -> None:
    bench, left, right = connected_pair()
    left.world.send(2, Ping(7))
    bench.run(10)
    assert right.what() == [(1, Ping(7))]
    assert left.what() == [(2, Pong(7))]


def test_a_timer_fires_at_the_local_deadline_or_soon_after() -> None:
    bench = Bench(nodes=1)
    bench.clocks[1].change_rate(0, 1_080_000)
    toy = bench.start(1)
    toy.world.arm(108 * MILLISECOND)
    bench.run(99)
    assert toy.what() == []
    bench.run(2)
    ((at, what),) = toy.seen
    assert what == "wake"
    assert 0 <= at - 108 * MILLISECOND <= 2 * MAX_TIMER_LATENESS_NS


def test_arming_replaces_earlier_or_later() -> None:
    bench = Bench(nodes=1)
    toy = bench.start(1)
    toy.world.arm(50 * MILLISECOND)
    toy.world.arm(80 * MILLISECOND)
    bench.run(70)
    assert toy.what() == []
    bench.run(11)
    assert toy.what() == ["wake"]
    toy.world.arm(200 * MILLISECOND)
    toy.world.arm(90 * MILLISECOND)
    bench.run(20)
    assert toy.what() == ["wake"]
    toy.world.arm(150 * MILLISECOND)
    toy.world.arm(None)
    bench.run(500)
    assert toy.what() == []


def test_arming_for_the_past_wakes_at_once_and_again() -> None:
    bench = Bench(nodes=1)
    toy = bench.start(1)
    toy.on_wake = lambda: toy.world.arm(toy.world.now() + 10 * MILLISECOND)
    bench.run(5)
    toy.world.arm(0)
    bench.run(25)
    assert toy.what() == ["wake"] * 3
    bench.run(10)
    assert toy.what() == ["wake"]


def test_a_change_of_rate_moves_what_is_armed() -> None:
    bench = Bench(nodes=1)
    toy = bench.start(1)
    toy.world.arm(100 * MILLISECOND)
    bench.run(50)
    bench.clocks[1].change_rate(bench.scheduler.now, 2_000_000)
    toy.world.clock_changed()
    bench.run(26)
    assert toy.what() == ["wake"]


def test_soon_is_after_what_is_ready_and_takes_no_time() -> None:
    bench = Bench(nodes=1)
    toy = bench.start(1)
    toy.world.soon(lambda: toy.note("soon"))
    assert toy.what() == []
    bench.run(0)
    assert toy.what() == ["soon"]


def test_a_paused_process_finds_everything_in_order_with_the_clock_of_now() -> None:
    bench, left, right = connected_pair()
    right.world.pause()
    right.world.arm(right.world.now() + MILLISECOND)
    for number in range(3):
        left.world.send(2, Ping(number))
    bench.run(1000)
    assert right.what() == []
    right.world.resume()
    right.world.resume()
    left.world.send(2, Ping(3))
    before = bench.scheduler.now
    bench.run(100)
    assert [at for at, _ in right.seen[:4]] == [before] * 4
    seen = right.what()
    assert [what for what in seen if what != "wake"] == [(1, Ping(number)) for number in range(4)]
    assert seen.count("wake") == 1


def test_what_arrives_while_the_inbox_drains_waits_its_turn() -> None:
    bench, left, right = connected_pair()
    right.world.pause()
    left.world.send(2, Ping(1))
    bench.run(10)
    right.world.resume()
    right.world.gate(lambda: right.note("later"))
    bench.run(0)
    assert right.what() == [(1, Ping(1)), "later"]


def test_write_and_background_are_two_lanes() -> None:
    bench = Bench(nodes=1)
    toy = bench.start(1)
    toy.world.use_disk(DiskSettings(latency_ns=5 * MILLISECOND, spread_ns=0, tail_share=0.0))
    toy.world.write(lambda: "w1", toy.note)
    toy.world.write(lambda: "w2", toy.note)
    toy.world.background(lambda: "b1", toy.note)
    bench.run(30)
    assert toy.seen == [(5 * MILLISECOND, "w1"), (5 * MILLISECOND, "b1"), (10 * MILLISECOND, "w2")]


def test_a_stalled_disk_holds_both_lanes() -> None:
    bench = Bench(nodes=1)
    toy = bench.start(1)
    toy.world.stall_disk()
    toy.world.write(lambda: "w", toy.note)
    toy.world.background(lambda: "b", toy.note)
    bench.run(1000)
    assert toy.what() == []
    toy.world.release_disk()
    bench.run(0)
    assert toy.what() == ["w", "b"]


def test_after_a_crash_nothing_reaches_the_process_and_its_peer_is_told() -> None:
    bench, left, right = connected_pair()
    left.world.write(lambda: "w", left.note)
    left.world.arm(left.world.now() + MILLISECOND)
    left.world.soon(lambda: left.note("soon"))
    right.world.send(1, Ping(1))
    left.world.crash(silent=False, reset=False)
    bench.run(100)
    assert left.what() == []
    assert right.what() == [("disconnected", 1), ("unreachable", 1)]
    left.world.send(2, Ping(1))
    bench.run(100)
    assert right.what() == []


def test_a_paused_process_that_crashes_never_sees_its_inbox() -> None:
    bench, left, right = connected_pair()
    right.world.pause()
    left.world.send(2, Ping(1))
    bench.run(10)
    right.world.crash(silent=True, reset=False)
    right.world.resume()
    bench.run(10)
    assert right.what() == []


def test_a_crash_hits_the_running_write_and_frees_the_lock() -> None:
    bench = Bench(nodes=1)
    toy = bench.start(1)
    toy.world.disk.lock("lock")
    toy.world.write(lambda: toy.world.disk.make_directory("half"), toy.note)
    toy.world.crash(silent=False, reset=False)
    bench.run(10)
    assert toy.what() == []
    bench.start(1).world.disk.lock("lock")


def test_a_world_without_a_process_says_so() -> None:
    toy = Bench().start(1)
    toy.world._process = None
    with pytest.raises(RuntimeError, match="nothing runs"):
        toy.world.gate(toy.world.process.wake)
