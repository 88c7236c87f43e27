from typing import Any

import pytest

from quorate.core.durable import Identity
from quorate.wire.admission import Admission
from quorate.wire.hello import Hello, make_hello
from quorate.wire.refusal import RefusedError


def identity(node: int, disk: int = 5, incarnation: int = 1) -> Identity:
    return Identity("blue", node, disk, incarnation, (1, 2, 3))


def hello(sender: int = 2, **other: Any) -> Hello:
    return make_hello(identity(sender, **other), "raft", 1)


def refusal(admission: Admission, heard: Hello) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        admission.admit(heard, None)
    return caught.value


@pytest.fixture
def admission() -> Admission:
    return Admission(identity(1), "raft")


def test_says_hello_for_its_own_node(admission: Admission):
    assert admission.hello(2) == make_hello(identity(1), "raft", 2)


def test_knows_nothing_of_peers_it_never_met(admission: Admission):
    assert (admission.disk_of(2), admission.incarnation_of(2)) == (None, None)


def test_remembers_disk_and_incarnation(admission: Admission):
    admission.admit(hello(disk=7, incarnation=4), None)
    assert (admission.disk_of(2), admission.incarnation_of(2)) == (7, 4)
    assert admission.disk_of(3) is None


def test_checks_the_hello_itself(admission: Admission):
    assert refusal(admission, make_hello(identity(2), "zab", 1)).reason == "wrong_algorithm"
    assert admission.disk_of(2) is None


def test_same_process_and_its_successors_come_back(admission: Admission):
    for incarnation in (4, 4, 5, 9):
        admission.admit(hello(incarnation=incarnation), None)
    assert admission.incarnation_of(2) == 9


def test_older_process_of_the_same_disk_is_refused(admission: Admission):
    admission.admit(hello(incarnation=4), None)
    error = refusal(admission, hello(incarnation=3))
    assert (error.reason, error.sender) == ("stale_process", 2)
    assert "node 2 comes as start 3 of its data directory, start 4 was already met by node 1" in error.detail
    assert admission.incarnation_of(2) == 4


def test_other_disk_is_refused_with_the_remedy(admission: Admission):
    admission.admit(hello(disk=0xAA, incarnation=4), None)
    error = refusal(admission, hello(disk=0xBB, incarnation=9))
    assert (error.reason, error.sender) == ("disk_changed", 2)
    assert "node 2 comes with data directory bb, node 1 knows it with another one (aa)" in error.detail
    assert "Start node 2 with its original data directory" in error.detail
    assert admission.disk_of(2) == 0xAA


def test_peers_are_told_apart(admission: Admission):
    admission.admit(hello(2, disk=7, incarnation=9), None)
    admission.admit(hello(3, disk=8, incarnation=1), None)
    assert (admission.disk_of(2), admission.disk_of(3)) == (7, 8)


def test_owner_is_asked_once_for_a_new_disk():
    asked = []

    def on_disk_seen(peer: int, disk: int) -> bool:
        asked.append((peer, disk))
        return True

    admission = Admission(identity(1), "raft", on_disk_seen)
    for incarnation in (1, 2):
        admission.admit(hello(disk=7, incarnation=incarnation), None)
    assert asked == [(2, 7)]


def test_owner_may_refuse_a_disk_and_is_asked_again():
    """A binding that was kept over a restart."""
    admission = Admission(identity(1), "raft", lambda peer, disk: disk == 7)
    error = refusal(admission, hello(disk=8))
    assert error.reason == "disk_changed"
    assert "node 2 comes with data directory 8, node 1 knows it with another one:" in error.detail
    admission.admit(hello(disk=7), None)
    assert admission.disk_of(2) == 7


def test_owner_is_not_asked_about_a_hello_that_does_not_fit():
    asked = []
    admission = Admission(identity(1), "raft", lambda peer, disk: bool(asked.append(peer)))
    assert refusal(admission, make_hello(identity(2), "zab", 1)).reason == "wrong_algorithm"
    assert asked == []
