"""A node without a log applies nothing, and says so if it is asked to."""

import pytest

from quorate.algorithms.catalog import find, names
from quorate.core.errors import ConfigError, InvariantError
from quorate.real.no_machine import NoMachine, no_machine


@pytest.mark.parametrize("algorithm", names())
def test_a_machine_is_missing_only_where_there_is_a_log(algorithm: str) -> None:
    spec = find(algorithm)
    if spec.keeps_log:
        with pytest.raises(ConfigError, match=f"machine is missing: {algorithm} keeps a log"):
            no_machine(spec)
    else:
        assert isinstance(no_machine(spec), NoMachine)


def test_it_has_no_state_and_takes_no_command() -> None:
    machine = NoMachine()
    assert machine.snapshot() == b""
    machine.restore(iter([b"x"]))
    with pytest.raises(InvariantError, match="3 bytes"):
        machine.apply(b"abc")
