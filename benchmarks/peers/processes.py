"""Processes of other systems: started, spoken to in lines, and ended, whatever happens."""

import asyncio
import contextlib
import os
import signal
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from quorate.cli.bench_cluster import BenchFailedError, last_words

PATIENCE_S = 120.0
BETWEEN_QUESTIONS_S = 0.1
LINE_LIMIT = 1 << 26
"""PySyncObj's processes tell every latency."""


class Processes:
    """What was started and not ended yet. Each is the head of a group of its own, which is ended as a whole."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running: list[Process] = []

    async def start(
        self, name: str, words: Sequence[str], *, lines: bool = False, environment: Mapping[str, str] | None = None
    ) -> Process:
        """`lines`: with pipes for orders and answers. What it says besides goes to a file."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=PIPE if lines else DEVNULL,
                stdout=PIPE if lines else log,
                stderr=log,
                limit=LINE_LIMIT,
                process_group=0,
                env={**os.environ, **(environment or {})},
                cwd=self.directory,
            )
        self.running.append(process)
        return process

    async def ask(self, name: str, process: Process, order: str, seconds: float = 0.0) -> Any:
        """One line, and the answer to it. Raises `BenchFailedError`."""
        if process.stdin is None or process.stdout is None:
            raise BenchFailedError(f"{name} was started without pipes to it")
        try:
            async with asyncio.timeout(seconds + PATIENCE_S):
                process.stdin.write(f"{order}\n".encode())
                line = await process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line:
            raise BenchFailedError(f"{name} gave no answer{last_words(self.directory / f'{name}.log')}")
        return msgspec.json.decode(line)

    async def end(self) -> None:
        """Every group at once: nobody needs the data any more."""
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and all of its group
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.running:
            await process.communicate()  # also closes its pipes
        self.running.clear()


@asynccontextmanager
async def processes(directory: Path) -> AsyncIterator[Processes]:
    """None is left at the end."""
    started = Processes(directory)
    try:
        yield started
    finally:
        await asyncio.shield(started.end())


async def until(what: str, holds: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    """Ask again and again. Raises `BenchFailedError` after a while."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if await holds():
                    return
                await asyncio.sleep(BETWEEN_QUESTIONS_S)
    except TimeoutError:
        raise BenchFailedError(f"{what} did not come about within {PATIENCE_S:.0f} s") from None


async def output_of(name: str, words: Sequence[str], seconds: float = 0.0) -> bytes:
    """What a process prints until it ends. Raises `BenchFailedError` with its last words if it fails."""
    process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, process_group=0)
    try:
        async with asyncio.timeout(seconds + PATIENCE_S):
            out, err = await process.communicate()
    except TimeoutError:
        raise BenchFailedError(f"{name} did not end in time") from None
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended, as it should
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())
    if process.returncode:
        lines = [line for line in err.decode(errors="replace").splitlines() if line.strip()]
        raise BenchFailedError(f"{name}: {' | '.join(lines[-3:]) or 'failed without a word'}")
    return out


def carry_out(
    what: str, words: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Something that has to be made first. Raises `BenchFailedError` with its last words if it cannot be."""
    done = subprocess.run(
        words, env={**os.environ, **(environment or {})}, cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise BenchFailedError(f"{what}: {' | '.join(lines[-3:])}")
