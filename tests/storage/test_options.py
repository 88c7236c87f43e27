"""Settings of the storage floor."""

import pytest

from quorate.storage.options import DEFAULT_OPTIONS, StoreOptions


def test_the_defaults_are_those_of_the_plan() -> None:
    assert DEFAULT_OPTIONS.segment_bytes == 64 << 20
    assert DEFAULT_OPTIONS.snapshots_kept == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"segment_bytes": 1023},
        {"allocate_bytes": 0},
        {"prepare_bytes": 0},
        {"write_bytes": 0},
        {"snapshots_kept": 0},
        {"reserve_bytes": -1},
    ],
)
def test_what_cannot_work_is_refused_by_name(wrong: dict[str, int]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must be at least .*, not {value}"):
        StoreOptions(**wrong)


def test_the_reserve_is_small_in_a_small_segment() -> None:
    assert DEFAULT_OPTIONS.reserve == 64 << 10
    assert StoreOptions(segment_bytes=4096).reserve == 256
    assert StoreOptions(reserve_bytes=0).reserve == 0
