"""What stands in for a state machine where there is no log: a node that only takes part in elections applies nothing."""

from collections.abc import Iterable
from typing import Any

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.errors import ConfigError, InvariantError


class NoMachine:
    """Has no state, and is never asked to apply anything."""

    def apply(self, command: bytes) -> None:
        """Raises `InvariantError`: without a log there are no commands."""
        raise InvariantError(f"a command of {len(command)} bytes reached a node that keeps no log")

    def snapshot(self) -> bytes:
        """Nothing."""
        return b""

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Nothing to put in place."""
        for _ in chunks:
            pass


def no_machine(spec: AlgorithmSpec) -> Any:
    """For a node that was given none. Raises `ConfigError` if it needs one."""
    if spec.keeps_log:
        raise ConfigError(
            f"machine is missing: {spec.name} keeps a log of commands, so say what they are applied to; an algorithm that only "
            "elects a leader needs none"
        )
    return NoMachine()
