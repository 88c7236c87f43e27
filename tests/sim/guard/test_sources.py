"""What is watched while a command is applied."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import random
import secrets
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from quorate.core.errors import ConfigError
from quorate.sim.guard.rules import Rule
from quorate.sim.guard.sources import CallWatch, Finding, check_exceptions, known


def seen(action: Callable[[], object], allowed: tuple[str, ...] = ()) -> Finding | None:
    watch = CallWatch(allowed)
    watch.watch(lambda _: action(), b"")
    return watch.finding


class Later(datetime):
    """A class of the user's own."""


SOURCES: list[tuple[Callable[[], object], Rule, str]] = [
    (time.monotonic_ns, Rule.CLOCK, "time.monotonic_ns"),
    (lambda: time.perf_counter(), Rule.CLOCK, "time.perf_counter"),
    (datetime.now, Rule.CLOCK, "datetime.now"),
    (lambda: Later.today(), Rule.CLOCK, "Later.today"),
    (date.today, Rule.CLOCK, "date.today"),
    (lambda: random.random(), Rule.RANDOMNESS, "random.random"),
    (lambda: random.shuffle([1, 2]), Rule.RANDOMNESS, "random.shuffle"),
    (lambda: random.Random(), Rule.RANDOMNESS, "random.Random"),
    (lambda: random.SystemRandom().random(), Rule.RANDOMNESS, "random.random"),
    (lambda: os.urandom(1), Rule.RANDOMNESS, "os.urandom"),
    (lambda: uuid.uuid1(), Rule.RANDOMNESS, "uuid.uuid1"),
    (lambda: uuid.uuid4(), Rule.RANDOMNESS, "uuid.uuid4"),
    (lambda: secrets.token_hex(), Rule.RANDOMNESS, "secrets.token_hex"),
    (lambda: os.environ["PATH"], Rule.HOST, "os.environ"),
    (lambda: os.getenv("PATH"), Rule.HOST, "os.environ"),
    (lambda: os.getpid(), Rule.HOST, "os.getpid"),
    (lambda: open(os.devnull).close(), Rule.HOST, "open"),
    (lambda: Path(os.devnull).read_text(), Rule.HOST, "pathlib"),
]


@pytest.mark.parametrize(("action", "rule", "called"), SOURCES, ids=[called for _, _, called in SOURCES])
def test_a_source_is_seen_by_whatever_name(action: Callable[[], object], rule: Rule, called: str) -> None:
    finding = seen(action)
    assert finding is not None
    assert finding.source.rule is rule
    assert finding.called.startswith(called)


def innocent() -> object:
    source = random.Random(7)
    day = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    return (
        source.random(),
        source.sample(range(9), 3),
        day.isoformat(),
        uuid.UUID(int=5),
        uuid.uuid5(uuid.NAMESPACE_DNS, "a"),
        sorted({3, 1}),
    )


def logs() -> object:
    return logging.LogRecord("name", logging.INFO, "path", 1, "message", (), None)


def imports() -> object:
    sys.modules.pop("colorsys", None)
    return importlib.import_module("colorsys")


@pytest.mark.parametrize("action", [innocent, logs, imports])
def test_what_harms_nobody_is_no_finding(action: Callable[[], object]) -> None:
    assert seen(action) is None


def test_a_finding_names_the_line_that_called() -> None:
    def mine() -> object:
        return uuid.uuid4()

    finding = seen(mine)
    assert finding is not None
    assert finding.where == f"{__file__}:{mine.__code__.co_firstlineno + 1}"
    assert str(finding) == f"calls uuid.uuid4() at {finding.where}"


def test_the_first_finding_is_kept_until_the_next_command() -> None:
    watch = CallWatch()
    watch.watch(lambda _: (time.time(), os.getpid()), b"")
    assert watch.finding is not None
    assert watch.finding.called == "time.time"
    assert watch.watch(len, b"abc") == 3
    assert watch.finding is None


@pytest.mark.parametrize("allowed", ["uuid.uuid4", "os.urandom", "randomness"])
def test_what_is_allowed_is_no_finding(allowed: str) -> None:
    assert seen(uuid.uuid4, (allowed,)) is None
    assert seen(time.time, (allowed,)) is not None


def test_what_happens_when_garbage_is_collected_is_no_finding() -> None:
    collections, counts = [], []

    def callback(phase: str, _info: object) -> None:
        collections.append((phase, time.perf_counter()))

    def garbage() -> object:
        # What is collected before and after the watch is others' and no matter.
        collections.clear()
        made = [[number] for number in range(20_000)]
        counts.append(len(collections))
        return made

    gc.callbacks.append(callback)
    try:
        assert seen(garbage) is None
        assert garbage()
    finally:
        gc.callbacks.remove(callback)
    watched, unwatched = counts
    assert watched == 0
    assert unwatched, "or the test proves nothing"


def test_nothing_stays_behind() -> None:
    def fail() -> object:
        raise KeyError

    with pytest.raises(KeyError):
        seen(fail)
    assert sys.getprofile() is None
    assert gc.isenabled()
    gc.disable()
    try:
        seen(time.time)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_whoever_profiles_already_is_not_disturbed() -> None:
    events = []

    def profile(_frame: object, event: str, _argument: object) -> None:
        events.append(event)

    sys.setprofile(profile)
    try:
        finding = seen(time.time)
        kept = sys.getprofile()
    finally:
        sys.setprofile(None)
    assert finding is None
    assert kept is profile
    assert "c_call" in events


def test_exceptions_are_names_of_something() -> None:
    assert check_exceptions("M", ["time.time", "clock", "secrets.token_hex", "encodable"], ["encodable"])
    with pytest.raises(
        ConfigError, match=r"M declares the exception 'time\.tiem', which is none\. Known: .*time\.time,"
    ):
        check_exceptions("M", ["time.tiem"], [])
    with pytest.raises(ConfigError, match="declares the exception 'encodable'"):
        check_exceptions("M", ["encodable"], [])
    assert {"clock", "randomness", "host", "datetime.now", "open", "os.urandom"} <= set(known())
