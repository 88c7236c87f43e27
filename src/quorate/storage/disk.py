"""The `Disk` protocol: everything that storage asks of a file system. `real/disk.py` and `sim/disk.py` provide it.

Paths are relative to the data directory, `/`-separated. All calls are synchronous and are made from one thread at a time per file.
Any of them may raise `OSError`.
"""

from typing import Protocol


class File(Protocol):
    """An open file. Offsets and sizes in bytes."""

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` at `offset`, extending the file if need be. Not durable before `sync`."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset`; fewer only at the end of the file."""
        ...

    def sync(self) -> None:
        """Make the file's data, and its size, durable (fdatasync)."""
        ...

    def allocate(self, size: int) -> None:
        """Reserve space so that the file is at least `size` bytes long, reading as zeros; contents are kept."""
        ...

    def truncate(self, size: int) -> None:
        """Cut or extend (with zeros) to `size`."""
        ...

    def size(self) -> int:
        """Length in bytes."""
        ...

    def close(self) -> None:
        """Release the handle. Says nothing about durability."""
        ...


class Disk(Protocol):
    """A data directory."""

    def open(self, path: str, *, create: bool = False) -> File:
        """Open for reading and writing. `create`: make it if absent; without it an absent file is FileNotFoundError."""
        ...

    def list(self, path: str = "") -> list[str]:
        """Names in a directory, sorted; an absent directory is empty."""
        ...

    def make_directory(self, path: str) -> None:
        """Make a directory and its parents, if absent."""
        ...

    def rename(self, source: str, target: str) -> None:
        """Replace `target` atomically. Durable only after `sync_directory` of its directory."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file."""
        ...

    def sync_directory(self, path: str = "") -> None:
        """Make creations, renames and removals in a directory durable."""
        ...

    def lock(self, path: str) -> None:
        """Take the directory's lock for the life of this object; `LockedError` if another process has it."""
        ...

    def free_bytes(self) -> int:
        """Space left, for status."""
        ...
