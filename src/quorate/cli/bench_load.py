"""The callers of a benchmark, in the process of a node. They call the node's own methods and nothing between: what is measured is what
a program that embeds quorate pays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from itertools import cycle
from random import Random
from time import perf_counter
from typing import Any

import msgspec

from quorate import Node
from quorate.cli.bench_buckets import sample
from quorate.cli.bench_orders import Fill, Run
from quorate.cli.bench_results import Sample
from quorate.core.machine import StateMachine
from quorate.machines.kv.commands import Put, encode_command

DISTINCT_COMMANDS = 1024
"""At most so many are made beforehand; callers take them in turn."""

FILLERS = 256


class Window(msgspec.Struct, frozen=True):
    """When calls count, by `perf_counter`: those that end after `begin`. Each caller stops with the first that ends at or after `end`."""

    begin: float
    end: float


async def run_load(node: Node[StateMachine], order: Run, commands: Sequence[bytes]) -> Sample:
    """All callers of one load, for as long as it says. Raises what a call raises."""
    begin = perf_counter() + order.warm_up_s
    window = Window(begin, begin + order.seconds)
    latencies: list[float] = []
    load = order.load
    callers = [_caller(node, order, cycle(commands).__next__, window, latencies) for _ in range(load.in_flight)]
    await asyncio.gather(*callers)
    # Each caller's last call ended outside of the window, and no other did.
    ended = len(latencies) - load.in_flight
    return sample(latencies, ended * load.together / order.seconds)


def _caller(
    node: Node[StateMachine], order: Run, draw: Callable[[], bytes], window: Window, latencies: list[float]
) -> Coroutine[Any, Any, None]:
    if order.load.what == "read":
        return _reads(node, window, latencies)
    if order.load.together > 1:
        return _writes_lists(node, [draw() for _ in range(order.load.together)], window, latencies)
    return _writes(node, draw, window, latencies)


async def _writes(node: Node[StateMachine], draw: Callable[[], bytes], window: Window, latencies: list[float]) -> None:
    apply, record, begin, end = node.apply, latencies.append, window.begin, window.end
    before = perf_counter()
    while before < end:
        await apply(draw())
        after = perf_counter()
        if after >= begin:
            record(after - before)
        before = after


async def _writes_lists(
    node: Node[StateMachine], commands: list[bytes], window: Window, latencies: list[float]
) -> None:
    apply_many, record, begin, end = node.apply_many, latencies.append, window.begin, window.end
    before = perf_counter()
    while before < end:
        await apply_many(commands)
        after = perf_counter()
        if after >= begin:
            record(after - before)
        before = after


async def _reads(node: Node[StateMachine], window: Window, latencies: list[float]) -> None:
    read, record, begin, end = node.read, latencies.append, window.begin, window.end
    before = perf_counter()
    while before < end:
        await read(_look)
        after = perf_counter()
        if after >= begin:
            record(after - before)
        before = after


def _look(machine: StateMachine) -> StateMachine:
    """As little as a query can do: what is measured is what it takes to be allowed to."""
    return machine


def raw_commands(size_bytes: int) -> list[bytes]:
    """One command of that size, for a machine that does not look into it."""
    return [Random(7).randbytes(size_bytes)]


def puts(size_bytes: int, keys: int) -> list[bytes]:
    """Puts to keys that are spread evenly over all that the store was filled with, in no order."""
    draw = Random(7)
    value = draw.randbytes(size_bytes)
    return [put(draw.randrange(keys), value) for _ in range(min(keys, DISTINCT_COMMANDS))]


def put(number: int, value: bytes) -> bytes:
    """The command that gives the key of that number a value."""
    return encode_command(Put(b"key-%08d" % number, value))


async def fill(node: Node[StateMachine], order: Fill) -> int:
    """Each key in a command of its own, with as many callers as keep the node busy."""
    numbers = iter(range(order.first, order.first + order.count))
    draw = Random(order.first)

    async def filler() -> None:
        for number in numbers:
            await node.apply(put(number, draw.randbytes(order.size_bytes)))

    await asyncio.gather(*(filler() for _ in range(min(FILLERS, order.count))))
    return order.count
