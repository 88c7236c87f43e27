"""Snapshots on demand, backups while a cluster serves, and new clusters out of them: scenario S-S10."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from quorate import KeyValueMachine, Node
from quorate.cli.main import main
from quorate.core.errors import ConfigError, DamagedError, MismatchError, RequestFailedError
from quorate.machines.kv import Put, encode_command
from quorate.machines.sessions import SessionedMachine
from quorate.real.backups import NewMember, restore_backup
from quorate.storage.backup import BackupReader
from real.processes import ServedCluster, free_ports, until

pytestmark = pytest.mark.real


def solo(directory: Path, cluster: str = "old", port: int | None = None, **options: object) -> Node[KeyValueMachine]:
    address = f"127.0.0.1:{port or free_ports(1)[0]}"
    return Node(
        id=1, peers={1: address}, data_dir=directory, machine=KeyValueMachine(), cluster=cluster, options=options
    )


def put(key: bytes, value: bytes = b"value") -> bytes:
    return encode_command(Put(key, value))


async def save(node: Node[KeyValueMachine], file: Path) -> None:
    with file.open("wb") as target:
        async for piece in node.backup():
            target.write(piece)


def member(directory: Path, cluster: str = "new", node: int = 1) -> NewMember:
    return NewMember(cluster, node, {1: "127.0.0.1:1"}, directory)


async def test_s_s1_a_snapshot_on_demand_says_what_was_made(tmp_path: Path) -> None:
    async with solo(tmp_path / "1") as node:
        with pytest.raises(RequestFailedError):
            await node.snapshot(timeout=0)
        await node.apply(put(b"a"))
        taken = await node.snapshot()
        assert (taken.index, taken.term) == (node.status().applied, 1)
        assert taken.path in map(str, (tmp_path / "1" / "snapshots").iterdir())
        assert node.snapshots()[-1] == taken == await node.snapshot(), "nothing new, so it is the same"
        await node.apply(put(b"b"))
        assert (await node.snapshot()).index == taken.index + 1
        assert node.status().snapshot_index == taken.index + 1


async def test_s_s10_backup_and_restore_keep_state_and_sessions(tmp_path: Path) -> None:
    file, target = tmp_path / "backup", tmp_path / "new"
    seen: list[tuple[int, int]] = []
    async with solo(tmp_path / "1") as node:
        for number in range(300):
            await node.apply(put(b"%d" % number, b"x" * 5000))
        await save(node, file)
        applied = node.status().applied
    header = restore_backup(file, member(target), progress=lambda done, size: seen.append((done, size)))
    assert (header.cluster, header.node, header.algorithm, header.index) == ("old", 1, "raft", applied)
    assert seen[-1] == (header.size, header.size)
    assert seen == sorted(seen)
    assert len(seen) > 4
    async with solo(target, "new") as node:
        await node.wait_for_leader()
        assert await node.read(len) == 300
        assert [taken.digest for taken in node.snapshots()] == [header.digest]
        await node.apply(put(b"later"))
        assert node.status().applied == applied + 2
    replica = SessionedMachine(KeyValueMachine())
    with file.open("rb") as source:
        replica.restore(BackupReader(source, "backup").pieces())
    assert (len(replica._table), replica.digest()) == (1, header.digest), "who sent what is part of the state"


async def test_s_s10_a_backup_holds_what_was_acknowledged_before_it(tmp_path: Path) -> None:
    """And it is consistent, whatever is written meanwhile."""
    file = tmp_path / "backup"
    async with solo(tmp_path / "1") as node:
        for number in range(50):
            await node.apply(put(b"%03d" % number))
        writing = asyncio.ensure_future(node.apply_many([put(b"%03d" % number) for number in range(50, 80)]))
        await save(node, file)
        await writing
    restore_backup(file, member(tmp_path / "new"))
    async with solo(tmp_path / "new", "new") as node:
        await node.wait_for_leader()
        assert await node.read(len) in (50, 80)


async def test_s_s10_no_backup_is_written_with_more_than_a_few_pieces_in_memory(tmp_path: Path) -> None:
    """Of a state of 24 MB, less than a tenth."""
    file, target = tmp_path / "backup", tmp_path / "new"
    async with solo(tmp_path / "1") as node:
        for number in range(24):
            await node.apply(put(b"%d" % number, bytes([number]) * 1_000_000))
        size = (await node.snapshot()).size
        tracemalloc.start()
        await save(node, file)
        saved = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        restore_backup(file, member(target))
        restored = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size > 24_000_000
    assert max(saved, restored) < size / 8


async def test_s_s10_what_must_not_be_restored_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    file, full = tmp_path / "backup", tmp_path / "full"
    async with solo(tmp_path / "1") as node:
        await node.apply(put(b"a"))
        await save(node, file)
    full.mkdir()
    (full / "mine").touch()
    with pytest.raises(MismatchError, match="is not empty"):
        restore_backup(file, member(full))
    with pytest.raises(MismatchError, match="must not be called 'old' as the old one"):
        restore_backup(file, member(tmp_path / "new", cluster="old"))
    with pytest.raises(ConfigError, match="lack node 2 itself"):
        restore_backup(file, member(tmp_path / "new", node=2))
    damaged = bytearray(file.read_bytes())
    damaged[-20] ^= 1
    (tmp_path / "damaged").write_bytes(damaged)
    with pytest.raises(DamagedError, match="damaged at byte"):
        restore_backup(tmp_path / "damaged", member(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    with pytest.raises(MismatchError, match="was left by a restore that did not end"):
        restore_backup(file, member(tmp_path / "new"))


async def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    file, target = tmp_path / "backup", tmp_path / "new"
    async with solo(tmp_path / "1") as node:
        await node.apply(put(b"a"))
        await save(node, file)
    with file.open("rb") as source:
        BackupReader(source, "backup").verify()
    target.mkdir()
    restore_backup(file, member(target))
    assert (target / "quorate.json").is_file()


@pytest.mark.timeout(180)
async def test_s_s10_a_lost_cluster_comes_back_from_a_backup_under_a_new_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The runbook of docs/backup.md with real processes: save from a follower while writes go on, lose everything, restore on every
    member, start, read, write."""

    async def run(*arguments: str) -> str:
        assert await asyncio.to_thread(main, arguments) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    file = tmp_path / "backup"
    async with ServedCluster(tmp_path / "old") as old:
        leader = await old.whole()
        for number in range(100):
            assert await old.put(leader, b"%03d" % number, b"x" * 100) == 200
        follower = next(node for node in old.nodes if node != leader)
        taken = await run("snapshot", "take", "-e", old.client[follower])
        assert "snapshot up to entry" in taken
        writing = asyncio.ensure_future(asyncio.gather(*(old.put(leader, b"late%d" % n, b"y") for n in range(50))))
        saved = await run("snapshot", "save", str(file), "-e", old.client[follower])
        assert f"saved to {file}: state of cluster under-test up to entry" in saved
        assert f"saved from node {follower}" in saved
        await writing
        assert len((await run("snapshot", "list", "-e", old.client[follower])).splitlines()) >= 2
    assert "intact" in await run("snapshot", "verify", str(file))
    new = ServedCluster(tmp_path / "new")
    for node in new.nodes:
        config = tmp_path / "new" / f"node-{node}.toml"
        config.write_text(config.read_text().replace("under-test", "second-life"))
        await run("snapshot", "restore", str(file), "--config", str(config))
    async with new:
        leader = await new.whole()
        rows = await new.everything(leader, serializable=False)
        assert rows is not None
        assert [key for _, _, key, _ in rows if not key.startswith(b"late")] == [b"%03d" % n for n in range(100)]
        assert await new.put(leader, b"after", b"z") == 200

        async def equal() -> bool:
            copies = [await new.everything(node, serializable=True) for node in new.nodes]
            return copies[0] == copies[1] == copies[2] is not None

        await until(equal, "all members hold the same")
