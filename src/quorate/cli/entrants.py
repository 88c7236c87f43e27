"""Who is compared if nobody says: every algorithm as it is by default, and those of its variants that tell something."""

from __future__ import annotations

import tomllib

from quorate.algorithms import catalog
from quorate.core.errors import ConfigError
from quorate.sim.compare.entrants import Entrant, Option

VARIANTS: dict[str, tuple[str, ...]] = {
    "bully": ("guard=none", "preempt=false", "damping_ms=5000"),
    "ring": ("guard=none",),
    "zab": ("fast_failover=false",),
}
"""By algorithm: settings in the words of `--algorithm`. Without the guard they are as in the textbooks; `preempt` and `damping_ms` are
remedies against a biggest node that comes and goes. Without `fast_failover` ZAB waits before each decision, as ZooKeeper does."""


def default_entrants() -> list[Entrant]:
    """In the order of the table: whoever is the default of quorate comes first."""
    names = sorted(catalog.names(), key=lambda name: (name != catalog.DEFAULT, name))
    return [
        entrant_of(",".join(filter(None, (name, settings))))
        for name in names
        for settings in ("", *VARIANTS.get(name, ()))
    ]


def entrant_of(text: str) -> Entrant:
    """`name,option=value,...`: values as in a configuration file, anything else as a word. Raises `ConfigError`."""
    name, *settings = (part.strip() for part in text.split(","))
    options: dict[str, Option] = {}
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or not key.isidentifier() or key in options:
            raise ConfigError(
                f'--algorithm "{text}" is not NAME or NAME,OPTION=VALUE, each option once; as in raft,fast_failover=false'
            )
        try:
            options[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            options[key] = value
        if not isinstance(options[key], (bool, int, float, str)):
            raise ConfigError(f'--algorithm "{text}": {key} is to be a number, true, false or a word')
    label = ",".join([name, *("".join(setting.split()) for setting in settings)])
    return Entrant(label, name, options)
