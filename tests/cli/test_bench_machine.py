"""What is said of the machine."""

from __future__ import annotations

from pathlib import Path

from quorate.cli.bench_machine import (
    _processor,
    call_ns,
    describe_machine,
    file_system,
    has_uvloop,
    round_trip_us,
    sync_p50_ms,
)


def test_the_machine_is_described(tmp_path: Path) -> None:
    found = describe_machine(tmp_path, syncs=3)
    assert found.processor
    assert found.cores >= 1
    assert found.directory == str(tmp_path)
    assert min(found.sync_p50_ms, found.round_trip_us, found.call_ns) > 0
    assert found.uvloop is has_uvloop()
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_the_file_system_is_that_of_the_innermost_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    deep = tmp_path / "a b" / "deep"
    deep.mkdir(parents=True)
    inner = str(tmp_path / "a b").replace(" ", "\\040")
    mounts.write_text(f"x / ext4 rw 0 0\ny {inner} xfs rw 0 0\nz {tmp_path}/a tmpfs rw 0 0\n")
    assert file_system(deep, mounts) == "xfs"
    assert file_system(tmp_path, mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") == "unknown"


def test_the_processor_has_a_name_everywhere(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name\t: Some Processor 3000\nmodel name\t: Other\n")
    assert _processor(cpuinfo) == "Some Processor 3000"
    assert _processor(tmp_path / "none")


def test_a_sync_takes_time(tmp_path: Path) -> None:
    assert 0 < sync_p50_ms(tmp_path, 2) < 60_000


def test_so_do_a_round_trip_and_a_call() -> None:
    assert 0 < round_trip_us(3) < 60_000_000
    assert 0 < call_ns(10) < 1_000_000_000
