"""The same commands in fresh interpreters, each with its own hash seed: what differs depends on the order of a set or on hash().

That cannot be seen inside one process, where strings have one hash, nor in a simulated cluster, which is one process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import msgspec

from quorate.core.errors import ConfigError
from quorate.machines.results import StoredResult
from quorate.sim.guard.copies import Copies
from quorate.sim.guard.naming import Name
from quorate.sim.guard.rules import MachineBrokenError, Place, Rule, difference

HASH_SEEDS = (1, 2, 3)
TIMEOUT_S = 120.0
_STATES = 10
"""States that are compared on the way, besides the last: each is a whole snapshot."""

_CHILD = "from quorate.sim.guard.interpreters import child; child()"


class Task(msgspec.Struct, frozen=True):
    """What a fresh interpreter is asked to do."""

    name: Name
    commands: list[bytes]


class Answer(msgspec.Struct, frozen=True):
    """One result a command, as bytes and as text, and the states after so many commands."""

    results: list[tuple[StoredResult | None, str]]
    states: dict[int, bytes]


_tasks = msgspec.msgpack.Decoder(Task)
_answers = msgspec.msgpack.Decoder(Answer)
_encoder = msgspec.msgpack.Encoder()


def compare_interpreters(name: Name, commands: Sequence[bytes], hash_seeds: Sequence[int] = HASH_SEEDS) -> None:
    """Run `commands` on a machine of that name, once under each hash seed. Raises `MachineBrokenError` at the first difference and
    `ConfigError` if an interpreter does not get that far."""
    task = _encoder.encode(Task(name, list(commands)))
    running = [(seed, _start(seed)) for seed in hash_seeds]
    try:
        answers = [(seed, _finish(name, process, task)) for seed, process in running]
    finally:
        for _, process in running:
            process.kill()
            with process:  # closes its pipes and waits for its end
                pass
    for theirs in answers[1:]:
        _compare(name, commands, answers[0], theirs)


def _start(seed: int) -> subprocess.Popen[bytes]:
    """It starts up while others are, and waits for its task."""
    search = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": search},
    )


def _finish(name: Name, process: subprocess.Popen[bytes], task: bytes) -> Answer:
    try:
        answer, complaints = process.communicate(task, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise ConfigError(
            f"{name.path}: a fresh interpreter was not done after {TIMEOUT_S:g} s; use fewer commands"
        ) from None
    if process.returncode != 0:
        last = complaints.decode(errors="replace").strip().splitlines()[-1:]
        raise ConfigError(
            f"{name.path} of {name.file or name.module} does not run in a fresh interpreter: {' '.join(last)}. "
            "Its module must be importable by itself; or pass hash_seeds=() to leave this out"
        )
    return _answers.decode(answer)


def _compare(name: Name, commands: Sequence[bytes], ours: tuple[int, Answer], theirs: tuple[int, Answer]) -> None:
    (seed, answer), (other_seed, other) = ours, theirs
    seeds = f"under PYTHONHASHSEED={seed} and {other_seed}"
    for position, (command, mine, its) in enumerate(zip(commands, answer.results, other.results, strict=True), 1):
        if mine[0] != its[0]:
            place = Place(name.path, position=position - 1, command=command)
            what = f"gives two results, {seeds}"
            raise MachineBrokenError(Rule.HASH_ORDER, place, what, results=(mine[1], its[1]), cause=_CAUSE)
        state, its_state = answer.states.get(position), other.states.get(position)
        if state is not None and its_state is not None and state != its_state:
            place = Place(name.path, position=position)
            what = f"two snapshots, {seeds}"
            raise MachineBrokenError(Rule.HASH_ORDER, place, what, results=difference(state, its_state), cause=_CAUSE)


_CAUSE = "the order of a set, or hash() of text or bytes, which each process draws anew"


def child() -> None:
    """In a fresh interpreter: read a task, do it, write the answer. What the machine prints goes to the standard error."""
    with os.fdopen(os.dup(1), "wb") as answer_to:
        os.dup2(2, 1)
        answer_to.write(_encoder.encode(run(_tasks.decode(sys.stdin.buffer.read()))))


def run(task: Task) -> Answer:
    """Do a task in this interpreter."""
    copies = Copies(task.name.load())
    place = Place(copies.name)
    every = max(1, len(task.commands) // _STATES)
    results = []
    states = {}
    for position, command in enumerate(task.commands, 1):
        result = copies.run(copies.first, command, place)
        results.append((result.stored, result.text))
        if position % every == 0 or position == len(task.commands):
            states[position] = copies.state(copies.first, place)
    return Answer(results, states)
