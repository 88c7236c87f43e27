import asyncio
import threading
from typing import Any

import pytest

from quorate.core.errors import StoppedError
from quorate.real.lane import Lane

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


class Kit:
    """A lane, what its jobs gave, and what went wrong in telling of it."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self.errors: list[BaseException] = []
        self.lane = Lane("test lane", asyncio.get_running_loop(), self.errors.append)


def lane_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "test lane"]


async def test_jobs_run_in_order_off_the_loop_and_done_on_it():
    kit = Kit()
    threads: list[tuple[int, int]] = []

    def submit(number: int) -> None:
        running: list[int] = []

        def job() -> int:
            running.append(threading.get_ident())
            return number

        def done(result: Any) -> None:
            kit.results.append(result)
            threads.append((running[0], threading.get_ident()))

        kit.lane.submit(job, done)

    for number in range(100):
        submit(number)
    await kit.lane.stop()
    assert kit.results == list(range(100))
    assert {loop for _, loop in threads} == {threading.get_ident()}
    assert len({lane for lane, _ in threads}) == 1
    assert threads[0][0] != threading.get_ident()


async def test_what_a_job_raises_is_its_result_and_the_next_runs():
    kit = Kit()

    def fail() -> None:
        raise OSError(5, "Input/output error")

    kit.lane.submit(fail, kit.results.append)
    kit.lane.submit(lambda: "next", kit.results.append)
    await kit.lane.stop()
    assert isinstance(kit.results[0], OSError)
    assert kit.results[1:] == ["next"]
    assert kit.errors == []


async def test_what_done_raises_goes_to_on_error():
    kit = Kit()
    bug = ValueError("bug in the driver")

    def done(result: Any) -> None:
        raise bug

    kit.lane.submit(lambda: None, done)
    kit.lane.submit(lambda: "next", kit.results.append)
    await kit.lane.stop()
    assert kit.errors == [bug]
    assert kit.results == ["next"]


async def test_loop_goes_on_while_a_job_runs_and_stop_waits_for_it():
    kit = Kit()
    release = threading.Event()
    kit.lane.submit(lambda: release.wait(30), kit.results.append)
    stopping = asyncio.create_task(kit.lane.stop())
    await asyncio.sleep(0.01)
    assert not stopping.done()
    assert kit.results == []
    release.set()
    await stopping
    assert kit.results == [True]
    assert lane_threads() == []


async def test_stop_is_idempotent_and_later_jobs_are_refused_by_name():
    kit = Kit()
    kit.lane.submit(lambda: 1, kit.results.append)
    await asyncio.gather(kit.lane.stop(), kit.lane.stop())
    await kit.lane.stop()
    kit.lane.submit(lambda: 2, kit.results.append)
    assert kit.results == [1], "done is never called out of submit"
    await asyncio.sleep(0)
    assert isinstance(kit.results[1], StoppedError)
    assert "test lane is stopped; the job was not run" in str(kit.results[1])


async def test_giving_up_waiting_for_stop_does_not_spoil_it():
    kit = Kit()
    release = threading.Event()
    kit.lane.submit(lambda: release.wait(30), kit.results.append)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(kit.lane.stop(), 0.01)
    release.set()
    await kit.lane.stop()
    assert kit.results == [True]


async def test_a_lane_without_jobs_has_no_thread():
    kit = Kit()
    assert lane_threads() == []
    await kit.lane.stop()
    assert lane_threads() == []


async def test_thread_is_no_daemon():
    kit = Kit()
    kit.lane.submit(lambda: threading.current_thread().daemon, kit.results.append)
    await kit.lane.stop()
    assert kit.results == [False]


async def test_a_loop_closed_too_early_leaves_no_thread_behind():
    release = threading.Event()
    heard: list[Any] = []
    loop = asyncio.new_event_loop()
    lane = Lane("test lane", loop, heard.append)
    lane.submit(lambda: release.wait(30), heard.append)
    (thread,) = lane_threads()
    lane._jobs.put(None)
    loop.close()
    release.set()
    thread.join(30)
    assert not thread.is_alive()
    assert heard == []
