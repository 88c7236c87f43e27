"""With which data directories the other members have come, remembered over restarts. A member that comes with another one, emptied or
exchanged, has forgotten votes and entries that it answered for: were it counted, what was acknowledged could be lost."""

from collections.abc import Collection

import msgspec

from quorate.core.checksum import crc32
from quorate.core.ids import NodeId
from quorate.storage.damage import damaged
from quorate.storage.disk import Disk
from quorate.storage.layout import KNOWN_DISKS, PENDING_KNOWN_DISKS

_LIMIT = 1 << 20
_REMEDY = (
    "It says with which data directory each of the other members has come. If none of theirs was emptied or exchanged since, remove the "
    "file: it is written anew. If one was, replace that member by one with a new id first."
)


class _File(msgspec.Struct, frozen=True):
    """`disks`: ids of the members in decimal. `checksum`: CRC-32 of `disks`."""

    disks: dict[str, int] = {}
    checksum: int = 0


class KnownDisks:
    """Read once. Raises `DamagedError`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._disks = _read(disk)

    def seen(self, node: NodeId, disk_id: int) -> bool:
        """`node` comes with that data directory: whether it is the one it came with before. The first one is durable on return."""
        known = self._disks.get(node)
        if known is None:
            self._keep(self._disks | {node: disk_id})
            return True
        return known == disk_id

    def forget_all_but(self, members: Collection[NodeId]) -> None:
        """Only of members there is something to be remembered: who is let in again may come with another directory. Written when there is
        more to write."""
        self._disks = {node: disk_id for node, disk_id in self._disks.items() if node in members}

    def _keep(self, disks: dict[NodeId, int]) -> None:
        named = {str(node): disks[node] for node in sorted(disks)}
        data = msgspec.json.format(msgspec.json.encode(_File(named, _checksum(named))), indent=2) + b"\n"
        file = self._disk.open(PENDING_KNOWN_DISKS, create=True)
        try:
            file.truncate(0)
            file.write(0, data)
            file.sync()
        finally:
            file.close()
        self._disk.rename(PENDING_KNOWN_DISKS, KNOWN_DISKS)
        self._disk.sync_directory()
        self._disks = disks


def _checksum(disks: dict[str, int]) -> int:
    return crc32(msgspec.json.encode(disks))


def _read(disk: Disk) -> dict[NodeId, int]:
    try:
        file = disk.open(KNOWN_DISKS)
    except FileNotFoundError:
        return {}
    try:
        data = file.read(0, _LIMIT)
    finally:
        file.close()
    try:
        found = msgspec.json.decode(data, type=_File)
        disks = {int(node): disk_id for node, disk_id in found.disks.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise damaged(KNOWN_DISKS, 0, str(error), _REMEDY) from error
    if found.checksum != _checksum(found.disks):
        raise damaged(KNOWN_DISKS, 0, "its fields do not match its checksum", _REMEDY)
    return disks
