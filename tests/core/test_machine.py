"""What a replicated state machine is, and how it refuses."""

from collections.abc import Iterable
from typing import Any

from quorate.core.machine import CommandError, ResultGone, StateMachine


class Counter:
    """The smallest machine."""

    def __init__(self) -> None:
        self.value = 0

    def apply(self, command: bytes) -> Any:
        """Add."""
        self.value += int(command)
        return self.value

    def snapshot(self) -> bytes:
        """The value."""
        return str(self.value).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        """The value back."""
        self.value = int(b"".join(chunks))


def test_a_machine_is_known_by_what_it_can_do() -> None:
    machine: StateMachine = Counter()
    assert isinstance(machine, StateMachine)
    assert not isinstance(object(), StateMachine)
    assert [machine.apply(b"2"), machine.apply(b"3")] == [2, 5]
    other = Counter()
    other.restore([machine.snapshot()[:1], b""])  # type: ignore[index]
    assert other.value == 5


def test_a_refusal_is_a_value() -> None:
    """It becomes the command's result, is compared across nodes, and is raised again at the caller."""
    error = CommandError("too low", "limit")
    assert (str(error), error.message, error.code) == ("too low", "too low", "limit")
    assert error == CommandError("too low", "limit")
    assert error != CommandError("too low")
    assert error != "too low"
    assert len({error, CommandError("too low", "limit"), CommandError("x")}) == 2


def test_a_gone_result_is_not_none() -> None:
    assert ResultGone() == ResultGone()
    assert ResultGone() is not None
