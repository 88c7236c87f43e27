"""Where answers come from that differ from node to node: the clock, randomness, the host; and a watch for calls of them.

Theory of operation. Nothing is replaced, so nothing can be left replaced: while one command is applied, the interpreter's profile
hook reports each call into C, by whatever name the machine imported it. A call that C code makes by itself (`map(time.time, ...)`) is not
seen; then the two copies of the guard differ.
"""

from __future__ import annotations

import datetime
import gc
import importlib
import os
import random
import sys
import sysconfig
from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import TypeVar

import msgspec

from quorate.core.errors import ConfigError
from quorate.sim.guard.rules import Rule

R = TypeVar("R")

_TABLE: dict[Rule, dict[str, tuple[str, ...]]] = {
    Rule.CLOCK: {
        "time": (
            *("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime"),
            *("time_ns", "monotonic_ns", "perf_counter_ns", "process_time_ns", "thread_time_ns", "clock_gettime_ns"),
        ),
    },
    Rule.RANDOMNESS: {"os": ("urandom", "getrandom"), "_uuid": ("generate_time_safe",)},
    Rule.HOST: {
        "os": ("getpid", "getppid", "getlogin", "uname", "listdir", "scandir", "open"),
        "builtins": ("open",),
        "socket": ("gethostname",),
    },
}

_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"]
_HARMLESS = ("importlib", "logging", "linecache", "traceback", "warnings")
"""Parts of the standard library that look at clock and files for their own sake."""
_TODAY = frozenset({"now", "utcnow", "today"})


class Source(msgspec.Struct, frozen=True):
    """A function that a machine must not call, by its dotted name."""

    rule: Rule
    name: str


class Finding(msgspec.Struct, frozen=True):
    """A call of a source. `called`: what the machine's own code called; `where`: file and line."""

    source: Source
    called: str
    where: str

    def __str__(self) -> str:
        use = f"reads {self.called}" if self.called == "os.environ" else f"calls {self.called}()"
        return f"{use} at {self.where}"


def _collect() -> dict[object, Source]:
    found: dict[object, Source] = {}
    for rule, modules in _TABLE.items():
        for name, functions in modules.items():
            try:
                module = importlib.import_module(name)
            except ImportError:  # not on this platform
                continue
            for function in functions:
                if hasattr(module, function):
                    found.setdefault(
                        getattr(module, function), Source(rule, f"{name}.{function}".removeprefix("builtins."))
                    )
    return found


_FUNCTIONS = _collect()
_SHARED_RANDOM: object = vars(random)["_inst"]
_SEED: CodeType = random.Random.seed.__code__
_ENVIRONMENT: CodeType = type(os.environ).__getitem__.__code__


def known() -> list[str]:
    """What a machine may declare an exception for: rules, and single functions as messages name them."""
    names = {source.name for source in _FUNCTIONS.values()} | {rule.value for rule in _TABLE}
    return sorted(names | {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "os.environ"})


class CallWatch:
    """Watches for calls of sources. `allowed`: names of sources, of functions (`uuid.uuid4`) or rules that are no findings."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.finding: Finding | None = None
        self._allowed = frozenset(allowed)

    def watch(self, function: Callable[[bytes], R], argument: bytes) -> R:
        """`function(argument)`; then `finding` is the first call of a source in it, if there was one.

        While somebody else has set the profile hook, nothing is seen.
        """
        self.finding = None
        if sys.getprofile() is not None:
            return function(argument)
        # What others do when garbage is collected (Hypothesis looks at the clock) is not the machine's doing.
        collecting = gc.isenabled()
        gc.disable()
        sys.setprofile(self._see)
        try:
            return function(argument)
        finally:
            sys.setprofile(None)
            if collecting:
                gc.enable()

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        if self.finding is not None:
            return
        if event == "c_call":
            source = _FUNCTIONS.get(argument) or _method(argument)
            if source is not None:
                self._note(source, frame)
        elif event == "call":
            if frame.f_code is _SEED and frame.f_locals.get("a") is None:
                self._note(Source(Rule.RANDOMNESS, "random.Random"), frame)
            elif frame.f_code is _ENVIRONMENT:
                self._note(Source(Rule.HOST, "os.environ"), frame)

    def _note(self, source: Source, frame: FrameType) -> None:
        called = source.name
        at: FrameType | None = frame
        place: FrameType | None = None
        while at is not None and at.f_code is not _FRAME_OF_WATCH:
            if _is_harmless(at):
                return
            if place is None:
                if _is_standard(at):
                    called = f"{at.f_globals.get('__name__', '?')}.{at.f_code.co_name}"
                else:
                    place = at
            at = at.f_back
        if source.name in ("random.Random", "os.environ"):
            called = source.name
        if not self._allowed & {source.name, called, source.rule.value}:
            where = f"{place.f_code.co_filename}:{place.f_lineno}" if place is not None else "an unknown place"
            self.finding = Finding(source, called, where)


_FRAME_OF_WATCH: CodeType = CallWatch.watch.__code__


def _method(argument: object) -> Source | None:
    """A source that is a method: of the shared Random, or of a datetime class."""
    owner = getattr(argument, "__self__", None)
    if owner is _SHARED_RANDOM:
        return Source(Rule.RANDOMNESS, f"random.{_name(argument)}")
    if isinstance(owner, type) and issubclass(owner, datetime.date) and _name(argument) in _TODAY:
        return Source(Rule.CLOCK, f"{owner.__name__}.{_name(argument)}")
    return None


def _name(argument: object) -> str:
    return str(getattr(argument, "__name__", "?"))


def _is_standard(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return name.startswith("<frozen") or (name.startswith(_STANDARD_LIBRARY) and "site-packages" not in name)


def _is_harmless(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    return module.partition(".")[0] in _HARMLESS


def check_exceptions(machine: str, declared: Iterable[str], others: Iterable[str]) -> frozenset[str]:
    """The exceptions that a machine declares, `others` being those that are no sources. Raises `ConfigError` for an unknown one."""
    names = frozenset(declared)
    everything = {*known(), *others}
    for name in sorted(names):
        module = name.partition(".")[0]
        if name not in everything and ("." not in name or module not in ("random", "secrets", "uuid")):
            raise ConfigError(
                f"{machine} declares the exception {name!r}, which is none. Known: {', '.join(sorted(everything))}, "
                "and functions of random, secrets and uuid by their dotted names"
            )
    return names
