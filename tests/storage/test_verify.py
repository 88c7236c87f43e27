"""Judging a whole data directory as a start would."""

from random import Random

import pytest

from quorate.core.durable import LogPoint
from quorate.core.errors import StorageError
from quorate.storage import verify as verifying
from quorate.storage.layout import segment_path
from quorate.storage.verify import Verdict, verify
from storage.builders import Words, entries, entry, open_store, persist, snapshot
from storage.memory_disk import MemoryDisk

FIRST = segment_path(1)


def a_disk() -> MemoryDisk:
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(hard_state=Words(2, 3), entries=entries(1, 20, 2, 100), commit=12)])
    snapshot(store, 8, 2)
    store.write([persist(compact=LogPoint(5, 2))])
    for index in range(21, 41):
        store.write([persist(entries=(entry(index, 2, bytes([index]) * 100),))])
    snapshot(store, 30, 2)
    return disk.after_crash()


def verified(disk: MemoryDisk) -> Verdict:
    """On a disk that allows no change."""

    def refuse(operation: str, path: str) -> None:
        raise AssertionError(f"{operation} {path}")

    disk.watch = refuse
    verdict = verify(disk)
    disk.watch = lambda operation, path: None
    return verdict


def test_a_good_directory_is_told_in_figures() -> None:
    verdict = verified(a_disk())
    assert (verdict.status, verdict.starts, verdict.problems) == ("ok", True, [])
    assert (verdict.start, verdict.last, verdict.entries) == (LogPoint(5, 2), LogPoint(40, 2), 35)
    assert (verdict.commit, verdict.incarnation, verdict.snapshots) == (12, 1, 2)
    assert verdict.snapshot is not None
    assert verdict.snapshot.index == 30
    assert verdict.label is not None
    assert verdict.label.cluster == "house"
    assert verdict.segments >= 2
    assert verdict.writes > 20


def test_a_torn_tail_is_no_cause_for_alarm() -> None:
    disk = a_disk()
    last = segment_path(len(disk.list("wal")))
    content = disk.content(last)
    used = len(content.rstrip(b"\0"))
    disk.replace(last, content[: used - 20] + bytes(4096 - used + 20))
    verdict = verified(disk)
    assert (verdict.status, verdict.starts) == ("torn", True)
    (problem,) = verdict.problems
    assert (problem.severity, problem.file) == ("torn", last)
    assert problem.remedy.startswith("Nothing to do")
    assert open_store(disk).report.cut is not None


def test_every_damaged_place_is_named_with_a_remedy() -> None:
    disk = a_disk()
    for index in (22, 25):
        path = next(f"wal/{name}" for name in disk.list("wal") if bytes([index]) * 100 in disk.content(f"wal/{name}"))
        disk.flip(path, disk.content(path).index(bytes([index]) * 100) + 3)
    verdict = verified(disk)
    assert (verdict.status, verdict.starts) == ("damaged", False)
    assert len(verdict.problems) == 2
    assert all(problem.severity == "damaged" and problem.remedy for problem in verdict.problems)
    assert "the data of entry 22" in verdict.problems[0].what
    assert "the data of entry 25" in verdict.problems[1].what


def test_a_missing_segment_is_named() -> None:
    disk = a_disk()
    disk.erase(FIRST)
    verdict = verified(disk)
    assert not verdict.starts
    assert verdict.problems[0].file == FIRST
    assert "the file is missing" in verdict.problems[0].what


def test_a_damaged_snapshot_is_damage_even_if_the_node_would_start() -> None:
    disk = a_disk()
    newest = f"snapshots/{disk.list('snapshots')[-1]}"
    disk.flip(newest, 42)
    verdict = verified(disk)
    assert (verdict.status, verdict.starts) == ("damaged", True)
    assert verdict.problems[0].file == newest
    older = f"snapshots/{disk.list('snapshots')[0]}"
    disk.flip(older, 42)
    verdict = verified(disk)
    assert not verdict.starts
    assert any("needs a snapshot" in problem.what for problem in verdict.problems) or len(verdict.problems) == 2


@pytest.mark.parametrize(
    ("content", "what"), [(None, "there is no such file"), (b"garbage", "malformed"), (b'{"format": 9}', "format 9")]
)
def test_a_label_that_is_not_right(content: bytes | None, what: str) -> None:
    disk = a_disk()
    disk.erase("quorate.json")
    if content is not None:
        disk.replace("quorate.json", content)
    verdict = verified(disk)
    assert (verdict.status, verdict.starts, verdict.label) == ("damaged", False, None)
    assert verdict.problems[0].file == "quorate.json"
    assert what in verdict.problems[0].what
    assert verdict.problems[0].remedy


def test_leftovers_of_a_removal_are_a_note() -> None:
    disk = a_disk()
    store = open_store(disk)
    old = disk.content(FIRST)
    for index in range(41, 81):
        store.write([persist(entries=(entry(index, 2, b"x" * 100),))])
    snapshot(store, 80, 2)
    store.write([persist(compact=LogPoint(80, 2))])
    store.upkeep()
    damaged = bytearray(old)
    damaged[200] ^= 1
    disk.replace(FIRST, bytes(damaged))
    verdict = verified(disk)
    assert (verdict.status, verdict.starts) == ("ok", True)
    assert {problem.severity for problem in verdict.problems} == {"note"}


def test_a_directory_of_nothing() -> None:
    verdict = verified(MemoryDisk())
    assert (verdict.starts, verdict.status) == (False, "damaged")


def test_it_says_of_a_directory_what_a_start_would_do() -> None:
    """Whatever is wrong with it."""
    random = Random(3)
    well = a_disk()
    outcomes = set()
    for _ in range(250):
        disk = well.after_crash()
        path = random.choice([path for path in disk.names if path != "lock"])
        content = bytearray(disk.content(path))
        start = random.randrange(len(content))
        match random.randrange(3):
            case 0:
                content[start] ^= 1 << random.randrange(8)
            case 1:
                content[start : start + random.randrange(200)] = random.randbytes(random.randrange(200))
            case _:
                content[start:] = bytes(len(content) - start)
        disk.replace(path, bytes(content))
        verdict = verified(disk)
        try:
            report = open_store(disk).report
        except StorageError:
            starts = False
        else:
            starts = True
            torn = report.cut is not None
            assert torn == any(problem.severity == "torn" for problem in verdict.problems)
        assert verdict.starts == starts
        assert starts or verdict.status == "damaged"
        outcomes.add((verdict.starts, verdict.status))
    assert {(False, "damaged"), (True, "damaged"), (True, "torn")} <= outcomes


def test_a_file_of_garbage_does_not_fill_the_memory_with_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "PROBLEMS_LIMIT", 3)
    disk = a_disk()
    last = segment_path(len(disk.list("wal")))
    content = disk.content(last)
    damaged = bytearray(content)
    for index in range(21, 41):
        if bytes([index]) * 100 in content:
            damaged[content.index(bytes([index]) * 100)] ^= 1
    disk.replace(last, bytes(damaged))
    assert len(verified(disk).problems) == 3
