"""Runs a trace again and compares: the same, or the first line that differs.

A storm's file has its plan, and everything follows from that. A real node's file has all that its algorithm was built from and each
event with its time, and its effects follow from those: so what happened in production can be stepped through at a desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path
from random import Random

import msgspec

from quorate.core.algorithm import Algorithm
from quorate.core.effects import Effect
from quorate.core.errors import TraceError
from quorate.core.ids import SECOND
from quorate.runtime.record import Fatal, Record, encode_record
from quorate.runtime.trace_format import Ended, NodeHeader
from quorate.sim.storms.plan_file import complaint_of
from quorate.sim.storms.run import Runner, run_plan
from quorate.sim.traces.header import StormHeader
from quorate.sim.traces.lines import Verdict
from quorate.sim.traces.reader import Line, TraceReader, open_trace, past_of_node
from quorate.version import __version__

SHOWN = 160
"""Characters of a line that are shown around the place where it differs."""


class Difference(msgspec.Struct, frozen=True):
    """The first line that is not what it was. `file`: what the trace says; `here`: what came of it now; empty: nothing."""

    line: int
    what: str
    file: str
    here: str

    def describe(self) -> str:
        """Three lines for people: where, and both sides, from shortly before the place at which they part."""
        start = max(0, _common(self.file, self.here) - SHOWN // 4)
        sides = [_clip(side, start) if side else "nothing" for side in (self.file, self.here)]
        return f"line {self.line}, {self.what} differs\n  file: {sides[0]}\n  here: {sides[1]}"


class Replay(msgspec.Struct, frozen=True):
    """What came of it. `records`: steps that were the same. `digest`: of all lines that were compared and the same. `note`: what else
    there is to know of the file, such as that it ends early."""

    kind: str
    records: int
    digest: str
    difference: Difference | None = None
    note: str = ""

    @property
    def same(self) -> bool:
        """Whether all that the file holds happened again."""
        return self.difference is None

    def describe(self) -> str:
        """For people."""
        words = f"same: {self.records:,} records, digest {self.digest}"
        if self.difference is not None:
            words = f"after {self.records:,} records that are the same, {self.difference.describe()}"
        return words + (f"\n{self.note}" if self.note else "")


def replay_file(path: Path, run: Runner = run_plan) -> Replay:
    """Run the trace in `path` again. `run` carries out a storm's plan.

    Raises `TraceError` for a file that cannot be read or not be run again, `OSError` for one that cannot be opened.
    """
    with open_trace(path) as reader:
        if isinstance(reader.header, StormHeader):
            replay = _replay_storm(reader, reader.header, run)
        elif isinstance(reader.header, NodeHeader):
            replay = _replay_node(reader, reader.header)
        else:
            raise reader.error(1, "the trace of a cluster that a program drives: run that program again to repeat it")
        return msgspec.structs.replace(replay, note=_note(reader, replay))


def _note(reader: TraceReader, replay: Replay) -> str:
    notes = [replay.note]
    if reader.torn:
        notes.append("the last line of the file is cut off and was left out: whoever wrote it died")
    if reader.header.quorate != __version__ and not replay.same:
        notes.append(f"recorded by quorate {reader.header.quorate}, replayed by {__version__}")
    return "; ".join(filter(None, notes))


# Storms


class _Comparison:
    """Takes the lines of the new run one by one and holds each against the file's. A `Sink`."""

    def __init__(self, reader: TraceReader) -> None:
        self.records = 0
        self.difference: Difference | None = None
        self.error: TraceError | None = None
        self.ended_early = False
        self._lines = reader.lines()
        self._reader = reader
        self._header_seen = False
        self._digest = blake2b(digest_size=16)

    def write(self, data: bytes, /) -> None:
        """One line of the new run. The header is not compared: the plan in it is what we run."""
        if not self._header_seen:
            self._header_seen = True
        elif self.difference is None and self.error is None and not self.ended_early:
            try:
                self._compare(data)
            except TraceError as error:
                # Not out of the storm, which would take it for a failure of its own.
                self.error = error

    def _compare(self, data: bytes) -> None:
        line = next(self._lines, None)
        if line is None:
            self.ended_early = True
        elif line.data == data:
            self.records += isinstance(line.what, Record)
            if not isinstance(line.what, Verdict):
                self._digest.update(data)
        else:
            self.difference = Difference(line.number, _name(line.what), _text(line.data), _text(data))

    def finish(self) -> Replay:
        """The new run is over: so should be the file."""
        if self.error is not None:
            raise self.error
        rest = None if self.difference is not None or self.ended_early else next(self._lines, None)
        if rest is not None:
            self.difference = Difference(rest.number, _name(rest.what), _text(rest.data), "")
        note = "the file ends before the run does" if self.ended_early else ""
        return Replay("storm", self.records, self._digest.hexdigest(), self.difference, note)


def _replay_storm(reader: TraceReader, header: StormHeader, run: Runner) -> Replay:
    if header.workload and run is run_plan:
        raise reader.error(
            1,
            f"its clients were a program's own ({header.workload[:40]!r}): replay it from there, with a `run` that brings them",
        )
    complaint = complaint_of(header.plan)
    if complaint:
        raise reader.error(1, f"its plan cannot be carried out: {complaint}")
    comparison = _Comparison(reader)
    try:
        run(header.plan, comparison)
    except (ValueError, IndexError, KeyError) as error:
        raise reader.error(1, f"its plan cannot be carried out: {type(error).__name__}: {error}") from error
    return comparison.finish()


# Nodes


def _replay_node(reader: TraceReader, header: NodeHeader) -> Replay:
    lines = reader.lines()
    durable = past_of_node(reader, header, lines)
    try:
        algorithm = reader.spec.build(header.identity, header.config, durable, Random(header.seed))
    except Exception as error:
        # Whatever a changed header makes of it: the file is to blame.
        raise reader.error(
            1, f"no node can be built from the header: {type(error).__name__}: {error}; was the file changed?"
        ) from error
    return _step_through(reader, algorithm, lines)


def _step_through(reader: TraceReader, algorithm: Algorithm, lines: Iterator[Line]) -> Replay:
    records = 0
    digest = blake2b(digest_size=16)
    note = ""
    for line in lines:
        what = line.what
        if isinstance(what, Record | Fatal):
            difference = _step(reader, algorithm, what, line)
            if difference is not None:
                return Replay("node", records, digest.hexdigest(), difference)
            records += isinstance(what, Record)
            digest.update(line.data)
            if isinstance(what, Fatal):
                note = f"the node stopped at the last event, then as now: {what.error}"
        elif isinstance(what, Ended):
            note = f"tracing ended before the node did: {what.reason}"
        else:
            raise reader.error(line.number, f"{type(what).__name__} has no place in a node's trace")
    return Replay("node", records, digest.hexdigest(), note=note)


def _step(reader: TraceReader, algorithm: Algorithm, recorded: Record | Fatal, line: Line) -> Difference | None:
    """Do what was done, and compare what comes of it."""
    at, event = recorded.at, recorded.event
    now: Record | Fatal
    try:
        effects = algorithm.start(at) if event is None else algorithm.step(event, at)
        algorithm.check()
        now = Record(at, recorded.node, event, tuple(effects))
    except Exception as error:
        # An event that no world would bring, from a changed file, or the very fault that the trace is about: either way the answer.
        if event is None:
            raise reader.error(line.number, f"the start raised {type(error).__name__}: {error}") from error
        now = Fatal(at, recorded.node, event, f"{type(error).__name__}: {error}")
    if now == recorded:
        return None
    what = _name(recorded)
    if isinstance(recorded, Record) and isinstance(now, Record):
        return _first_effect(line, what, recorded.effects, now.effects)
    return Difference(line.number, what, _text(line.data), _text(encode_record(now)))


def _first_effect(line: Line, what: str, theirs: tuple[Effect, ...], ours: tuple[Effect, ...]) -> Difference:
    for number, (their, our) in enumerate(zip_longest(theirs, ours), 1):
        if their != our:
            sides = ["" if effect is None else repr(effect) for effect in (their, our)]
            return Difference(line.number, f"{what}: effect {number} of {len(theirs)}", *sides)
    raise AssertionError("equal effects were called different")


# Words


def _name(what: msgspec.Struct) -> str:
    """Which line that is, for people."""
    if isinstance(what, Record | Fatal):
        event = "start" if what.event is None else type(what.event).__name__
        return f"node {what.node} at {what.at / SECOND:.6f} s, {event}"
    return type(what).__name__


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\n")


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    for place, (ours, theirs) in enumerate(zip(one, other, strict=False)):
        if ours != theirs:
            return place
    return min(len(one), len(other))


def _clip(text: str, start: int) -> str:
    """A piece of the text, on one line."""
    piece = text[start : start + SHOWN]
    return ("..." if start else "") + piece + ("..." if start + SHOWN < len(text) else "")
