"""Making a data directory, so that a crash at any point leaves either nothing of worth or a whole one.

The order: the label under a temporary name, then the empty log, then the label's own name. Hence a directory with a label had
a log, always; one without a label, but with the temporary one, holds at most the first write of a first start.
"""

from quorate.core.errors import MismatchError
from quorate.storage.disk import Disk
from quorate.storage.label import Label, check_label, read_label, write_label
from quorate.storage.layout import LABEL, PENDING_LABEL, SNAPSHOTS, WAL, segment_numbers, segment_path
from quorate.storage.scan import SegmentScan
from quorate.storage.wal import create_log
from quorate.storage.window import Window


def find_or_create(disk: Disk, wanted: Label) -> tuple[Label, bool]:
    """The label of the directory, checked against `wanted`; and whether it was made just now."""
    found = read_label(disk, LABEL)
    if found is not None:
        check_label(LABEL, found, wanted)
        disk.sync_directory()  # a process killed at birth may have renamed it and not synced yet
        return found, False
    _clear_interrupted_birth(disk)
    write_label(disk, PENDING_LABEL, wanted)
    disk.sync_directory()
    disk.make_directory(SNAPSHOTS)
    create_log(disk, wanted.disk)
    disk.rename(PENDING_LABEL, LABEL)
    disk.sync_directory()
    return wanted, True


def _clear_interrupted_birth(disk: Disk) -> None:
    """Remove what a first start that was interrupted left; refuse to touch anything else."""
    numbers = segment_numbers(disk.list(WAL))
    snapshots = disk.list(SNAPSHOTS)
    interrupted = PENDING_LABEL in disk.list() and numbers in ([], [1]) and not snapshots
    if (numbers or snapshots) and not (interrupted and (not numbers or _is_newborn(disk))):
        raise MismatchError(
            f"the data directory holds a log or snapshots ({WAL}/, {SNAPSHOTS}/) but no {LABEL}, which says whose they are. Put {LABEL} "
            "back as it was, or point data_dir to an empty directory. Nothing was changed."
        )
    for number in numbers:
        disk.remove(segment_path(number))
    if numbers:
        disk.sync_directory(WAL)


def _is_newborn(disk: Disk) -> bool:
    """Whether the only segment holds at most the first write, which no start has yet built upon."""
    label = read_label(disk, PENDING_LABEL)
    file = disk.open(segment_path(1))
    try:
        return label is not None and SegmentScan(Window(file), label.disk, 1).later_write(0, 1) is None
    finally:
        file.close()
