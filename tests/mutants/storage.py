"""Bugs of the data directory: what is durable, and what a start makes of it."""

from mutants.mutant import Edit, Mutant
from quorate.runtime.writer import LogWrite
from quorate.storage import frame, record, store, wal
from quorate.storage.logstate import LogState
from quorate.storage.pool import SegmentPool
from quorate.storage.recovery import Replay, _Recovery
from quorate.storage.segment import ActiveSegment
from quorate.storage.wal import Wal

STORAGE = (
    Mutant(
        "log_not_synced",
        "A write to the log counts as durable without a sync.",
        "storage/wal.py: all of a write is durable on return",
        (Edit(ActiveSegment.append, "    self._file.sync()\n", ""), Edit(LogWrite.by_halves, "file.sync()", "pass")),
    ),
    Mutant(
        "failed_sync_tried_again",
        "When a sync fails it is tried once more, and its success is believed.",
        "storage/wal.py: a failure is final, because the system drops what a failed sync should have saved (PostgreSQL, 2018)",
        (
            Edit(
                ActiveSegment.append,
                "    self._file.sync()\n",
                "    try:\n        self._file.sync()\n    except OSError:\n        self._file.sync()\n",
            ),
            Edit(LogWrite.by_halves, "return self.synced(error)", "file.sync()"),
        ),
    ),
    Mutant(
        "leftovers_trusted",
        "What the last process wrote, and may not have synced, counts as durable because a start could read it.",
        "storage/segment.py: what can be read after a kill, or a failed sync, need not be on the disk",
        (Edit(Wal.begin, "    self._active.write_again(*recovered.last_frame)\n", ""),),
    ),
    Mutant(
        "truncation_not_replayed",
        "A start does not drop the entries that the log says were cut off.",
        "storage/recovery.py: records are followed in order, truncations too",
        (
            Edit(
                Replay.apply,
                "elif record.kind in _DROPS:",
                "elif record.kind in _DROPS and record.kind is not RecordKind.TRUNCATE:",
            ),
        ),
    ),
    Mutant(
        "damage_taken_as_the_end",
        "Damage in the middle of the log is cut off like a torn tail, with the intact writes behind it.",
        "storage/recovery.py: what a later write proves to have been durable is damaged, not torn, and stops the node",
        (
            Edit(_Recovery._stopped, "later = scan.later_write(stop.offset + 1, self._expected)", "later = None"),
            Edit(_Recovery._stopped, "if not stop.interrupted:", "if False:"),
        ),
    ),
    Mutant(
        "last_write_taken_as_torn",
        "A start cuts off the last write of the log, though it is whole.",
        "storage/frame.py: a frame counts whole or not at all, and this one is whole",
        (
            Edit(
                _Recovery._segment,
                "        for frame in scan.frames(self._expected):\n",
                "        frames = list(scan.frames(self._expected))\n"
                "        if len(frames) > 1 and number == segment_numbers(self._disk.list(WAL))[-1]:\n"
                "            frames.pop()\n"
                "        for frame in frames:\n",
            ),
        ),
    ),
    Mutant(
        "torn_tail_not_erased",
        "A torn tail is cut from what is read, and stays on the disk.",
        "storage/segment.py: what was cut never comes back",
        (Edit(Wal.begin, "if recovered.cut is not None:", "if False:"),),
    ),
    Mutant(
        "interrupted_erasure_taken_for_damage",
        "A start that died while it erased a torn tail leaves a directory on which no later one will start.",
        "storage/frame.py: a zero first byte is the trace of an interrupted erasure",
        (Edit(frame.looks_interrupted, "region[0] == 0 or region[-1] == 0", "region[-1] == 0"),),
    ),
    Mutant(
        "start_not_counted",
        "A start does not count itself, so its sessions are those of the process before.",
        "core/durable.py, Identity: incarnation counts starts, durably, before the algorithm is built",
        (Edit(wal._encode_start, "state.incarnation += 1\n", "state.incarnation += not state.incarnation\n"),),
    ),
    Mutant(
        "hard_state_lost_with_its_segment",
        "A new segment does not repeat term and vote, and the one that holds them is removed.",
        "storage/record.py, Carried: all that the earlier segments say, except the entries themselves",
        (Edit(LogState.carried, "self.incarnation, self.hard_state, self.start", 'self.incarnation, b"", self.start'),),
    ),
    Mutant(
        "segment_removed_too_early",
        "A segment goes as soon as its entries are committed, not when a snapshot covers them.",
        "storage/wal.py: a segment is dead when the log starts after its last entry",
        (
            Edit(
                Wal._committed,
                "self._closed[0].highest <= self._state.start.index",
                "self._closed[0].highest <= self._state.commit",
            ),
        ),
    ),
    Mutant(
        "segment_name_not_synced",
        "A new segment is written before its name is on disk.",
        "storage/pool.py, take: the name of the next segment is durable",
        (
            Edit(SegmentPool.take, "            self._disk.sync_directory(WAL)\n", ""),
            Edit(SegmentPool._prepare, "        self._disk.sync_directory(WAL)\n", ""),
        ),
    ),
    Mutant(
        "unfinished_install_forgotten",
        "A start that finds a received snapshot which its log does not know of yet leaves the log as it is.",
        "storage/store.py, reconcile: then the log is reset to the snapshot, as it would have been",
        (Edit(store.reconcile, "    return point\n", "    return None\n"),),
    ),
    Mutant(
        "entry_checksum_not_checked",
        "A start does not compare an entry's data with its checksum.",
        "core/entry.py: data and checksum travel unchanged to every disk, so that damage on the way is found",
        (Edit(record._decode_entry, "if crc32(data) != data_crc:", "if False:"),),
    ),
    Mutant(
        "lost_snapshot_set_aside",
        "A start sets a damaged snapshot aside though nothing else has what it held.",
        "storage/store.py: a published snapshot was durable, and may have been counted upon (found by a storm)",
        (Edit(store.reconcile, "    _refuse_lost_snapshot(state, scan)\n", ""),),
    ),
)
