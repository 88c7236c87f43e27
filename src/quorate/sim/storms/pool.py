"""Work on all cores: many runs that know nothing of each other, their results as they come."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 4
"""Items a process takes at once: few, so that progress shows and the last chunks end together."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    task: Callable[[Item], Result], items: Iterable[Item], workers: int = 0, *, chunk: int = CHUNK
) -> Iterator[Result]:
    """`task(item)` for all items, in any order, from so many processes; 0: one for each core.

    `task` is a function of a module, or a `partial` of one, and raises only what should end everything. Whoever stops iterating
    leaves what has not begun undone.
    """
    iterator = iter(items)
    chunks = iter(lambda: list(islice(iterator, chunk)), [])
    workers = workers or cores()
    with ProcessPoolExecutor(workers, initializer=_die_of_interrupts) as pool:
        running: set[Future[list[Result]]] = set()
        try:
            for number, work in enumerate(chunks, 1):
                running.add(pool.submit(partial(_run, task), work))
                if number >= 2 * workers:
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        yield from future.result()
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield from future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _die_of_interrupts() -> None:
    """Ctrl-C reaches all processes of a terminal: one of them, the parent, is enough to make words of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run(task: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    """A run leaves many cycles behind: collecting between runs, and not within, costs a tenth less."""
    results = []
    gc.disable()
    for item in items:
        results.append(task(item))
        gc.collect()
    return results
