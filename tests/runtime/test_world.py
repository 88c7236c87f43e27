"""The three worlds keep the same promises: the real one, the simulated one, and the one cranked by hand."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import pytest

from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.message import Message
from quorate.real.world import RealWorld
from quorate.runtime.world import World
from runtime.fakes import HandWorld
from sim.toy import Bench

LIMIT_S = 30.0


class Stage(ABC):
    """A world that a test can run. `wakes`: how often it was woken."""

    world: World
    wakes = 0

    @abstractmethod
    def until(self, condition: Callable[[], bool]) -> None:
        """Run the world until the condition holds."""

    def woken(self) -> None:
        self.wakes += 1


class HandStage(Stage):
    def __init__(self) -> None:
        self._hand = HandWorld()
        self._hand.wake = self.woken
        self.world = self._hand

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(10_000):
            if condition():
                return
            self._hand.work()
            self._hand.pass_time(MILLISECOND)
        raise AssertionError("it never came to that")


class SimStage(Stage):
    def __init__(self) -> None:
        self._bench = Bench(nodes=1)
        toy = self._bench.start(1)
        toy.on_wake = self.woken
        self.world = toy.world

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(10_000):
            if condition():
                return
            self._bench.run(1)
        raise AssertionError("it never came to that")


class NoNetwork:
    """Nobody is connected."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def send(self, to: NodeId, message: Message) -> None: ...


class RealStage(Stage):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.errors: list[BaseException] = []
        self._real = RealWorld(loop, NoNetwork(), self.errors.append)
        self._real.attach(self.woken)
        self.world = self._real

    def until(self, condition: Callable[[], bool]) -> None:
        async def wait() -> None:
            async with asyncio.timeout(LIMIT_S):
                while not condition():
                    await asyncio.sleep(0.001)

        self._loop.run_until_complete(wait())

    def close(self) -> None:
        self._loop.run_until_complete(self._real.stop())
        assert self.errors == []


@pytest.fixture(params=["hand", "sim", "real"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "hand":
        yield HandStage()
    elif request.param == "sim":
        yield SimStage()
    else:
        with asyncio.Runner() as runner:
            real = RealStage(runner.get_loop())
            yield real
            real.close()


def test_time_never_falls(stage: Stage) -> None:
    times: list[int] = []
    stage.until(lambda: times.append(stage.world.now()) or len(times) == 5)  # type: ignore[func-returns-value]
    assert times == sorted(times)


def test_it_wakes_at_the_deadline_or_soon_after(stage: Stage) -> None:
    deadline = stage.world.now() + 20 * MILLISECOND
    stage.world.arm(deadline)
    stage.until(lambda: stage.wakes > 0 and stage.world.now() >= deadline)
    assert stage.wakes >= 1


def test_a_deadline_in_the_past_is_due(stage: Stage) -> None:
    stage.world.arm(stage.world.now() - 1)
    stage.until(lambda: stage.wakes > 0)


def test_an_earlier_deadline_replaces_a_later_one(stage: Stage) -> None:
    stage.world.arm(stage.world.now() + 10**15)
    stage.world.arm(stage.world.now() + MILLISECOND)
    stage.until(lambda: stage.wakes > 0)


def test_it_can_be_armed_again_for_the_same_deadline_in_the_wake(stage: Stage) -> None:
    deadline = stage.world.now() + MILLISECOND
    stage.world.arm(deadline)
    stage.until(lambda: stage.wakes == 1)
    stage.world.arm(deadline)
    stage.until(lambda: stage.wakes == 2)


def test_what_is_put_off_happens_in_order_and_not_at_once(stage: Stage) -> None:
    done: list[int] = []
    for number in range(3):
        stage.world.soon(lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == []
    stage.until(lambda: len(done) == 3)
    assert done == [0, 1, 2]


@pytest.mark.parametrize("lane", ["write", "background"])
def test_jobs_run_in_order_and_are_told_on_the_drivers_thread(stage: Stage, lane: str) -> None:
    ours = threading.get_ident()
    told: list[tuple[object, bool]] = []
    submit = getattr(stage.world, lane)
    for number in range(3):
        submit(lambda number=number: number, lambda result: told.append((result, threading.get_ident() == ours)))
    assert told == []
    stage.until(lambda: len(told) == 3)
    assert told == [(0, True), (1, True), (2, True)]


@pytest.mark.parametrize("lane", ["write", "background"])
def test_what_a_job_raises_is_its_result(stage: Stage, lane: str) -> None:
    def fail() -> None:
        raise OSError("no")

    told: list[BaseException] = []
    getattr(stage.world, lane)(fail, told.append)
    stage.until(lambda: len(told) == 1)
    assert repr(told[0]) == "OSError('no')"


def test_sending_to_nobody_is_no_error(stage: Stage) -> None:
    stage.world.send(2, Message())
