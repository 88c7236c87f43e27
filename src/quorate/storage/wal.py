"""The write-ahead log: what an algorithm asked to persist, in order, in segments of frames.

The format is in `frame` and `record`, the rules in `logstate`, reading after a crash in `recovery`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, NoReturn

import msgspec

from quorate.core.durable import LogPoint
from quorate.core.effects import Persist
from quorate.core.errors import DiskFailedError, DiskFullError, InvariantError, StoppedError
from quorate.storage.disk import Disk, File
from quorate.storage.frame import FRAME_OVERHEAD, PREAMBLE, FrameBuilder, encode_preamble, segment_seed
from quorate.storage.layout import WAL, segment_path
from quorate.storage.logstate import LogState
from quorate.storage.options import StoreOptions
from quorate.storage.pool import SegmentPool
from quorate.storage.record import RecordKind, encode_carried, encode_number, encode_point
from quorate.storage.recovery import Recovered, SegmentInfo
from quorate.storage.segment import ActiveSegment, erase

_hard_state_encoder = msgspec.msgpack.Encoder()


def create_log(disk: Disk, disk_id: int) -> None:
    """Make the first segment of a new log, durably."""
    disk.make_directory(WAL)
    disk.sync_directory()
    file = disk.open(segment_path(1), create=True)
    try:
        builder = FrameBuilder(segment_seed(disk_id, 1), PREAMBLE.size, 1)
        builder.add(RecordKind.SEGMENT, encode_carried(LogState().carried()))
        file.write(0, encode_preamble(disk_id, 1) + builder.finish())
        file.sync()
    finally:
        file.close()
    disk.sync_directory(WAL)


class _Put(NamedTuple):
    """A frame that stands in the active segment and is not known to be durable; `state`: of the log with it."""

    state: LogState
    builder: FrameBuilder
    size: int


class Wal:
    """The log of one data directory, open for writing. Everything but `work` is for one thread at a time: the write lane, or where a
    write is done in two halves, whoever does them.

    A failure of the disk is final: what the file holds is no longer known, so every later write raises `DiskFailedError`. A disk that is
    full is none: room is made before anything is written, and without it the log stays as it was.
    """

    def __init__(self, disk: Disk, disk_id: int, recovered: Recovered, options: StoreOptions) -> None:
        *closed, last = recovered.segments
        self._disk = disk
        self._disk_id = disk_id
        self._options = options
        self._state = recovered.state
        self._next_write = recovered.next_write
        self._closed = deque(closed)
        self._closed_bytes = sum(segment.end for segment in closed)
        self._active = ActiveSegment(disk.open(segment_path(last.number)), last.number, options, last.end, last.highest)
        self._pool = SegmentPool(disk, options, last.number, has_spare=recovered.blank is not None)
        self._refusal: Callable[[], Exception] | None = None
        self._put: _Put | None = None

    def begin(self, recovered: Recovered, reset: LogPoint | None) -> int:
        """Repair what recovery found, count the start, and reset the log if asked to; all durable on return. Returns the incarnation."""
        if recovered.cut is not None:
            file = self._disk.open(recovered.cut.file)
            try:
                erase(file, recovered.cut.offset, recovered.cut.size)
            finally:
                file.close()
        self._active.write_again(*recovered.last_frame)
        for path in recovered.useless:
            self._disk.remove(path)
        self._disk.sync_directory(WAL)
        self._commit(partial(_encode_start, reset))
        return self._state.incarnation

    @property
    def state(self) -> LogState:
        """What is durable, but for the entries. Not to be changed."""
        return self._state

    def write(self, persists: Sequence[Persist]) -> None:
        """Make all of them durable, each whole or not at all, with one sync (more only above `write_bytes`).

        Raises `InvariantError` for what does not fit the log, before writing any of the merged write it is in, `DiskFailedError`, and
        `DiskFullError`: nothing is on the log of what follows the first `written` of them, which can be written when there is space.
        """
        self._refuse_if_not_ready()
        written = 0
        while written < len(persists):
            try:
                written += self._commit(partial(self._encode, persists[written:]))
            except DiskFullError as error:
                error.written = written
                raise

    def put(self, persists: Sequence[Persist]) -> File | None:
        """The first half of a `write` that is one frame in room that is there: everything stands in the file that is returned, and counts
        when that is synced and `settle` was called, or else `lose`. None: nothing was done, it takes a `write`. Raises as `write`."""
        self._refuse_if_not_ready()
        state = self._state.copy()
        builder = FrameBuilder(segment_seed(self._disk_id, self._active.number), self._active.end, self._next_write)
        whole = self._encode(persists, builder, state) == len(persists)
        size = FRAME_OVERHEAD + builder.size
        if not (whole and builder.size and self._fits(builder) and self._active.has_room(size, self._leave(builder))):
            return None
        data = builder.finish()
        try:
            file = self._active.put(data)
        except OSError as error:
            self._fail(error)
        self._put = _Put(state, builder, len(data))
        return file

    def settle(self) -> None:
        """What was put is durable."""
        if self._put is None:
            raise InvariantError("nothing was put down that could be settled")
        put, self._put = self._put, None
        self._active.advance(put.size)
        self._state = put.state
        self._next_write += 1
        self._committed(put.builder)

    def lose(self, error: OSError) -> NoReturn:
        """What was put could not be synced. Raises `DiskFailedError`."""
        self._put = None
        self._fail(error)

    def log_bytes(self) -> int:
        """Bytes of the log, without what is only allocated."""
        return self._closed_bytes + self._active.end

    @property
    def wants_work(self) -> bool:
        """Whether `work()` has something to do."""
        return self._pool.wants_work and self._refusal is None

    @property
    def starved(self) -> bool:
        """Whether the disk has refused room that the log wanted in advance; it may do for long without."""
        return self._active.starved or self._pool.starved

    @property
    def short(self) -> bool:
        """Whether the disk has refused the room that the log will need before long: what is left is for what must not wait."""
        active = self._active
        return active.starved or (self._pool.starved and active.end * 4 >= self._options.segment_bytes * 3)

    def work(self, *, again: bool = False) -> None:
        """For the background lane: remove dead segments, make the next one ready; `again`: see whether there is space now."""
        if again and self._active.starved and self._disk.free_bytes() >= 2 * self._options.allocate_bytes:
            self._active.starved = False  # the next write looks for itself
        self._pool.work(again=again)

    def close(self) -> None:
        """Release the files. Later writes are refused."""
        self._active.close()
        self._refusal = self._refusal or _closed_error

    def _refuse_if_not_ready(self) -> None:
        if self._refusal is not None:
            raise self._refusal()
        if self._put is not None:
            raise InvariantError("a write of the log has been put down, and is not settled yet")

    def _encode(self, persists: Sequence[Persist], builder: FrameBuilder, state: LogState) -> int:
        """Encode as many as one write should hold, at least one; returns how many."""
        taken = 0
        for persist in persists:
            encode_persist(builder, state, persist)
            taken += 1
            if builder.size >= self._options.write_bytes:
                break
        return taken

    def _commit(self, encode: Callable[[FrameBuilder, LogState], int]) -> int:
        """One frame, durable on return. `encode` may be asked twice, because a frame belongs to one place."""
        state = self._state.copy()
        builder = FrameBuilder(segment_seed(self._disk_id, self._active.number), self._active.end, self._next_write)
        taken = encode(builder, state)
        if not builder.size:
            return taken
        if self._fits(builder):
            data = builder.finish()
            self._guard(partial(self._active.append, data, self._leave(builder)))
        else:
            number = self._active.number + 1
            state = self._state.copy()
            builder = FrameBuilder(segment_seed(self._disk_id, number), PREAMBLE.size, self._next_write)
            builder.add(RecordKind.SEGMENT, encode_carried(self._state.carried()))
            taken = encode(builder, state)
            data = encode_preamble(self._disk_id, number) + builder.finish()
            self._guard(partial(self._roll, data))
        self._state = state
        self._next_write += 1
        self._committed(builder)
        return taken

    def _leave(self, builder: FrameBuilder) -> int:
        """Room that what is no entry must find behind it."""
        return self._options.reserve if builder.highest else 0

    def _fits(self, builder: FrameBuilder) -> bool:
        """Whether it still belongs into the active segment."""
        end = self._active.end + FRAME_OVERHEAD + builder.size + self._leave(builder)
        return end <= self._options.segment_bytes

    def _guard(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> NoReturn:
        path = segment_path(self._active.number)
        message = (
            f"writing to the log failed ({path}: {error}). What the disk holds is no longer known, so nothing more is "
            "written: stop the node, see to the disk (free space, cabling, health), and start it again; it recovers what is durable."
        )
        self._refusal = lambda: DiskFailedError(message)
        raise DiskFailedError(message) from error

    def _roll(self, data: bytes) -> None:
        number, file = self._pool.take(len(data))
        old = self._active
        self._active = ActiveSegment(file, number, self._options)
        self._active.append(data)
        self._closed.append(SegmentInfo(old.number, old.end, old.highest))
        self._closed_bytes += old.end
        old.close()

    def _committed(self, builder: FrameBuilder) -> None:
        """Take note of what the frame did to the segments."""
        if builder.resets:
            self._active.highest = 0
            for segment in self._closed:
                segment.highest = 0
        self._active.highest = max(self._active.highest, builder.highest)
        while self._closed and self._closed[0].highest <= self._state.start.index:
            dead = self._closed.popleft()
            self._closed_bytes -= dead.end
            self._pool.retire(dead.number)
        if self._active.end * 4 >= self._options.segment_bytes:
            self._pool.ask()


def encode_persist(builder: FrameBuilder, state: LogState, persist: Persist) -> None:
    """The records of one `Persist`, and `state` after it. Raises `InvariantError` if it does not fit."""
    if persist.hard_state is not None:
        state.hard_state = _hard_state_encoder.encode(persist.hard_state)
        builder.add(RecordKind.HARD_STATE, state.hard_state)
    if persist.reset is not None:
        state.reset(persist.reset)
        builder.add_reset(encode_point(persist.reset))
    if persist.truncate_from is not None:
        state.truncate(persist.truncate_from)
        builder.add(RecordKind.TRUNCATE, encode_number(persist.truncate_from))
    if persist.entries:
        runs = builder.add_entries(persist.entries, state.last)
        state.extend(len(persist.entries), runs)
    if persist.compact is not None:
        state.compact(persist.compact)
        builder.add(RecordKind.COMPACT, encode_point(persist.compact))
    if persist.commit > state.commit:
        state.commit = persist.commit
        builder.add(RecordKind.COMMIT, encode_number(persist.commit))


def _encode_start(reset: LogPoint | None, builder: FrameBuilder, state: LogState) -> int:
    state.incarnation += 1
    builder.add(RecordKind.INCARNATION, encode_number(state.incarnation))
    if reset is not None:
        state.reset(reset)
        builder.add_reset(encode_point(reset))
    return 1


def _closed_error() -> Exception:
    return StoppedError("the store is closed")
