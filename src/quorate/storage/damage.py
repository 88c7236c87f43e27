"""The words in which storage reports that acknowledged bytes are gone."""

from quorate.core.errors import DamagedError, MismatchError

REMEDY = (
    "This node does not start on it, because it could forget what it has promised to others. Keep all files as they are. "
    "If the disk can still give the right bytes (a mirror, another read), put the file back exactly as it was. Otherwise "
    "replace this member with one on an empty directory; the others hold the data as long as a majority of them is well. "
    "`quorate wal verify DIR` shows the extent."
)


class LocatedDamageError(DamagedError):
    """Damage at `offset` (bytes from the start) of `path`."""

    def __init__(self, path: str, offset: int, what: str, remedy: str) -> None:
        self.path = path
        self.offset = offset
        self.what = what
        self.remedy = remedy
        super().__init__(f"{path} is damaged at offset {offset}: {what}. {remedy}")


NEWER_REMEDY = (
    "It is whole, and written by a newer version of quorate. Start this directory with the newer version; to go back to this one, replace "
    "the member with one on an empty directory. Nothing was changed."
)


class NewerFormatError(MismatchError):
    """What lies intact at `offset` (bytes from the start) of `path` was written by a newer release, and means nothing to this one."""

    def __init__(self, path: str, offset: int, what: str) -> None:
        self.path = path
        self.offset = offset
        self.what = what
        self.remedy = NEWER_REMEDY
        super().__init__(f"{path}, offset {offset}: {what}. {NEWER_REMEDY}")


def damaged(path: str, offset: int, what: str, remedy: str = REMEDY) -> LocatedDamageError:
    """The error for damage in `path` at `offset`."""
    return LocatedDamageError(path, offset, what, remedy)
