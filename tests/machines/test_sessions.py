"""Entries in, results out, each batch once: the exactly-once half of the client scenarios (S-C3, S-C6)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.builders import ALICE, BOB, Journal, batch_entry, cut, cuts, noop, send
from quorate.core.entry import Entry, SessionId
from quorate.core.errors import InvariantError, MachineFailedError
from quorate.core.machine import CommandError
from quorate.machines.sessions import AppliedBatch, SessionedMachine


def results(outcome: AppliedBatch | None) -> list[Any]:
    assert outcome is not None
    return outcome.results


class TestApply:
    def test_a_noop_moves_the_index_and_the_term_only(self) -> None:
        machine = SessionedMachine(Journal())
        assert machine.apply(noop(1, term=3)) is None
        assert (machine.applied, machine.applied_term, machine.machine.lines) == (1, 3, [])

    def test_commands_run_in_order_and_so_are_their_results(self) -> None:
        machine = SessionedMachine(Journal())
        machine.apply(noop(1))
        outcome = machine.apply(batch_entry(2, ALICE, 1, [b"a", b"refuse b", b"c"]))
        assert outcome == AppliedBatch(2, ALICE, 1, [1, CommandError("no refuse b", "unwanted"), 2], repeated=False)
        assert machine.machine.lines == [b"a", b"c"]

    def test_a_refusal_of_any_class_is_kept_as_one_that_a_snapshot_can_carry(self) -> None:
        class OutOfStockError(CommandError):
            pass

        class Shop(Journal):
            def apply(self, command: bytes) -> Any:
                raise OutOfStockError("none left", "out_of_stock")

        (refusal,) = results(send(SessionedMachine(Shop()), ALICE, 1, b"buy"))
        assert type(refusal) is CommandError
        assert (refusal.message, refusal.code, refusal.__traceback__) == ("none left", "out_of_stock", None)

    def test_an_empty_batch_is_a_batch(self) -> None:
        machine = SessionedMachine(Journal())
        assert send(machine, ALICE, 1) == AppliedBatch(1, ALICE, 1, [])
        assert send(machine, ALICE, 1, b"other") == AppliedBatch(2, ALICE, 1, [], repeated=True)
        assert machine.machine.lines == []

    @pytest.mark.parametrize("entry", [noop(2), noop(4), noop(3, term=1)], ids=["again", "gap", "older term"])
    def test_an_entry_out_of_order_is_refused_and_changes_nothing(self, entry: Entry) -> None:
        machine = SessionedMachine(Journal())
        machine.apply(noop(1, term=2))
        machine.apply(noop(2, term=2))
        with pytest.raises(InvariantError, match="cannot follow entry 2 of term 2"):
            machine.apply(entry)
        machine.apply(noop(3, term=2))

    def test_no_state_is_needed_to_ask_for_results(self) -> None:
        machine = SessionedMachine(Journal())
        assert machine.results_of(ALICE, 1) is None
        send(machine, ALICE, 1, b"a")
        assert machine.results_of(ALICE, 1) == [1]
        assert machine.results_of(ALICE, 2) is None
        assert machine.results_of(BOB, 1) is None


class TestOnce:
    def test_s_c6_a_batch_that_is_in_the_log_again_applies_once_and_answers_the_same(self) -> None:
        machine = SessionedMachine(Journal())
        first = send(machine, ALICE, 1, b"a", b"refuse b")
        send(machine, BOB, 1, b"between")
        again = send(machine, ALICE, 1, b"a", b"refuse b")
        assert first is not None
        assert again == AppliedBatch(3, ALICE, 1, first.results, repeated=True)
        assert machine.machine.lines == [b"a", b"between"]
        assert machine.applied == 3

    def test_s_c6_a_late_copy_behind_newer_batches_still_applies_once(self) -> None:
        machine = SessionedMachine(Journal())
        assert results(send(machine, ALICE, 2, b"two")) == [1]
        assert results(send(machine, ALICE, 1, b"one")) == [2]
        assert results(send(machine, ALICE, 2, b"two")) == [1]
        assert machine.machine.lines == [b"two", b"one"]

    def test_s_c6_a_settled_batch_is_skipped_without_an_answer(self) -> None:
        machine = SessionedMachine(Journal())
        send(machine, ALICE, 1, b"one")
        send(machine, ALICE, 2, b"two", floor=1)
        assert send(machine, ALICE, 1, b"one") is None
        assert machine.results_of(ALICE, 1) is None
        assert machine.machine.lines == [b"one", b"two"]

    def test_s_c6_a_batch_that_was_given_up_before_it_arrived_never_applies(self) -> None:
        machine = SessionedMachine(Journal())
        send(machine, ALICE, 5, b"five", floor=3)
        assert send(machine, ALICE, 3, b"three") is None
        assert results(send(machine, ALICE, 4, b"four")) == [2]

    def test_a_floor_never_falls(self) -> None:
        machine = SessionedMachine(Journal())
        send(machine, ALICE, 5, b"five", floor=4)
        send(machine, ALICE, 6, b"six", floor=0)
        assert send(machine, ALICE, 4, b"four") is None

    def test_a_repeated_batch_raises_the_floor_too(self) -> None:
        machine = SessionedMachine(Journal())
        send(machine, ALICE, 1, b"one")
        send(machine, ALICE, 2, b"two")
        assert results(send(machine, ALICE, 2, b"two", floor=1)) == [2]
        assert machine.results_of(ALICE, 1) is None

    def test_a_batch_that_calls_itself_settled_is_skipped(self) -> None:
        machine = SessionedMachine(Journal())
        assert send(machine, ALICE, 2, b"two", floor=2) is None
        assert machine.machine.lines == []

    def test_s_c6_what_an_earlier_start_left_on_the_way_is_skipped_once_the_next_one_was_heard(self) -> None:
        machine = SessionedMachine(Journal())
        restarted = SessionId(ALICE.node, ALICE.disk, 2)
        send(machine, ALICE, 1, b"first life")
        assert results(send(machine, ALICE, 2, b"still first life")) == [2]
        assert results(send(machine, restarted, 1, b"second life")) == [3]
        assert send(machine, ALICE, 3, b"too late") is None
        assert machine.results_of(ALICE, 1) is None
        assert machine.machine.lines == [b"first life", b"still first life", b"second life"]

    def test_an_older_incarnation_cannot_raise_the_floor_of_the_newer_one(self) -> None:
        machine = SessionedMachine(Journal())
        send(machine, SessionId(1, 77, 2), 1, b"a")
        assert send(machine, ALICE, 9, b"b", floor=8) is None
        assert machine.results_of(SessionId(1, 77, 2), 1) == [1]

    def test_sessions_do_not_mix(self) -> None:
        machine = SessionedMachine(Journal())
        other_disk = SessionId(ALICE.node, 78, 1)
        for session in (ALICE, BOB, other_disk):
            send(machine, session, 1, b"one")
        assert [machine.results_of(session, 1) for session in (ALICE, BOB, other_disk)] == [[1], [2], [3]]

    def test_what_a_caller_does_to_its_results_stays_with_the_caller(self) -> None:
        machine = SessionedMachine(Journal())
        results(send(machine, ALICE, 1, b"a", b"b")).reverse()
        results(send(machine, ALICE, 1, b"a", b"b")).reverse()
        stored = machine.results_of(ALICE, 1)
        assert stored == [1, 2]
        stored.clear()
        assert machine.results_of(ALICE, 1) == [1, 2]


class TestFailure:
    def test_an_undeclared_exception_names_the_place_and_stops_everything(self) -> None:
        machine = SessionedMachine(Journal())
        machine.apply(noop(1))
        with pytest.raises(
            MachineFailedError, match=r"Journal raised ZeroDivisionError.* command 2 of 3 in entry 2;"
        ) as caught:
            send(machine, ALICE, 1, b"a", b"fail here", b"c")
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert machine.applied == 1
        refused: list[Any] = [
            lambda: machine.apply(noop(2)),
            machine.snapshot,
            machine.digest,
            lambda: machine.results_of(ALICE, 1),
        ]
        for call in refused:
            with pytest.raises(MachineFailedError, match="in entry 2"):
                call()

    def test_an_interrupted_batch_stops_everything_too(self) -> None:
        class Interrupted(Journal):
            def apply(self, command: bytes) -> Any:
                raise KeyboardInterrupt

        machine = SessionedMachine(Interrupted())
        with pytest.raises(KeyboardInterrupt):
            send(machine, ALICE, 1, b"a")
        with pytest.raises(MachineFailedError, match="entry 1 was interrupted"):
            machine.apply(noop(1))

    @pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", b"text", b"\x94\x93\x01\x02\x03\x01\x00\x91\x05"])
    def test_a_malformed_batch_is_a_failure(self, data: bytes) -> None:
        machine = SessionedMachine(Journal())
        with pytest.raises(MachineFailedError, match="entry 1 says it is a batch") as caught:
            machine.apply(Entry(1, 1, 1, data, 0))
        assert isinstance(caught.value.__cause__, msgspec.DecodeError)
        with pytest.raises(MachineFailedError):
            machine.apply(noop(1))

    @given(st.binary(max_size=60))
    def test_any_bytes_are_a_batch_or_a_failure(self, data: bytes) -> None:
        machine = SessionedMachine(Journal())
        try:
            machine.apply(Entry(1, 1, 1, data, 0))
        except MachineFailedError:
            assert machine.applied == 0
        else:
            assert machine.applied == 1

    def test_an_unknown_kind_of_entry_is_a_failure(self) -> None:
        machine = SessionedMachine(Journal())
        with pytest.raises(MachineFailedError, match=r"entry 1 is of kind 9.* upgrade this node"):
            machine.apply(Entry(1, 1, 9, b"", 0))

    def test_a_snapshot_that_fails_is_named_and_harms_nothing(self) -> None:
        class Unready(Journal):
            def snapshot(self) -> bytes:
                raise RuntimeError("not now")

        machine = SessionedMachine(Unready())
        with pytest.raises(MachineFailedError, match=r"RuntimeError\('not now'\) in snapshot\(\)"):
            machine.snapshot()
        assert results(send(machine, ALICE, 1, b"a")) == [1]


class Remembering:
    """The dumb second implementation: it never forgets a batch, and looks everything up."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.newest: dict[tuple[int, int], int] = {}
        self.floors: dict[SessionId, int] = {}
        self.done: dict[tuple[SessionId, int], list[Any]] = {}

    def send(
        self, session: SessionId, sequence: int, commands: list[bytes], floor: int
    ) -> tuple[list[Any], bool] | None:
        place = session.node, session.disk
        self.newest[place] = max(self.newest.get(place, 0), session.incarnation)
        if session.incarnation < self.newest[place]:
            return None
        self.floors[session] = max(self.floors.get(session, 0), floor)
        if sequence <= self.floors[session]:
            return None
        if (session, sequence) in self.done:
            return self.done[session, sequence], True
        answers = []
        for command in commands:
            self.lines.append(command)
            answers.append(len(self.lines))
        self.done[session, sequence] = answers
        return answers, False

    def results_of(self, session: SessionId, sequence: int) -> list[Any] | None:
        ended = self.newest.get((session.node, session.disk)) != session.incarnation
        settled = sequence <= self.floors.get(session, 0)
        return None if ended or settled else self.done.get((session, sequence))


sessions = st.builds(SessionId, st.integers(1, 2), st.integers(1, 2), st.integers(1, 3))
batches = st.tuples(sessions, st.integers(1, 6), st.lists(st.sampled_from([b"a", b"b"]), max_size=2), st.integers(0, 6))


@given(st.lists(batches | cuts(), max_size=30))
def test_s_c6_any_order_of_copies_agrees_with_a_model_that_never_forgets(steps: list[Any]) -> None:
    model = Remembering()
    machine = straight = SessionedMachine(Journal())
    for step in steps:
        if isinstance(step, list):
            machine = SessionedMachine(Journal())
            machine.restore(cut(b"".join(straight.snapshot()), step))
        else:
            session, sequence, commands, floor = step
            expected = model.send(session, sequence, commands, floor)
            for replica in {id(machine): machine, id(straight): straight}.values():
                outcome = send(replica, session, sequence, *commands, floor=floor)
                assert (None if outcome is None else (outcome.results, outcome.repeated)) == expected
                assert replica.results_of(session, sequence) == model.results_of(session, sequence)
                replica.check()
    assert machine.machine.lines == straight.machine.lines == model.lines
    assert machine.digest() == straight.digest()
