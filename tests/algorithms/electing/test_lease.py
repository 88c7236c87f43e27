"""The lease counts from sending."""

from quorate.algorithms.electing.lease import Lease


def test_guard_4_the_kth_newest_counts_and_the_leader_itself_is_now() -> None:
    lease = Lease()
    assert lease.until(100, 2, 50) is None
    lease.acknowledge(2, 40)
    lease.acknowledge(3, 60)
    assert lease.until(100, 2, 50) == 110
    assert lease.until(100, 3, 50) == 90
    assert lease.until(100, 4, 50) is None


def test_an_old_answer_takes_nothing_back() -> None:
    lease = Lease()
    lease.acknowledge(2, 40)
    lease.acknowledge(2, 30)
    assert lease.until(100, 2, 50) == 90
    lease.begin()
    assert lease.until(100, 2, 50) is None


def test_alone_a_node_holds_it_from_now() -> None:
    assert Lease().until(100, 1, 50) == 150
