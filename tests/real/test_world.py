import asyncio
import threading
from typing import Any

import pytest

from quorate.core.errors import StoppedError
from quorate.core.ids import MILLISECOND, SECOND, NodeId
from quorate.core.message import Message
from quorate.real.world import RealWorld
from real.network_fakes import PATIENCE_S, Note, eventually

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


class FakeNetwork:
    def __init__(self) -> None:
        self.calls: list[Any] = []

    async def start(self) -> None:
        self.calls.append("start")

    async def stop(self) -> None:
        self.calls.append("stop")

    def send(self, to: NodeId, message: Message) -> None:
        self.calls.append((to, message))


class Kit:
    """A world whose wake-ups are written down with the time at which they came."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.network = FakeNetwork()
        self.wakes: list[int] = []
        self.world = RealWorld(asyncio.get_running_loop(), self.network, self.errors.append)
        self.world.attach(lambda: self.wakes.append(self.world.now()))

    async def woken(self, times: int) -> None:
        await eventually(lambda: len(self.wakes) >= times)


@pytest.fixture
async def kit():
    made = Kit()
    yield made
    await made.world.stop()
    assert made.errors == []


async def test_wakes_at_the_deadline_and_not_before(kit: Kit):
    deadline = kit.world.now() + 30 * MILLISECOND
    kit.world.arm(deadline)
    await kit.woken(1)
    assert deadline <= kit.wakes[0] < deadline + PATIENCE_S * SECOND


async def test_wakes_once_for_a_deadline(kit: Kit):
    kit.world.arm(kit.world.now() + MILLISECOND)
    await kit.woken(1)
    await asyncio.sleep(0.02)
    assert len(kit.wakes) == 1


async def test_past_deadline_wakes_soon_but_not_inside_arm(kit: Kit):
    kit.world.arm(kit.world.now() - SECOND)
    assert kit.wakes == []
    await kit.woken(1)


async def test_later_deadline_replaces_the_earlier_without_a_new_timer(kit: Kit):
    kit.world.arm(kit.world.now() + 20 * MILLISECOND)
    timer = kit.world._timer
    latest = 0
    for step in range(1, 50):
        latest = kit.world.now() + 20 * MILLISECOND + step * MILLISECOND
        kit.world.arm(latest)
        assert kit.world._timer is timer
    await kit.woken(1)
    assert kit.wakes[0] >= latest
    assert len(kit.wakes) == 1


async def test_earlier_deadline_replaces_the_later(kit: Kit):
    kit.world.arm(kit.world.now() + 3600 * SECOND)
    deadline = kit.world.now() + 10 * MILLISECOND
    kit.world.arm(deadline)
    await kit.woken(1)
    assert kit.wakes[0] >= deadline


async def test_no_deadline_means_no_wake(kit: Kit):
    kit.world.arm(kit.world.now() + 5 * MILLISECOND)
    kit.world.arm(None)
    await asyncio.sleep(0.05)
    assert kit.wakes == []
    kit.world.arm(kit.world.now() + 5 * MILLISECOND)
    await kit.woken(1)


async def test_wake_may_arm_again(kit: Kit):
    def wake() -> None:
        kit.wakes.append(kit.world.now())
        if len(kit.wakes) < 5:
            kit.world.arm(kit.world.now() + 2 * MILLISECOND)

    kit.world.attach(wake)
    kit.world.arm(kit.world.now())
    await kit.woken(5)
    assert all(later - earlier >= 2 * MILLISECOND for earlier, later in zip(kit.wakes, kit.wakes[1:], strict=False))


async def test_what_wake_and_soon_raise_goes_to_on_error(kit: Kit):
    bug, other = ValueError("bug in wake"), KeyError("bug in soon")

    def raise_(error: Exception) -> None:
        raise error

    kit.world.attach(lambda: raise_(bug))
    kit.world.arm(kit.world.now())
    await eventually(lambda: kit.errors == [bug])
    kit.world.soon(lambda: raise_(other))
    await eventually(lambda: kit.errors == [bug, other])
    kit.errors.clear()


async def test_soon_comes_in_order_and_not_at_once(kit: Kit):
    heard: list[int] = []
    for number in range(5):
        kit.world.soon(lambda number=number: heard.append(number))
    assert heard == []
    await eventually(lambda: heard == [0, 1, 2, 3, 4])


async def test_send_and_start_go_to_the_network(kit: Kit):
    await kit.world.start()
    kit.world.send(3, Note(1))
    assert kit.network.calls == ["start", (3, Note(1))]


async def test_background_does_not_delay_writes(kit: Kit):
    release = threading.Event()
    heard: list[Any] = []
    kit.world.background(lambda: release.wait(PATIENCE_S), lambda result: heard.append(("background", result)))
    for number in range(3):
        kit.world.write(lambda number=number: number, lambda result: heard.append(("write", result)))
    await eventually(lambda: len(heard) == 3)
    release.set()
    await eventually(lambda: len(heard) == 4)
    assert heard == [("write", 0), ("write", 1), ("write", 2), ("background", True)]


async def test_failed_write_is_the_result(kit: Kit):
    heard: list[Any] = []

    def fail() -> None:
        raise OSError(28, "No space left on device")

    kit.world.write(fail, heard.append)
    await eventually(lambda: len(heard) == 1)
    assert isinstance(heard[0], OSError)


async def test_stop_waits_for_running_jobs_and_disarms(kit: Kit):
    release = threading.Event()
    heard: list[Any] = []
    kit.world.arm(kit.world.now() + 3600 * SECOND)
    timer = kit.world._timer
    kit.world.write(lambda: release.wait(PATIENCE_S), lambda result: heard.append("write"))
    kit.world.background(lambda: None, lambda result: heard.append("background"))
    stopping = asyncio.create_task(kit.world.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    release.set()
    await stopping
    await kit.world.stop()
    assert sorted(heard) == ["background", "write"]
    assert timer is not None
    assert timer.cancelled()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("quorate")]


async def test_stopped_world_does_not_wake_and_refuses_jobs(kit: Kit):
    await kit.world.stop()
    heard: list[Any] = []
    kit.world.arm(kit.world.now())
    kit.world.write(lambda: 1, heard.append)
    kit.world.background(lambda: 1, heard.append)
    await asyncio.sleep(0.02)
    assert kit.wakes == []
    assert [type(result) for result in heard] == [StoppedError, StoppedError]


async def test_lanes_end_even_if_the_network_does_not_stop_well(kit: Kit):
    heard: list[Any] = []
    kit.world.write(lambda: 1, heard.append)

    async def fail() -> None:
        raise OSError("network")

    kit.network.stop = fail  # type: ignore[method-assign]
    with pytest.raises(OSError, match="network"):
        await kit.world.stop()
    assert heard == [1]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("quorate")]
    del kit.network.stop
