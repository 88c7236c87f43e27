"""What was applied, and who was answered what, goes through snapshots (S-C5, S-C8)."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.builders import ALICE, BOB, Answering, Journal, LazyJournal, batch_entry, cut, cuts, noop, send
from quorate.core.entry import SessionId
from quorate.core.errors import DamagedError, MachineFailedError, MismatchError
from quorate.core.machine import CommandError, ResultGone, StateMachine
from quorate.machines.sessions import FORMAT, AppliedBatch, SessionedMachine, SnapshotHeader
from quorate.machines.stream import frame


def results(outcome: AppliedBatch | None) -> list[Any]:
    assert outcome is not None
    return outcome.results


def copied(machine: SessionedMachine[Any], fresh: StateMachine) -> SessionedMachine[Any]:
    copy: SessionedMachine[Any] = SessionedMachine(fresh)
    copy.restore(machine.snapshot())
    return copy


class TestSnapshot:
    def machine(self) -> SessionedMachine[Journal]:
        machine = SessionedMachine(Journal())
        machine.apply(noop(1, term=2))
        machine.apply(batch_entry(2, BOB, 4, [b"b", b"refuse x"], floor=3, term=2))
        machine.apply(batch_entry(3, ALICE, 1, [b"a"], term=5))
        return machine

    @given(cuts())
    def test_everything_comes_back_from_any_cut(self, borders: list[int]) -> None:
        machine = self.machine()
        copy = SessionedMachine(Journal())
        copy.restore(cut(b"".join(machine.snapshot()), borders))
        assert (copy.applied, copy.applied_term, copy.machine.lines) == (3, 5, [b"b", b"a"])
        assert copy.results_of(BOB, 4) == [1, CommandError("no refuse x", "unwanted")]
        assert copy.results_of(ALICE, 1) == [2]
        assert copy.digest() == machine.digest()
        copy.check()

    def test_s_c8_batches_that_the_snapshot_covers_do_not_apply_again(self) -> None:
        copy = copied(self.machine(), Journal())
        again = copy.apply(batch_entry(4, BOB, 4, [b"b", b"refuse x"], term=5))
        assert again == AppliedBatch(4, BOB, 4, [1, CommandError("no refuse x", "unwanted")], repeated=True)
        assert copy.apply(batch_entry(5, BOB, 3, [b"settled"], term=5)) is None
        assert copy.machine.lines == [b"b", b"a"]

    def test_the_incarnation_comes_along(self) -> None:
        machine = SessionedMachine(Journal())
        send(machine, SessionId(1, 77, 2), 1, b"a")
        copy = copied(machine, Journal())
        assert send(copy, ALICE, 1, b"old") is None

    def test_s_c5_a_refusal_that_went_through_a_snapshot_can_be_raised_at_its_caller(self) -> None:
        stored = copied(self.machine(), Journal()).results_of(BOB, 4)
        assert stored is not None
        with pytest.raises(CommandError, match="no refuse x") as caught:
            raise stored[1]
        assert caught.value.code == "unwanted"

    def test_what_cannot_be_encoded_is_gone_and_the_rest_is_not(self) -> None:
        answers = {"good": {"n": 1}, "bad": object(), "none": None}
        machine = SessionedMachine(Answering(**answers))
        send(machine, ALICE, 1, b"good", b"bad", b"none")
        copy = copied(machine, Answering())
        assert copy.results_of(ALICE, 1) == [{"n": 1}, ResultGone(), None]
        assert copy.digest() == machine.digest()

    def test_a_declared_result_type_survives(self) -> None:
        class Receipt(msgspec.Struct, frozen=True):
            number: int

        class Shop(Answering):
            result_type = Receipt

        machine = SessionedMachine(Shop(buy=Receipt(7)))
        send(machine, ALICE, 1, b"buy")
        assert copied(machine, Shop()).results_of(ALICE, 1) == [Receipt(7)]

    @pytest.mark.parametrize("make", [Journal, LazyJournal])
    def test_the_view_is_that_of_the_call(self, make: type[Journal]) -> None:
        machine = SessionedMachine(make())
        send(machine, ALICE, 1, b"a")
        digest = machine.digest()
        stream = machine.snapshot()
        send(machine, ALICE, 2, b"b", floor=1)
        send(machine, BOB, 1, b"c")
        data = b"".join(stream)
        assert blake2b(data, digest_size=16).hexdigest() == digest
        copy = SessionedMachine(make())
        copy.restore([data])
        assert (copy.applied, copy.machine.lines, copy.results_of(ALICE, 1)) == (1, [b"a"], [1])

    def test_an_iterable_that_is_not_a_generator_is_left_for_later(self) -> None:
        read = []

        class Chunks:
            def __iter__(self) -> Iterator[bytes]:
                read.append(True)
                return iter([b"x", b"y"])

        class Lazy(Journal):
            def snapshot(self) -> Iterable[bytes]:
                return Chunks()

        stream = SessionedMachine(Lazy()).snapshot()
        assert read == []
        assert b"".join(stream).endswith(b"xy")
        assert read == [True]

    def test_restore_replaces_what_was_there(self) -> None:
        copy = SessionedMachine(Journal())
        for sequence in range(1, 9):
            send(copy, SessionId(3, 99, 1), sequence, b"other")
        copy.restore(self.machine().snapshot())
        assert copy.digest() == self.machine().digest()
        assert copy.results_of(SessionId(3, 99, 1), 1) is None
        copy.apply(noop(4, term=5))


class TestRestoreRefuses:
    def stream(self) -> bytes:
        machine = SessionedMachine(Journal())
        send(machine, ALICE, 1, b"a", b"refuse b")
        return b"".join(machine.snapshot())

    @pytest.mark.parametrize("size", [0, 3, 10, 40])
    def test_a_stream_that_ends_too_early(self, size: int) -> None:
        with pytest.raises(DamagedError, match=r"too early; .*stop the node, move the snapshot away"):
            SessionedMachine(Journal()).restore([self.stream()[:size]])

    @pytest.mark.parametrize("data", [b"something else entirely", frame(b"\xc1"), frame(b"\x90")])
    def test_a_stream_of_something_else(self, data: bytes) -> None:
        with pytest.raises(DamagedError):
            SessionedMachine(Journal()).restore([data])

    def test_a_stream_of_another_format_or_version(self) -> None:
        def stream(name: str, version: int) -> list[bytes]:
            return [frame(msgspec.msgpack.encode(SnapshotHeader(name, version, 1, 1, 0)))]

        with pytest.raises(DamagedError, match="says 'other', expected 'quorate-sessions'"):
            SessionedMachine(Journal()).restore(stream("other", 1))
        with pytest.raises(MismatchError, match=r"version 3 .* reads up to version 2"):
            SessionedMachine(Journal()).restore(stream(FORMAT, 3))

    @given(st.data())
    def test_a_damaged_table_with_a_typed_error_or_not_at_all(self, data: st.DataObject) -> None:
        stream = bytearray(self.stream())
        place = data.draw(st.integers(0, len(stream) - 1))
        stream[place] ^= data.draw(st.integers(1, 255))
        machine = SessionedMachine(Journal())
        try:
            machine.restore([bytes(stream)])
        except (DamagedError, MismatchError):
            assert machine.applied == 0

    def test_before_the_machine_was_touched_everything_stays_as_it_was(self) -> None:
        machine = SessionedMachine(Journal())
        send(machine, ALICE, 1, b"kept")
        with pytest.raises(DamagedError):
            machine.restore([self.stream()[:20]])
        assert results(send(machine, ALICE, 2, b"more")) == [2]

    def test_a_digest_that_is_wrong_at_the_very_end_counts(self) -> None:
        stream = self.stream()

        def chunks() -> Iterator[bytes]:
            yield stream
            raise DamagedError("the digest is wrong")

        class Impatient(Journal):
            def restore(self, chunks: Iterable[bytes]) -> None:
                self.lines = [next(iter(chunks))]

        machine = SessionedMachine(Impatient())
        with pytest.raises(DamagedError, match="the digest is wrong"):
            machine.restore(chunks())
        with pytest.raises(MachineFailedError, match="a snapshot was being loaded"):
            machine.apply(noop(1))

    def test_after_a_failed_load_another_snapshot_heals(self) -> None:
        def chunks() -> Iterator[bytes]:
            yield self.stream()
            raise OSError("read failed")

        machine = SessionedMachine(Journal())
        with pytest.raises(OSError, match="read failed"):
            machine.restore(chunks())
        with pytest.raises(MachineFailedError):
            machine.digest()
        machine.restore([self.stream()])
        assert results(send(machine, ALICE, 2, b"b")) == [2]

    def test_a_machine_that_cannot_restore_is_named(self) -> None:
        class Picky(Journal):
            def restore(self, chunks: Iterable[bytes]) -> None:
                raise KeyError("schema")

        with pytest.raises(
            MachineFailedError, match=r"Picky raised KeyError.* in restore\(\) of the snapshot at 1;"
        ) as caught:
            SessionedMachine(Picky()).restore([self.stream()])
        assert isinstance(caught.value.__cause__, KeyError)


class TestDigest:
    def test_it_tells_apart_index_sessions_and_state(self) -> None:
        def after(*sent: tuple[SessionId, int, bytes]) -> str:
            machine = SessionedMachine(Journal())
            for session, sequence, command in sent:
                send(machine, session, sequence, command)
            return machine.digest()

        digests = [
            after(),
            after((ALICE, 1, b"a")),
            after((BOB, 1, b"a")),
            after((ALICE, 2, b"a")),
            after((ALICE, 1, b"b")),
            after((ALICE, 1, b"a"), (ALICE, 1, b"a")),
        ]
        assert len(set(digests)) == len(digests)

    def test_it_does_not_depend_on_who_came_first(self) -> None:
        def after(*sessions: SessionId) -> str:
            machine = SessionedMachine(Answering(x=1))
            for session in sessions:
                send(machine, session, 1, b"x")
            return machine.digest()

        assert after(ALICE, BOB) == after(BOB, ALICE)
