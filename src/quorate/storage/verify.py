"""Checking a whole data directory: would a node start on it, and if not, where is what wrong, and what to do about it."""

from contextlib import closing
from typing import Literal, TypeAlias

import msgspec

from quorate.core.durable import LogPoint
from quorate.core.errors import MismatchError
from quorate.core.ids import Index
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.damage import NEWER_REMEDY, REMEDY, LocatedDamageError, NewerFormatError, damaged
from quorate.storage.disk import Disk
from quorate.storage.inspect import walk
from quorate.storage.label import Label, read_label
from quorate.storage.layout import LABEL, SNAPSHOT_SUFFIX, SNAPSHOTS, WAL, segment_numbers, segment_path
from quorate.storage.recovery import Recovered, recover
from quorate.storage.report import Cut
from quorate.storage.scan import Stop
from quorate.storage.snapshots import SnapshotStore
from quorate.storage.store import reconcile

Severity: TypeAlias = Literal["note", "torn", "damaged"]

PROBLEMS_LIMIT = 1000
"""Problems listed at most; of a file of garbage the first thousand places say enough."""

_TORN_REMEDY = "Nothing to do: the write was interrupted before anybody was told of it, and the next start cuts it off."
_UNNEEDED_REMEDY = "Nothing to do: nothing needs this any more, and the next start removes it."


class Problem(msgspec.Struct, frozen=True):
    """`damaged`: what was acknowledged is not there as it was written. `torn`: an interrupted write. `note`: does no harm."""

    severity: Severity
    file: str
    offset: int
    what: str
    remedy: str


class Verdict(msgspec.Struct):
    """`starts`: whether a node would start on the directory. `status`: the worst of `problems`, a note not counted. `entries`: what the log
    holds, from after `start` to `last`. The figures are 0 or None where the damage hides them."""

    status: Literal["ok", "torn", "damaged"] = "ok"
    starts: bool = True
    label: Label | None = None
    segments: int = 0
    writes: int = 0
    start: LogPoint | None = None
    last: LogPoint | None = None
    entries: Index = 0
    commit: Index = 0
    incarnation: int = 0
    snapshot: SnapshotMeta | None = None
    snapshots: int = 0
    problems: list[Problem] = []


def verify(disk: Disk) -> Verdict:
    """Read everything and judge it as a start would. Raises OSError only."""
    verdict = Verdict()
    verdict.label = _label(disk, verdict)
    recovered = _log(disk, verdict)
    _places(disk, verdict, recovered)
    _snapshots(disk, verdict, recovered)
    severities = {problem.severity for problem in verdict.problems}
    verdict.status = "damaged" if "damaged" in severities else "torn" if "torn" in severities else "ok"
    return verdict


def _add(verdict: Verdict, severity: Severity, error: LocatedDamageError) -> None:
    known = {(problem.file, problem.offset) for problem in verdict.problems}
    if (error.path, error.offset) not in known and len(verdict.problems) < PROBLEMS_LIMIT:
        verdict.problems.append(Problem(severity, error.path, error.offset, error.what, error.remedy))


def _refuse(verdict: Verdict, error: LocatedDamageError) -> None:
    """Damage that keeps a node from starting."""
    verdict.starts = False
    _add(verdict, "damaged", error)


def _label(disk: Disk, verdict: Verdict) -> Label | None:
    try:
        label = read_label(disk, LABEL)
    except LocatedDamageError as error:
        _refuse(verdict, error)
        return None
    except MismatchError as error:
        _refuse(verdict, damaged(LABEL, 0, str(error), "Use the version of quorate that wrote the directory."))
        return None
    if label is None:
        what = "there is no such file: this is no data directory, or it has lost its label"
        _refuse(verdict, damaged(LABEL, 0, what, "Name the directory that holds quorate.json, or put the file back."))
    return label


def _log(disk: Disk, verdict: Verdict) -> Recovered | None:
    """Replay as a start does; needs the label, which the checksums build on."""
    if verdict.label is None:
        return None
    try:
        recovered = recover(disk, verdict.label.disk, keep_entries=False)
    except LocatedDamageError as error:
        _refuse(verdict, error)
        return None
    except NewerFormatError as error:
        _refuse(verdict, damaged(error.path, error.offset, error.what, error.remedy))
        return None
    state = recovered.state
    verdict.segments, verdict.writes = len(recovered.segments), recovered.writes
    verdict.start, verdict.last = state.start, state.last
    verdict.entries = state.last_index - state.start.index
    verdict.commit, verdict.incarnation = min(state.commit, state.last_index), state.incarnation
    return recovered


def _places(disk: Disk, verdict: Verdict, recovered: Recovered | None) -> None:
    """Every bad place in every segment, not only the first."""
    cut = recovered.cut if recovered is not None else None
    for number in segment_numbers(disk.list(WAL)):
        path = segment_path(number)
        unneeded = recovered is not None and path in recovered.useless
        for found in walk(disk, number):
            if isinstance(found, Stop):
                severity, remedy = _judge(path, found, cut, unneeded=unneeded)
                _add(verdict, severity, damaged(path, found.at, found.what, remedy))


def _judge(path: str, stop: Stop, cut: Cut | None, *, unneeded: bool) -> tuple[Severity, str]:
    if unneeded:
        return "note", _UNNEEDED_REMEDY
    if cut is not None and (cut.file, cut.offset) == (path, stop.offset):
        return "torn", _TORN_REMEDY
    return "damaged", NEWER_REMEDY if stop.newer else REMEDY


def _snapshots(disk: Disk, verdict: Verdict, recovered: Recovered | None) -> None:
    store = SnapshotStore(disk)
    scan = store.scan()
    verdict.snapshot = scan.newest
    verdict.snapshots = len([name for name in disk.list(SNAPSHOTS) if name.endswith(SNAPSHOT_SUFFIX)])
    with closing(store):
        for error in store.damages():
            _add(verdict, "damaged", error)
    if recovered is None:
        return
    try:
        reconcile(recovered.state, scan)
    except LocatedDamageError as error:
        _refuse(verdict, error)
