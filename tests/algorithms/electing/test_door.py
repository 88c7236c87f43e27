"""The three parts of a step."""

from algorithms.bully.words import ack, bully, following, heartbeat, leading, victory
from algorithms.electing.one import kinds, reasons, sends
from quorate.core.events import SettingsChanged, SpaceChanged, TimePassed
from quorate.core.ids import MILLISECOND


def test_1_1_a_lease_that_has_ended_is_given_up_before_the_event_is_looked_at() -> None:
    one = leading(3, guard="majority")
    one.doze(200)
    one.receive(1, heartbeat(1, 5))
    assert kinds(one.did)[0] == "LeaderChanged(None)"
    assert reasons(one.did)[0] == "lease_ended"
    assert one.state.leader == 1


def test_1_1_so_is_it_when_nothing_but_time_has_passed() -> None:
    one = leading(3, guard="majority")
    one.doze(57)
    assert not one.algorithm.status(one.now).ready
    one.step(TimePassed())
    assert kinds(one.did)[0] == "LeaderChanged(None)"
    assert one.role != "leader"


def test_1_1_a_message_wins_against_a_wait_that_is_due_too() -> None:
    one = following(3)
    due = one.state.deadlines["suspect_at"]
    one.ms = -(-due // MILLISECOND)
    one.receive(3, heartbeat(3, 1))
    assert one.state.leader == 3


def test_a_lease_is_renewed_by_answers() -> None:
    one = leading(3, guard="majority")
    for _ in range(10):
        one.wait(20)
        one.receive(1, ack(one.state.epoch, one.state.epoch, sends(one.did)[0][1].sent_at))
    assert one.role == "leader"
    one.wait(60)
    assert one.role != "leader"


def test_strangers_are_not_listened_to() -> None:
    one = bully(2, preempt=False)
    one.receive(9, victory(9, 4))
    assert reasons(one.did) == ["not_a_member"]
    assert one.state.leader is None


def test_any_word_ends_a_suspicion_and_a_cut() -> None:
    one = bully(2, preempt=False)
    one.lose(3)
    assert (one.state.live.suspected(one.now), one.state.cut) == ([3], {3})
    one.receive(3, heartbeat(3, 1))
    assert (one.state.live.suspected(one.now), one.state.cut) == ([], set())


def test_settings_that_are_looked_at_anew_change_while_it_runs() -> None:
    one = bully(3, preempt=False)
    one.step(SettingsChanged({"preempt": True, "priority": 4}))
    assert (one.state.settings.preempt, one.state.settings.priority) == (True, 4)


def test_what_is_of_a_log_or_a_disk_changes_nothing() -> None:
    assert bully(2, preempt=False).step(SpaceChanged(short=True)) == []
