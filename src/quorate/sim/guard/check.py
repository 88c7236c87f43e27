"""One machine, some commands, no cluster: is it a function of its commands?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quorate.core.errors import ConfigError
from quorate.core.machine import CommandError, StateMachine
from quorate.sim.guard.interpreters import HASH_SEEDS, compare_interpreters
from quorate.sim.guard.ledger import Ledger
from quorate.sim.guard.machine import GuardedMachine, GuardSettings
from quorate.sim.guard.naming import name_of


def check_determinism(
    make: Callable[[], StateMachine],
    commands: Sequence[bytes],
    *,
    guard: GuardSettings | None = None,
    hash_seeds: Sequence[int] = HASH_SEEDS,
) -> None:
    """Apply `commands` to two copies of what `make` makes, watched and compared; then in a fresh interpreter for each of `hash_seeds`
    (about 0.2 s in all; () leaves that out), which `make` must have a name for: a class or function at the top of a module.

    Raises `MachineBrokenError`, which names the command; `ConfigError` if `make` has no name.
    """
    name = name_of(make)
    if hash_seeds and name is None:
        raise ConfigError(
            f"{make!r} has no name by which a fresh interpreter finds it: define it at the top of a module, or pass hash_seeds=() "
            "to leave out the check of hash order"
        )
    apply_guarded(GuardedMachine(0, make, Ledger(), guard or GuardSettings()), commands)
    if hash_seeds and name is not None:
        compare_interpreters(name, commands, hash_seeds)


def apply_guarded(machine: GuardedMachine, commands: Sequence[bytes]) -> None:
    """The part that needs no other interpreter."""
    for command in commands:
        try:
            machine.apply(command)
        except CommandError:
            continue
    machine.compare()
