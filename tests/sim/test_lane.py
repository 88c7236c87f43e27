"""Disk lanes: one job at a time, in order; a crash hits the running one in the middle."""

from __future__ import annotations

from random import Random

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.disk import SimDisk
from quorate.sim.image import DiskImage
from quorate.sim.lane import DiskSettings, Lane
from quorate.sim.scheduler import Scheduler

STEADY = DiskSettings(latency_ns=MILLISECOND, spread_ns=0, tail_share=0.0)


class Bench:
    """A lane, a log of what it did, and a disk."""

    def __init__(self, seed: int = 1) -> None:
        self.scheduler = Scheduler()
        self.lane = Lane(self.scheduler, STEADY, Random(seed), lambda callback: callback())
        self.disk = SimDisk(DiskImage())
        self.seen: list[object] = []

    def submit(self, name: str) -> None:
        def job() -> str:
            self.seen.append(f"run {name}")
            return name

        self.lane.submit((job, lambda result: self.seen.append((result, self.scheduler.now))))


def test_jobs_run_at_the_end_of_their_time_one_after_the_other() -> None:
    bench = Bench()
    bench.submit("a")
    bench.submit("b")
    bench.scheduler.run_until(MILLISECOND - 1)
    assert bench.seen == []
    bench.scheduler.run_until(SECOND)
    assert bench.seen == ["run a", ("a", MILLISECOND), "run b", ("b", 2 * MILLISECOND)]


def test_an_exception_is_the_result() -> None:
    bench = Bench()
    error = OSError(5, "no")

    def job() -> None:
        raise error

    bench.lane.submit((job, bench.seen.append))
    bench.scheduler.run_until(SECOND)
    assert bench.seen == [error]


def test_a_stalled_disk_completes_nothing_until_it_is_released() -> None:
    bench = Bench()
    bench.submit("a")
    bench.lane.stall()
    bench.scheduler.run_until(SECOND)
    assert bench.seen == []
    bench.lane.release()
    bench.submit("b")
    bench.scheduler.run_until(2 * SECOND)
    assert bench.seen == ["run a", ("a", SECOND), "run b", ("b", SECOND + MILLISECOND)]


def test_a_release_before_the_time_is_up_changes_nothing() -> None:
    bench = Bench()
    bench.submit("a")
    bench.lane.stall()
    bench.lane.release()
    bench.scheduler.run_until(SECOND)
    assert bench.seen == ["run a", ("a", MILLISECOND)]


def test_new_settings_hold_from_the_next_job_on() -> None:
    bench = Bench()
    bench.lane.use(DiskSettings(latency_ns=5 * MILLISECOND, spread_ns=0, tail_share=0.0))
    bench.submit("a")
    bench.scheduler.run_until(SECOND)
    assert bench.seen[-1] == ("a", 5 * MILLISECOND)


def test_a_crash_stops_the_running_job_at_every_point_and_starts_no_other() -> None:
    reached = set()
    for seed in range(200):
        bench = Bench(seed)
        steps: list[int] = []

        def job(bench: Bench = bench, steps: list[int] = steps) -> None:
            for step in range(4):
                bench.disk.make_directory(f"d{step}")
                steps.append(step)

        bench.lane.submit((job, bench.seen.append))
        bench.submit("waiting")
        bench.lane.crash(bench.disk)
        bench.scheduler.run_until(SECOND)
        assert bench.seen == []
        reached.add(len(steps))
    assert reached == {0, 1, 2, 3, 4}


def test_a_crash_without_a_job_changes_nothing() -> None:
    bench = Bench()
    bench.lane.crash(bench.disk)
    bench.disk.make_directory("still")
    assert bench.disk.list() == ["still"]


def test_an_ambush_happens_while_the_next_job_runs_and_only_once() -> None:
    for seed in range(20):
        bench = Bench(seed)
        times: list[int] = []
        bench.scheduler.run_until(SECOND)
        bench.lane.ambush(lambda times=times, bench=bench: times.append(bench.scheduler.now))
        bench.scheduler.run_until(2 * SECOND)
        assert times == []
        bench.submit("a")
        bench.submit("b")
        bench.scheduler.run_until(3 * SECOND)
        (at,) = times
        assert 2 * SECOND <= at < 2 * SECOND + MILLISECOND
