"""The words for damage."""

from quorate.core.errors import DamagedError
from quorate.storage.damage import damaged


def test_damage_names_file_offset_and_remedy() -> None:
    error = damaged("wal/0000000000000002.wal", 4711, "a record does not match its checksum")
    assert isinstance(error, DamagedError)
    assert str(error).startswith(
        "wal/0000000000000002.wal is damaged at offset 4711: a record does not match its checksum. "
    )
    assert "quorate wal verify" in str(error)
    assert "majority" in error.remedy
    assert (error.path, error.offset, error.what) == (
        "wal/0000000000000002.wal",
        4711,
        "a record does not match its checksum",
    )
