"""The label of a data directory: whose it is. A small JSON file that people may read and must not edit."""

import msgspec

from quorate.core.checksum import crc32
from quorate.core.errors import ConfigError, MismatchError
from quorate.core.ids import NodeId
from quorate.storage.damage import LocatedDamageError, damaged
from quorate.storage.disk import Disk
from quorate.storage.layout import LABEL, PENDING_LABEL
from quorate.storage.record import FORMAT

_LABEL_LIMIT = 1 << 16
_REMEDY = (
    "It says whose data this is. Put the file back as it was (a copy, a mirror): it was written once and never changed. "
    "Without it, replace this member with one on an empty directory."
)


class Label(msgspec.Struct, frozen=True):
    """Written once, when the directory is made. `disk`: random, so that an emptied directory is not taken for the old one.
    `checksum`: CRC-32 of the other fields."""

    cluster: str
    node: NodeId
    disk: int
    algorithm: str
    format: int = FORMAT
    checksum: int = 0

    def computed_checksum(self) -> int:
        """What `checksum` should be."""
        fields = [self.cluster, self.node, self.disk, self.algorithm, self.format]
        return crc32(msgspec.json.encode(fields))


class _Version(msgspec.Struct):
    format: int


def new_label(*, cluster: str, node: NodeId, disk: int, algorithm: str) -> Label:
    """A label with its checksum. Raises `ConfigError` for a disk id that does not fit."""
    if not 0 <= disk < 1 << 64:
        raise ConfigError(f"a disk id is a number of 64 bits, not {disk}")
    label = Label(cluster=cluster, node=node, disk=disk, algorithm=algorithm)
    return msgspec.structs.replace(label, checksum=label.computed_checksum())


def write_label(disk: Disk, path: str, label: Label) -> None:
    """Write and sync the file; the caller renames it and syncs the directory."""
    data = msgspec.json.format(msgspec.json.encode(label), indent=2) + b"\n"
    file = disk.open(path, create=True)
    try:
        file.truncate(0)
        file.write(0, data)
        file.sync()
    finally:
        file.close()


def relabel(disk: Disk, label: Label, cluster: str) -> None:
    """Give the directory to another cluster, so that its old one takes it for a stranger. Durable on return."""
    changed = new_label(cluster=cluster, node=label.node, disk=label.disk, algorithm=label.algorithm)
    write_label(disk, PENDING_LABEL, changed)
    disk.rename(PENDING_LABEL, LABEL)
    disk.sync_directory()


def read_label(disk: Disk, path: str) -> Label | None:
    """The label; None if there is no such file. Raises `DamagedError`, or `MismatchError` for another format."""
    try:
        file = disk.open(path)
    except FileNotFoundError:
        return None
    try:
        data = file.read(0, _LABEL_LIMIT)
    finally:
        file.close()
    try:
        version = msgspec.json.decode(data, type=_Version).format
        if version != FORMAT:
            raise MismatchError(
                f"{path}: the data directory has format {version}, this version of quorate reads format {FORMAT}. "
                "Start it with the version of quorate that wrote it."
            )
        label = msgspec.json.decode(data, type=Label)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    if label.checksum != label.computed_checksum():
        raise _damaged(path, "its fields do not match its checksum")
    return label


def check_label(path: str, found: Label, wanted: Label) -> None:
    """Raise `MismatchError` unless both are of the same cluster, node and algorithm. The disk id is the directory's to say."""
    for what, ours, theirs in (
        ("cluster", found.cluster, wanted.cluster),
        ("node", found.node, wanted.node),
        ("algorithm", found.algorithm, wanted.algorithm),
    ):
        if ours != theirs:
            raise MismatchError(
                f"{path}: the data directory belongs to {what} {ours!r}, but this node is configured for {what} {theirs!r}. "
                "Point data_dir to this node's own directory, or put the setting back; never edit the label."
            )


def _damaged(path: str, what: str) -> LocatedDamageError:
    return damaged(path, 0, what, _REMEDY)
