"""A bit that decays in an old record is refused by name, or never read; the last record is left alone."""

from __future__ import annotations

import pytest

from quorate.core.outcome import Applied
from quorate.runtime.limits import Limits
from quorate.sim import Cluster, SimNode
from quorate.sim.disk import SimDisk
from quorate.sim.image import DiskImage
from quorate.sim.rot import Aged, flip_old, old_spans
from quorate.storage.damage import LocatedDamageError, damaged
from quorate.storage.layout import PARTIAL_SUFFIX, SNAPSHOTS, WAL, segment_path
from quorate.storage.options import StoreOptions
from quorate.storage.wal import create_log


def a_cluster(snapshot_entries: int = 1000, segment_bytes: int = 16 * 1024) -> Cluster:
    store = StoreOptions(segment_bytes=segment_bytes, allocate_bytes=4096, prepare_bytes=4096)
    cluster = Cluster(seed=1, limits=Limits(snapshot_entries=snapshot_entries), store=store)
    for number in range(30):
        assert isinstance(cluster.apply(1, b"command %d " % number + bytes(200)), Applied)
    cluster.wait_for_convergence()
    return cluster


def a_follower(cluster: Cluster) -> SimNode:
    return cluster.followers()[0]


def test_an_empty_disk_has_nothing_old() -> None:
    assert old_spans(DiskImage(), "log") == []
    assert flip_old(DiskImage(), "log", 5, 5) is None
    assert flip_old(DiskImage(), "snapshot", 5, 5) is None


def test_a_log_of_one_write_and_empty_files_have_nothing_old() -> None:
    disk = SimDisk(DiskImage())
    create_log(disk, 7)
    disk.make_directory(SNAPSHOTS)
    disk.open(f"{SNAPSHOTS}/0{PARTIAL_SUFFIX}", create=True)
    disk.open(segment_path(2), create=True)
    for directory in ("", WAL, SNAPSHOTS):
        disk.sync_directory(directory)
    assert disk.image.durable_files(WAL).keys() == {segment_path(1), segment_path(2)}
    assert disk.image.durable_files(SNAPSHOTS)
    assert flip_old(disk.image, "log", 5, 5) is None
    assert flip_old(disk.image, "snapshot", 5, 5) is None


def test_the_log_is_old_up_to_its_last_write() -> None:
    node = a_follower(a_cluster())
    node.stop()
    (span,) = old_spans(node.image, "log")
    data = node.image.durable_files("wal")[span.path].rstrip(b"\0")
    last = data[span.size :]
    assert data[: span.size].endswith(b"QEND")
    assert (last[:4], last[-4:], last.count(b"QFRM")) == (b"QFRM", b"QEND", 1)


def test_a_log_of_several_segments_is_old_but_for_the_last_write_of_the_newest() -> None:
    node = a_follower(a_cluster(segment_bytes=4096))
    node.stop()
    sizes = {span.path: span.size for span in old_spans(node.image, "log")}
    files = node.image.durable_files("wal")
    assert len(sizes) > 1
    young = [data.rstrip(b"\0")[sizes.get(path, 0) :] for path, data in files.items()]
    assert b"".join(young).count(b"QFRM") == 1
    assert sum(map(bool, young)) == 1


@pytest.mark.parametrize("place", [0, 9, 200, 777, 1500, 10**9])
def test_a_flipped_bit_of_the_log_is_refused_with_its_file_and_the_node_stays_down(place: int) -> None:
    node = a_follower(a_cluster())
    node.stop()
    assert node.rot("log", place, 3)
    assert node.start() is False
    assert node.ruined
    assert isinstance(node.failure, LocatedDamageError)
    assert {node.failure.path} == node.rotten
    assert "Keep all files as they are" in str(node.failure)
    assert (node.start(), node.up) == (False, False), "no second try"


@pytest.mark.parametrize("what", ["log", "snapshot"])
def test_decay_under_a_running_node_is_noticed_at_its_next_start_or_never(what: Aged) -> None:
    cluster = a_cluster(snapshot_entries=10)
    node = a_follower(cluster)
    assert node.rot(what, 123, 0)
    cluster.apply(node.node, b"as if nothing were")
    node.crash()
    node.start()
    cluster.mend()
    cluster.wait_for_convergence()
    assert node.up is not node.ruined
    assert (node.node in cluster.members_expected()) is not node.ruined


def test_a_snapshot_is_old_as_soon_as_it_is_published() -> None:
    node = a_follower(a_cluster(snapshot_entries=10))
    node.stop()
    for span in old_spans(node.image, "snapshot"):
        assert span.path.endswith(".snapshot")
        assert span.size == len(node.image.durable_files("snapshots")[span.path])


def test_a_segment_whose_head_is_gone_is_left_alone() -> None:
    node = a_follower(a_cluster())
    node.stop()
    assert flip_old(node.image, "log", 0, 0) is not None
    assert old_spans(node.image, "log") == []


def test_what_rots_while_it_is_received_is_known_by_its_later_name() -> None:
    cluster = a_cluster()
    node = a_follower(cluster)
    image = node.image
    part = SimDisk(image).open("snapshots/x.part", create=True)
    part.write(0, b"half a snapshot")
    part.sync()
    image.sync_names("snapshots")
    assert flip_old(image, "snapshot", 3, 0) == "snapshots/x.part"
    image.rename_entries(("snapshots/x.part", None), ("snapshots/x.snapshot", image.find("snapshots/x.part")))
    node.failed(damaged("snapshots/x.snapshot", 3, "a piece does not match its checksum"))
    assert node.ruined
    with pytest.raises(LocatedDamageError):
        node.failed(damaged("snapshots/y.snapshot", 3, "a piece does not match its checksum"))
