"""Syncs without a thread."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quorate.real.kernel_sync import SYNCS, KernelSync, open_kernel_sync

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    yield opened
    os.close(opened)


class FakeOperation:
    """Ends when the test says so."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.error = ""
        self.callback: Callable[[int], object] = lambda _result: None

    def set_callback(self, callback: Callable[[int], object]) -> bool:
        self.callback = callback
        return True

    def get_value(self) -> None:
        if self.error:
            raise SystemError(self.error)


class FakeContext:
    """A kernel by hand: `end` lets the oldest operation end, with an error if one is given."""

    def __init__(self) -> None:
        self.fileno, self._write_end = os.pipe()
        os.set_blocking(self.fileno, False)
        self.open: list[FakeOperation] = []
        self.ended: list[FakeOperation] = []
        self.refuse: Exception | None = None
        self.accepted = 1

    def submit(self, *operations: FakeOperation) -> int:
        if self.refuse is not None:
            raise self.refuse
        self.open += operations[: self.accepted]
        return self.accepted

    def end(self, error: str = "") -> None:
        operation = self.open.pop(0)
        operation.error = error
        self.ended.append(operation)
        os.write(self._write_end, b"x")

    def poll(self) -> int:
        return len(os.read(self.fileno, 1))

    def process_events(self) -> int:
        ended, self.ended = self.ended, []
        for operation in ended:
            operation.callback(0)
        return len(ended)

    def close(self) -> None:
        os.close(self.fileno)
        os.close(self._write_end)


@pytest.fixture
def context() -> Iterator[FakeContext]:
    made = FakeContext()
    yield made
    made.close()


def by_hand(context: FakeContext) -> KernelSync:
    return KernelSync(asyncio.get_running_loop(), context, FakeOperation)


async def told_of(kernel: KernelSync, descriptor: int) -> OSError | None:
    heard: asyncio.Future[OSError | None] = asyncio.get_running_loop().create_future()
    assert kernel.sync(descriptor, heard.set_result)
    assert not heard.done(), "told inside the call"
    return await asyncio.wait_for(heard, 30)


async def test_the_kernel_syncs_a_file_and_tells(descriptor: int) -> None:
    kernel = open_kernel_sync(asyncio.get_running_loop())
    if kernel is None:
        pytest.skip("this system has no asynchronous I/O of Linux, or forbids it: the write lane does the syncs")
    for number in range(3 * SYNCS):
        os.pwrite(descriptor, b"x", number)
        assert await told_of(kernel, descriptor) is None
    await kernel.stop()


async def test_a_descriptor_that_is_none_is_refused_or_fails_but_is_never_silent() -> None:
    kernel = open_kernel_sync(asyncio.get_running_loop())
    if kernel is None:
        pytest.skip("this system has no asynchronous I/O of Linux, or forbids it: the write lane does the syncs")
    with tempfile.TemporaryFile() as file:
        closed = file.fileno()
    assert not kernel.sync(closed, lambda _error: None)
    await kernel.stop()


async def test_what_goes_wrong_is_told_in_words(context: FakeContext) -> None:
    kernel = by_hand(context)
    heard: asyncio.Future[OSError | None] = asyncio.get_running_loop().create_future()
    assert kernel.sync(7, heard.set_result)
    assert context.open[0].number == 7
    context.end("Input/output error")
    error = await asyncio.wait_for(heard, 30)
    assert isinstance(error, OSError)
    assert "Input/output error" in str(error)
    await kernel.stop()


@pytest.mark.parametrize("refusal", [OverflowError("busy"), SystemError(38, "no"), ValueError("not this file")])
async def test_what_the_kernel_does_not_take_is_for_the_caller(context: FakeContext, refusal: Exception) -> None:
    kernel = by_hand(context)
    told: list[OSError | None] = []
    context.refuse = refusal
    assert not kernel.sync(7, told.append)
    context.refuse, context.accepted = None, 0
    assert not kernel.sync(7, told.append)
    await kernel.stop()
    assert told == []


async def test_stop_waits_for_what_is_under_way_and_takes_no_more(context: FakeContext) -> None:
    kernel = by_hand(context)
    told: list[OSError | None] = []
    assert kernel.sync(7, told.append)
    assert kernel.sync(8, told.append)
    stopping = asyncio.ensure_future(kernel.stop())
    await asyncio.wait([stopping], timeout=0.01)
    assert not stopping.done()
    assert not kernel.sync(9, told.append)
    context.end()
    context.end()
    await asyncio.wait_for(stopping, 30)
    assert told == [None, None]
    await kernel.stop()


async def test_an_event_that_comes_too_late_takes_nothing(context: FakeContext) -> None:
    kernel = by_hand(context)
    told: list[OSError | None] = []
    assert kernel.sync(7, told.append)
    assert kernel.sync(8, told.append)
    context.end()
    context.end()  # two counted, both are taken with the first
    while len(told) < 2:
        await asyncio.wait_for(asyncio.sleep(0), 30)
    await kernel.stop()


async def test_where_there_is_no_such_thing_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import caio.linux_aio

    def refuse(**_: int) -> None:
        raise SystemError(1, "Operation not permitted")

    monkeypatch.setattr(caio.linux_aio, "Context", refuse)
    assert open_kernel_sync(asyncio.get_running_loop()) is None
