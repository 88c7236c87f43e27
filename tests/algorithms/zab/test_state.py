"""The state: what it refuses, and the order in which things become durable."""

from random import Random

import pytest

from algorithms.raft.disk import meta_of
from algorithms.zab.harness import ZabServer, follower, log_of
from quorate.algorithms.raft.messages import RaftHardState
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import ZabHardState
from quorate.algorithms.zab.state import ZabState
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import LeaderChanged, Persist
from quorate.core.errors import InvariantError, StorageError

ME = Identity("test", 1, 100, 1, (1, 2, 3))


def state(**durable: object) -> ZabState:
    return ZabState(ME, ZabConfig(), Durable(**durable), Random(1))  # type: ignore[arg-type]


def test_epoch_order_promises_and_epochs_only_rise() -> None:
    zab = state(hard_state=ZabHardState(4, 2))
    for epoch in (4, 3):
        with pytest.raises(InvariantError, match="may only rise"):
            zab.promise(epoch)
    for epoch in (1, 5):
        with pytest.raises(InvariantError, match="cannot follow"):
            zab.take_over(epoch)
    zab.promise(6)
    zab.take_over(6)
    assert zab.out == [Persist(1, ZabHardState(6, 2)), Persist(2, ZabHardState(6, 6))]


@pytest.mark.parametrize("hard", [ZabHardState(2, 3), ZabHardState(2, 2)])
def test_epochs_that_no_crash_explains_stop_the_start(hard: ZabHardState) -> None:
    with pytest.raises(StorageError, match="let the node join anew"):
        state(hard_state=hard, entries=log_of(3))


def test_half_synchronised_start_a_log_ahead_of_its_epoch_starts() -> None:
    server = ZabServer(1, accepted=3, current=1, entries=log_of(1, 3))
    assert (server.state.vote.epoch, server.state.vote.zxid.epoch) == (1, 3)


def test_hard_state_of_another_algorithm_is_refused() -> None:
    with pytest.raises(InvariantError, match="another algorithm: RaftHardState"):
        state(hard_state=RaftHardState(1))


def test_what_is_committed_is_never_dropped() -> None:
    zab = state(hard_state=ZabHardState(1, 1), entries=log_of(1, 1), commit=2)
    with pytest.raises(InvariantError, match="committed data would be lost"):
        zab.truncate_from(2)


def test_a_write_vouches_for_the_entries_that_it_wrote_only() -> None:
    zab = state(hard_state=ZabHardState(1, 1))
    zab.append(log_of(1, 1, 1))
    position = zab.persist(entries=log_of(1, 1, 1))
    zab.truncate_from(2)
    zab.written(position)
    assert (zab.durable, zab.written_to) == (1, position)
    zab.reset_log(LogPoint(9, 1))
    assert (zab.durable, zab.commit, zab.applied) == (9, 9, 9)


def test_a_change_of_leader_is_told_once() -> None:
    zab = state()
    zab.announce_leader(3)
    zab.announce_leader(3)
    zab.announce_leader(None)
    assert zab.out == [LeaderChanged(3, 0), LeaderChanged(None, 0)]


def test_the_hint_is_applied_at_a_start() -> None:
    server = ZabServer(1, accepted=1, entries=log_of(1, 1, 1), commit=2)
    assert [entry.index for entry in server.applied] == [1, 2]
    assert ZabServer(1, accepted=1, snapshot=meta_of(2, 1), start=LogPoint(2, 1)).state.applied == 2


@pytest.mark.parametrize(
    ("field", "value", "broken"),
    [
        ("commit", 9, "commit beyond the log"),
        ("durable", 9, "durable beyond the log"),
        ("applied", 9, "applied above commit or disk"),
        ("current_epoch", 9, "current epoch above the accepted one"),
        ("learning", None, "learns without following"),
        ("ready", True, "ready without leading"),
    ],
)
def test_check_bites(field: str, value: object, broken: str) -> None:
    server = follower()
    setattr(server.state, field, value)
    with pytest.raises(InvariantError, match=broken):
        server.raft.check()
