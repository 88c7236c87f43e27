"""How long writes take, and what follows."""

from quorate.algorithms.logged.disk_watch import DiskWatch, smoothed

STALL = 500


def test_the_age_is_that_of_the_oldest_unfinished_write() -> None:
    disk = DiskWatch()
    assert (disk.idle, disk.age(99), disk.deadline(STALL)) == (True, 0, None)
    disk.asked(1, 100, 10)
    disk.asked(2, 300, 20)
    assert (disk.age(350), disk.deadline(STALL), disk.waiting_bytes) == (250, 600, 30)
    assert disk.finished(1, 400, STALL) is False
    assert (disk.age(450), disk.deadline(STALL), disk.waiting_bytes) == (150, 800, 20)
    disk.finished(2, 460, STALL)
    assert disk.idle
    assert (disk.writes, disk.waiting_bytes) == (2, 0)


def test_a_disk_that_hung_is_well_when_a_later_write_finished_in_time() -> None:
    disk = DiskWatch()
    disk.asked(1, 0, 0)
    disk.hang(500)
    assert disk.deadline(STALL) is None
    disk.asked(2, 600, 0)
    assert disk.finished(1, 700, STALL) is False, "the write that hung proves nothing, however it ended"
    assert disk.finished(2, 1101, STALL) is False, "too late again"
    disk.asked(3, 1200, 0)
    assert disk.hung
    assert disk.finished(3, 1700, STALL) is True
    assert not disk.hung


def test_a_process_that_did_not_run_begins_anew() -> None:
    disk = DiskWatch()
    disk.asked(1, 0, 7)
    disk.begin_anew(5000)
    assert (disk.age(5100), disk.deadline(STALL), disk.waiting_bytes) == (100, 5500, 7)


def test_the_usual_time_follows_slowly() -> None:
    assert smoothed(0, 800) == 800
    assert smoothed(0, 0) == 1
    assert smoothed(800, 1600) == 900
    assert smoothed(800, 0) == 700
    usual = 800
    for _ in range(40):
        usual = smoothed(usual, 100)
    assert usual < 120
