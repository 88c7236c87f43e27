"""Child processes: started, noticed when they end, started again, stopped, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from quorate.cli import supervisor as module
from quorate.cli.plan import ClusterPlan
from quorate.cli.supervisor import Supervisor, describe_end, node_command

WAITS = "import sys; print('up', file=sys.stderr, flush=True); sys.stdin.read()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}; sys.stdin.close(); signal.pause()"
FAILS = "import sys; print('first\\nlast words', file=sys.stderr); sys.exit(3)"


def python(program: str) -> Callable[[ClusterPlan, int], Sequence[str]]:
    return lambda plan, node: [sys.executable, "-S", "-c", program]


class Stage:
    """A supervisor over a stand-in program, and what it reported."""

    def __init__(self, directory: Path, program: str, *, nodes: int = 2, restart: bool = False) -> None:
        self.plan = ClusterPlan(directory, nodes, "raft", 7000)
        self.news: list[str] = []
        self.supervisor = Supervisor(self.plan, restart=restart, report=self.news.append, command=python(program))

    async def started(self) -> list[int]:
        """Start, wait until each has spoken, and return the pids."""
        await self.supervisor.start()
        await self.until(lambda: all(self.plan.log_file(node).stat().st_size for node in self.plan.ids))
        return self.pids()

    def pids(self) -> list[int]:
        return [process.pid for process in self.supervisor._processes.values()]

    async def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, self.news
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_they_run_until_they_are_stopped(tmp_path: Path) -> None:
    stage = Stage(tmp_path, WAITS)
    pids = await stage.started()
    assert stage.supervisor.running == 2
    assert stage.supervisor.end_of(1) is None
    await stage.supervisor.stop()
    assert not any(map(alive, pids))
    assert stage.news == []
    await asyncio.wait_for(stage.supervisor.all_ended(), 10)


async def test_one_that_dies_is_reported_and_stays_down(tmp_path: Path) -> None:
    stage = Stage(tmp_path, WAITS)
    pids = await stage.started()
    os.kill(pids[0], signal.SIGKILL)
    await stage.until(lambda: bool(stage.news))
    assert stage.news[0].startswith(
        f"node 1 (pid {pids[0]}) was ended by SIGKILL; it stays down; `quorate node --config "
    )
    assert stage.supervisor.end_of(1) == "was ended by SIGKILL"
    assert stage.supervisor.running == 1
    await stage.supervisor.stop()


async def test_one_that_dies_is_started_again_if_it_shall(tmp_path: Path) -> None:
    stage = Stage(tmp_path, WAITS, restart=True)
    pids = await stage.started()
    os.kill(pids[0], signal.SIGKILL)
    await stage.until(lambda: len(stage.news) == 2)
    assert stage.news[0].endswith("it will be started again")
    assert stage.news[1] == f"node 1 is started again (pid {stage.pids()[0]})"
    assert stage.pids()[0] != pids[0]
    assert stage.supervisor.running == 2
    await stage.supervisor.stop()
    assert not any(map(alive, stage.pids()))


async def test_one_that_cannot_start_says_why_and_all_ended(tmp_path: Path) -> None:
    stage = Stage(tmp_path, FAILS)
    await stage.supervisor.start()
    await asyncio.wait_for(stage.supervisor.all_ended(), 30)
    assert len(stage.news) == 2
    assert all("ended with exit code 3: last words; it stays down" in news for news in stage.news)
    await stage.supervisor.stop()


async def test_starting_again_and_again_is_slowed_down_and_ends_at_once_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 60.0)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 60.0)
    stage = Stage(tmp_path, FAILS, nodes=1, restart=True)
    await stage.supervisor.start()
    await stage.until(lambda: bool(stage.news))
    began = time.monotonic()
    await stage.supervisor.stop()
    assert time.monotonic() - began < 10
    assert len(stage.news) == 1


async def test_one_that_will_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_GRACE_S", 0.2)
    stage = Stage(tmp_path, STUBBORN)
    pids = await stage.started()
    await stage.supervisor.stop()
    assert not any(map(alive, pids))
    assert stage.supervisor.end_of(1) == "was ended by SIGKILL"


async def test_one_that_is_paused_is_killed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_GRACE_S", 0.2)
    stage = Stage(tmp_path, WAITS, nodes=1)
    (pid,) = await stage.started()
    os.kill(pid, signal.SIGSTOP)
    await stage.supervisor.stop()
    assert not alive(pid)


ORPHANING = """
import asyncio, os, sys
from pathlib import Path
from quorate.cli.plan import ClusterPlan
from quorate.cli.supervisor import Supervisor

program = "import sys, os; print(os.getpid(), file=sys.stderr, flush=True); sys.stdin.read()"

async def run():
    plan = ClusterPlan(Path(sys.argv[1]), 2, "raft", 7000)
    supervisor = Supervisor(plan, restart=False, report=print, command=lambda *_: [sys.executable, "-S", "-c", program])
    await supervisor.start()
    print("started", flush=True)
    await supervisor.all_ended()

asyncio.run(run())
"""


async def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", ORPHANING, str(tmp_path), stdout=PIPE)
    assert parent.stdout is not None
    assert await parent.stdout.readline() == b"started\n"
    logs = [tmp_path / f"node-{node}.log" for node in (1, 2)]
    deadline = time.monotonic() + 30
    while not all(log.read_text().endswith("\n") for log in logs):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    children = [int(log.read_text()) for log in logs]
    assert all(map(alive, children))
    parent.kill()
    await parent.wait()
    while any(map(alive, children)):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_the_command_is_a_node_that_watches_its_parent() -> None:
    command = node_command(ClusterPlan(Path("d"), 3, "raft", 7000), 2)
    assert command[0] == sys.executable
    assert command[-4:] == ["node", "--config", "d/node-2.toml", "--stop-with-input"]


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "stopped"), (2, "ended with exit code 2"), (-9, "was ended by SIGKILL"), (-200, "was ended by signal 200")],
)
def test_an_end_in_words(code: int, words: str) -> None:
    assert describe_end(code) == words
