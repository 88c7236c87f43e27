"""The trace of a real node: a file from which its every step can be repeated at a desk (`quorate.sim.traces.replay`).

Theory: a trace must never do more to the node than the encoding costs. Steps are encoded on the loop and gathered; a thread of their
own writes them, so a disk that is slow, hangs or is full is met there. What cannot be written ends the trace, is told once, and
the node goes on.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import msgspec

from quorate.core.algorithm import Algorithm
from quorate.core.durable import Durable, Identity
from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.runtime.record import Fatal, Record, encode_record
from quorate.runtime.trace_format import FORMAT, VERSION, Ended, NodeHeader, encode_line, past_of
from quorate.runtime.witness import Witness
from quorate.version import __version__

_log = logging.getLogger("quorate.trace")

TRACE_BYTES = 256 * 1024 * 1024
"""How large a trace may become, if nobody says otherwise: some hours of a quiet cluster, minutes of a busy one."""

GATHER_BYTES = 64 * 1024
GATHER_NS: Nanos = SECOND // 5
"""So much is gathered before it is handed to the thread, or for so long: what a `kill -9` costs the trace."""

WAITING_BYTES = 16 * 1024 * 1024
"""What may wait for a disk that does not keep up. Beyond it the trace ends, rather than memory growing."""

CLOSE_S = 2.0
"""How long a stopping node waits for the rest to be written."""

KEPT = ".1"
"""What is appended to the name of the trace of the process before: evidence should survive the restart that follows a failure."""


class Tracing:
    """`path`: where to; None: nowhere, and everything here does nothing. All methods belong to the loop's thread."""

    def __init__(self, node: NodeId, path: str | Path | None, most_bytes: int = TRACE_BYTES) -> None:
        self._node = node
        self._path = Path(path) if path else None
        self._most_bytes = most_bytes
        self._over = True
        self._size = 0
        self._gathered = bytearray()
        self._gathered_since: Nanos = 0
        self._handed = 0
        self._writer: _Writer | None = None

    def begin(self, name: str, identity: Identity, config: msgspec.Struct, seed: int, durable: Durable) -> None:
        """Begin the file of an algorithm of that `name`, which is going to be built from the rest; `seed`: of its `Random`. This alone
        may be called on another thread, as the past may be large. A file that cannot be begun is told, and there will be no trace."""
        if self._path is None:
            return
        began = datetime.now(UTC).isoformat(timespec="seconds")
        past = msgspec.structs.replace(durable, entries=())
        count = len(durable.entries)
        header = NodeHeader(FORMAT, VERSION, "node", __version__, name, identity, config, seed, past, count, began)
        try:
            descriptor = self._begin(self._path, header, durable)
        except OSError as error:
            self._tell_end(error.strerror or str(error))
            return
        self._over = False
        self._writer = _Writer(descriptor, self._tell_end)

    def watch(self, algorithm: Algorithm) -> Algorithm:
        """The algorithm to run: watched, if there is a trace."""
        return algorithm if self._over else Witness(algorithm, self._node, self.add)

    def _begin(self, path: Path, header: NodeHeader, durable: Durable) -> int:
        _keep_earlier(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        try:
            for line in (header, *past_of(durable.entries)):
                data = encode_line(line)
                self._size += len(data)
                if self._size > self._most_bytes:
                    raise OSError(f"what is durable already does not fit into {self._most_bytes:,} bytes")
                _write(descriptor, data)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def add(self, record: Record | Fatal) -> None:
        """One step. Never raises, never waits."""
        if self._over:
            return
        try:
            line = encode_record(record) + b"\n"
        except Exception as error:
            self._end(record.at, f"a step cannot be encoded: {error}")
            return
        if self._size + len(line) > self._most_bytes:
            self._end(record.at, f"its size limit of {self._most_bytes:,} bytes is reached")
            return
        self._size += len(line)
        gathered = self._gathered
        if not gathered:
            self._gathered_since = record.at
        gathered += line
        if len(gathered) >= GATHER_BYTES or record.at - self._gathered_since >= GATHER_NS:
            self._hand_over(record.at)

    def _hand_over(self, at: Nanos) -> None:
        writer = self._writer
        if writer is None or not self._gathered:
            return
        if writer.broken:
            self._over = True
            self._gathered.clear()
        elif self._handed - writer.written > WAITING_BYTES:
            self._gathered.clear()
            self._end(at, "the disk does not keep up")
        else:
            self._handed += len(self._gathered)
            writer.put(bytes(self._gathered))
            self._gathered.clear()

    def _end(self, at: Nanos, reason: str) -> None:
        """The trace ends before the node does: say so in the file and in the log."""
        self._gathered += encode_line(Ended(at, reason))
        self._over = True
        if self._writer is not None:
            self._writer.put(bytes(self._gathered))
        self._gathered.clear()
        self._tell_end(reason)

    def _tell_end(self, reason: str) -> None:
        _log.warning("node %d: its trace %s has ended, the node goes on: %s", self._node, self._path, reason)

    async def close(self) -> None:
        """Write what is gathered. A disk that hangs is not waited for. Idempotent."""
        self._hand_over(0)
        self._over = True
        writer, self._writer = self._writer, None
        if writer is not None and not await asyncio.to_thread(writer.close):
            self._tell_end(f"the disk has not taken the rest within {CLOSE_S:g} s")


class _Writer:
    """A thread that writes what it is given. `written`: bytes so far. `broken`: it cannot write any more, and has told so."""

    def __init__(self, descriptor: int, tell: Callable[[str], None]) -> None:
        self.written = 0
        self.broken = False
        self._descriptor = descriptor
        self._tell = tell
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        # A daemon: a disk that hangs must not keep the process from ending.
        self._thread = Thread(target=self._run, name="quorate trace", daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        self._queue.put(data)

    def close(self) -> bool:
        """Write the rest and close. False if that takes too long."""
        self._queue.put(None)
        self._thread.join(CLOSE_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            if not self.broken:
                self._take(data)
        os.close(self._descriptor)

    def _take(self, data: bytes) -> None:
        try:
            _write(self._descriptor, data)
            self.written += len(data)
        except OSError as error:
            self.broken = True
            self._tell(error.strerror or str(error))


def _keep_earlier(path: Path) -> None:
    """The trace of the process before keeps its content under another name."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is no regular file")
    path.replace(path.with_name(path.name + KEPT))


def _write(descriptor: int, data: bytes) -> None:
    """All of it; the system may take it in several steps."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
