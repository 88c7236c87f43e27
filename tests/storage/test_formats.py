"""What an earlier release wrote is read (S-D7). The directories under `fixtures` were made by those releases."""

import shutil
from pathlib import Path

import msgspec

from quorate.algorithms import catalog
from quorate.core.durable import LogPoint
from quorate.machines.kv import KeyValueMachine
from quorate.machines.sessions import SessionedMachine
from quorate.real.disk import RealDisk
from quorate.storage.label import Label
from quorate.storage.store import Store
from quorate.storage.verify import verify

RELEASE_1 = Path(__file__).parent / "fixtures" / "release-0.1.0"


def copied(folder: Path) -> RealDisk:
    shutil.copytree(RELEASE_1, folder, dirs_exist_ok=True)
    return RealDisk(folder)


def test_s_d7_a_directory_of_release_0_1_0_opens_with_all_that_is_in_it(tmp_path: Path) -> None:
    spec = catalog.find("raft")
    with copied(tmp_path) as disk:
        store = Store.open(disk, cluster="fixture", node=1, algorithm=spec.name, hard_state=spec.hard_state, disk_id=99)
        durable = store.durable
        assert (store.incarnation, durable.hard_state, durable.commit) == (3, spec.hard_state(2, 1), 103)
        assert (durable.start, len(durable.entries)) == (LogPoint(50, 1), 54)
        assert [entry.index for entry in durable.entries] == list(range(51, 105))
        assert all(entry.intact() for entry in durable.entries)
        assert durable.snapshot is not None
        assert (durable.snapshot.index, durable.snapshot.term, durable.snapshot.group.voters) == (80, 2, (1,))
        replica = SessionedMachine(KeyValueMachine())
        replica.restore(store.snapshots.chunks(durable.snapshot))
        for entry in durable.entries[30:]:
            replica.apply(entry)
        store.close()
    assert (replica.applied, replica.machine.revision, len(replica.machine)) == (104, 105, 98)
    for number in (1, 2):
        pairs = replica.machine.range(b"key-%d-" % number, b"key-%d." % number).pairs
        assert [(pair.key, pair.value) for pair in pairs] == [
            (b"key-%d-%02d" % (number, i), b"value %d" % i if i > 1 else b"swapped") for i in range(1, 50)
        ]


def test_s_d7_a_directory_of_release_0_1_0_is_found_to_be_well(tmp_path: Path) -> None:
    with copied(tmp_path) as disk:
        verdict = verify(disk)
    assert (verdict.status, verdict.starts, verdict.problems) == ("ok", True, [])


def test_s_d7_a_label_with_more_fields_is_read() -> None:
    """A later release may add fields behind those that the checksum is of."""
    written = msgspec.json.decode((RELEASE_1 / "quorate.json").read_bytes())
    label = msgspec.json.decode(msgspec.json.encode(written | {"colour": "green"}), type=Label)
    assert label.checksum == label.computed_checksum()
