"""What a log says after a crash. Reads only; the caller repairs.

The newest unbroken run of segments is replayed. Where a segment stops being intact:

- a later write is found (an intact header with a higher number, or anything in a later segment): the bytes were durable, so
  this is damage, and the node stops;
- no later write, and an interrupted write explains what is there: the torn tail, which is cut, as nobody was told of it;
- no later write, but the last write is there in full and wrong: damage.
"""

import msgspec

from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import Index
from quorate.storage.damage import NewerFormatError, damaged
from quorate.storage.disk import Disk
from quorate.storage.layout import WAL, segment_numbers, segment_path, wal_leftovers
from quorate.storage.logstate import LogState
from quorate.storage.record import Carried, Record, RecordKind
from quorate.storage.report import Cut
from quorate.storage.run import Run
from quorate.storage.scan import Frame, SegmentScan, Stop
from quorate.storage.window import Window


class SegmentInfo(msgspec.Struct):
    """A segment in use. `end`: offset after its last frame. `highest`: largest index of an entry that may be in it."""

    number: int
    end: int
    highest: Index = 0


class Replay:
    """Follows records in order; keeps the entries, unless only the rules are to be checked.

    `base`: index right before `entries[0]`.
    """

    def __init__(self, *, keep_entries: bool = True) -> None:
        self.state: LogState | None = None
        self.entries: list[Entry] = []
        self._base: Index = 0
        self._keep = keep_entries

    def apply(self, record: Record) -> None:
        """Follow one record. Raises `InvariantError` if it cannot follow what was before."""
        if self.state is None:
            if not isinstance(record.value, Carried):
                raise InvariantError("the segment does not begin with the state that it continues from")
            self.state = LogState.from_carried(record.value)
            self._base = self.state.last_index
            return
        self.state.replay(record)
        if not self._keep:
            return
        if isinstance(record.value, Entry):
            self.entries.append(record.value)
        elif record.kind in _DROPS:
            self._drop(self.state)

    def run(self, run: Run) -> None:
        """Follow a run that comes after `state.last`."""
        if self.state is not None:
            self.state.extend(len(run.entries), ())
            self.state.commit = max(self.state.commit, run.commit)
            if self._keep:
                self.entries += run.entries

    def _drop(self, state: LogState) -> None:
        """Make `entries` end where the log ends and begin where it starts."""
        del self.entries[max(0, state.last_index - self._base) :]
        gone = min(max(0, state.start.index - self._base), len(self.entries))
        del self.entries[:gone]
        self._base = state.last_index - len(self.entries)


_DROPS = {RecordKind.TRUNCATE, RecordKind.RESET, RecordKind.COMPACT}


class Recovered(msgspec.Struct):
    """The log as it is on disk.

    `segments`: those in use, ascending; the last is the one to write on. `next_write`: number of the next frame. `last_frame`: where the
    last write is, (offset, size). `blank`: number of a segment of zeros after them, ready to be used. `useless`: files that may go.
    """

    state: LogState
    entries: list[Entry]
    segments: list[SegmentInfo]
    next_write: int
    last_frame: tuple[int, int]
    writes: int
    cut: Cut | None
    blank: int | None
    useless: list[str]


def recover(disk: Disk, disk_id: int, *, keep_entries: bool = True) -> Recovered:
    """Read the whole log. Raises `LocatedDamageError` for anything but a torn tail, and `NewerFormatError`. Without entries memory is
    bounded."""
    return _Recovery(disk, disk_id, keep_entries=keep_entries).run()


class _Recovery:
    def __init__(self, disk: Disk, disk_id: int, *, keep_entries: bool) -> None:
        self._disk = disk
        self._disk_id = disk_id
        self._replay = Replay(keep_entries=keep_entries)
        self._segments: list[SegmentInfo] = []
        self._blank: list[int] = []
        self._cut: Cut | None = None
        self._expected: int | None = None
        self._last_frame = (0, 0)
        self._writes = 0

    def run(self) -> Recovered:
        names = self._disk.list(WAL)
        numbers = segment_numbers(names)
        if not numbers:
            raise damaged(WAL, 0, "it holds no log, but this directory was in use")
        run = _newest_run(numbers)
        for number in run:
            self._segment(number)
        state = self._replay.state
        if state is None or self._expected is None:
            raise damaged(segment_path(run[0]), 0, "the log holds no intact write")
        if state.missing > state.start.index:
            what = f"the file is missing, and entries {state.start.index + 1} to {state.missing} with it"
            raise damaged(segment_path(run[0] - 1), 0, what)
        return Recovered(
            state=state,
            entries=self._replay.entries,
            segments=self._segments,
            next_write=self._expected,
            last_frame=self._last_frame,
            writes=self._writes,
            cut=self._cut,
            blank=min(self._blank, default=None),
            useless=[f"{WAL}/{name}" for name in wal_leftovers(names)]
            + [segment_path(number) for number in numbers if number < run[0]]
            + [segment_path(number) for number in sorted(self._blank)[1:]],
        )

    def _segment(self, number: int) -> None:
        path = segment_path(number)
        file = self._disk.open(path)
        try:
            window = Window(file)
            if not window.is_blank():
                self._refuse_after_the_end(path)
            scan = SegmentScan(window, self._disk_id, number)
            info = SegmentInfo(number, 0)
            for frame in scan.frames(self._expected):
                self._frame(info, frame)
                self._run_ahead(info, scan)
            if scan.stop is not None:
                self._stopped(path, scan, scan.stop, window)
        finally:
            file.close()
        if not info.end:
            self._blank.append(number)

    def _refuse_after_the_end(self, path: str) -> None:
        """A segment is begun only when the one before is durable to its end."""
        if self._cut is not None:
            raise damaged(self._cut.file, self._cut.offset, f"{self._cut.what}, but {path} was written after it")
        if self._blank:
            raise damaged(segment_path(self._blank[0]), 0, f"nothing but zeros, but {path} was written after it")

    def _frame(self, info: SegmentInfo, frame: Frame) -> None:
        path = segment_path(info.number)
        if not info.end:
            if not frame.records or frame.records[0].kind is not RecordKind.SEGMENT:
                raise damaged(path, frame.offset, "the segment does not begin with what it continues from")
            self._segments.append(info)
        for record in frame.records:
            try:
                self._replay.apply(record)
            except InvariantError as error:
                raise damaged(path, record.offset, str(error)) from error
            if isinstance(record.value, Entry):
                info.highest = max(info.highest, record.value.index)
            elif record.kind is RecordKind.RESET:
                for earlier in self._segments:
                    earlier.highest = 0
        first = info.end == 0  # then the preamble was written with it
        self._last_frame = (0, frame.offset + frame.size) if first else (frame.offset, frame.size)
        info.end = frame.offset + frame.size
        self._expected = frame.number + 1
        self._writes += 1

    def _run_ahead(self, info: SegmentInfo, scan: SegmentScan) -> None:
        """Nearly all of a log is plain: it is read in runs, and only what lies between them frame by frame."""
        while self._replay.state is not None and (run := scan.run_ahead(self._replay.state.last)) is not None:
            self._replay.run(run)
            if run.entries:
                info.highest = max(info.highest, run.entries[-1].index)
            info.end = run.end
            self._last_frame = (run.last_at, run.end - run.last_at)
            self._writes += run.writes
            self._expected = run.writes + (self._expected or 0)

    def _stopped(self, path: str, scan: SegmentScan, stop: Stop, window: Window) -> None:
        if stop.newer:
            raise NewerFormatError(path, stop.at, stop.what)
        if self._expected is None:
            raise damaged(path, stop.at, f"{stop.what}, and the oldest segment was durable before anything else")
        later = scan.later_write(stop.offset + 1, self._expected)
        if later is not None:
            raise damaged(path, stop.at, f"{stop.what}, but a later write is intact at offset {later}")
        if not stop.interrupted:
            raise damaged(path, stop.at, f"{stop.what}, and this is not the trace of an interrupted write")
        size = window.content_end(stop.offset) - stop.offset
        self._cut = Cut(file=path, offset=stop.offset, size=size, what=stop.what)


def _newest_run(numbers: list[int]) -> list[int]:
    """The longest unbroken run that ends with the newest segment. What lies before a gap is on its way out, or else
    the run will turn out to need entries that it does not have."""
    first = len(numbers) - 1
    while first and numbers[first - 1] == numbers[first] - 1:
        first -= 1
    return numbers[first:]
