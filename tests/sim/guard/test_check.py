"""A machine checked without a cluster."""

from __future__ import annotations

import pytest

from quorate.core.errors import ConfigError
from quorate.sim import GuardSettings, MachineBrokenError, check_determinism
from quorate.sim.guard.check import apply_guarded
from quorate.sim.guard.ledger import Ledger
from quorate.sim.guard.machine import GuardedMachine
from sim.guard import machines
from sim.guard.machines import Words

WORDS = [b"one", b"two", b"", b"three", b"four"]


def test_a_good_machine_passes() -> None:
    check_determinism(Words, WORDS, hash_seeds=(1, 2))


def test_what_needs_no_other_interpreter_is_found_first() -> None:
    with pytest.raises(MachineBrokenError, match="rule 'clock'"):
        check_determinism(machines.Clocked, WORDS)
    with pytest.raises(MachineBrokenError, match="rule 'result'"):
        check_determinism(machines.Counting, WORDS, guard=GuardSettings(every=2), hash_seeds=())


def test_the_order_of_hashes_is_found_last() -> None:
    with pytest.raises(MachineBrokenError, match="rule 'hash-order'"):
        check_determinism(machines.HashOrdered, WORDS)


def test_what_has_no_name_is_refused_with_a_remedy() -> None:
    with pytest.raises(ConfigError, match=r"has no name .* pass hash_seeds=\(\)"):
        check_determinism(lambda: Words(), WORDS)
    check_determinism(lambda: Words(), WORDS, hash_seeds=())


def test_the_last_state_is_looked_at_too() -> None:
    with pytest.raises(MachineBrokenError, match="rule 'restore'"):
        apply_guarded(GuardedMachine(0, machines.Forgetful, Ledger(), GuardSettings(every=1000)), WORDS)
