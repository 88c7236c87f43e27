"""What a disk means for leadership, whoever leads."""

from algorithms.logged.duty import PATIENCE_NS, Table
from quorate.algorithms.logged.disk_leadership import (
    SLOW_FLOOR_NS,
    SLOW_FOR_TIMEOUTS,
    handle_space_changed,
    leave_a_bad_disk,
    look_at_disk,
    no_room_for_quorum,
    note_hung,
    note_recovered,
)
from quorate.algorithms.logged.disk_watch import LEAST_WRITES
from quorate.core.events import SpaceChanged


def test_a_hung_disk_hands_over_to_whoever_has_most_and_answered_until_then() -> None:
    table = Table()
    table.keeper.write(None)
    table.keeper.now = PATIENCE_NS
    table.hears(2, 3, match=0)
    table.hears(2, match=4)
    look_at_disk(table, "leader", None)
    assert table.did == [("give_up", 2)]
    assert table.keeper.disk.hung
    assert table.reasons() == ["disk_hung"]


def test_a_process_that_was_not_running_does_not_blame_its_disk() -> None:
    table = Table()
    table.keeper.write(None)
    table.keeper.now = PATIENCE_NS
    look_at_disk(table, "leader", 0)
    assert (table.did, table.keeper.disk.hung, table.keeper.disk.age(PATIENCE_NS)) == ([], False, 0)


def test_one_that_does_not_lead_has_nobody_to_hand_over_to() -> None:
    table = Table()
    table.leading = False
    table.keeper.write(None)
    note_hung(table, "follower")
    assert table.did == [("give_up", None)]
    note_recovered(table.keeper)
    assert "disk_recovered" in table.reasons()


def test_a_full_disk_transfers_to_one_with_room() -> None:
    table = Table()
    table.hears(2, full=True)
    table.hears(3)
    handle_space_changed(table, SpaceChanged(short=True), "leader")
    assert table.did == [("order", 3)]
    handle_space_changed(table, SpaceChanged(short=False), "leader")
    assert not table.keeper.disk.short


def test_a_disk_far_slower_than_another_for_long_makes_way() -> None:
    table = Table()
    disk = table.keeper.disk
    disk.write_ns, disk.writes = SLOW_FLOOR_NS * 10, LEAST_WRITES
    table.hears(2, 3, answer_ns=SLOW_FLOOR_NS)
    leave_a_bad_disk(table)
    assert table.did == []
    table.keeper.now = SLOW_FOR_TIMEOUTS * PATIENCE_NS
    table.hears(2, 3, answer_ns=SLOW_FLOOR_NS)
    leave_a_bad_disk(table)
    assert table.did == [("order", 2)]


def test_nothing_new_can_be_committed_when_too_many_are_full() -> None:
    table = Table()
    assert not no_room_for_quorum(table)
    table.hears(2, full=True)
    assert not no_room_for_quorum(table)
    table.hears(3, full=True)
    assert no_room_for_quorum(table)
