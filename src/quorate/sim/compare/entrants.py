"""Who is compared: an algorithm with its settings, scaled so that all wait equally long before they doubt a leader."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from quorate.algorithms import catalog
from quorate.core.errors import ConfigError

Option: TypeAlias = bool | int | float | str

ELECTION_TIMEOUT_MS = 500
"""The least silence after which anybody may replace a leader, for all."""


class Entrant(msgspec.Struct, frozen=True):
    """One column of the table. `options` are on top of the scaled defaults; `label` is unique."""

    label: str
    algorithm: str
    options: dict[str, Option] = {}

    @property
    def keeps_log(self) -> bool:
        """False for one that only elects: it takes no writes."""
        return catalog.find(self.algorithm).keeps_log

    def settings(self) -> dict[str, Option]:
        """What its nodes run with."""
        return scaled(catalog.find(self.algorithm).config) | self.options


def all_entrants() -> list[Entrant]:
    """Every algorithm of the catalog as it is by default."""
    return [Entrant(name, name) for name in catalog.names()]


def scaled(config: type[msgspec.Struct], timeout_ms: int = ELECTION_TIMEOUT_MS) -> dict[str, Option]:
    """Every time of `config` in proportion, so that its election timeout is `timeout_ms`. That timeout is the setting of this name,
    or else the longest that ends in `timeout_ms`; settings without any stay as they are."""
    defaults = msgspec.structs.asdict(config())
    times = {name: value for name, value in defaults.items() if name.endswith("_ms") and isinstance(value, int | float)}
    timeouts = [value for name, value in times.items() if name.endswith("timeout_ms")]
    own = times.get("election_timeout_ms", max(timeouts, default=timeout_ms))
    if own == timeout_ms:
        return {}
    return {name: type(value)(value * timeout_ms / own) for name, value in times.items()}


def checked(entrants: list[Entrant]) -> list[Entrant]:
    """Raises `ConfigError` for an unknown algorithm or setting, or a label that comes twice."""
    labels = [entrant.label for entrant in entrants]
    for label in labels:
        if labels.count(label) > 1:
            raise ConfigError(
                f"{label} is to be compared with itself: name it once, or give one of them other settings"
            )
    for entrant in entrants:
        config = catalog.find(entrant.algorithm).config
        unknown = sorted(set(entrant.options) - set(config.__struct_fields__))
        if unknown:
            raise ConfigError(
                f"{entrant.algorithm} has no setting {unknown[0]!r}; it has {', '.join(config.__struct_fields__)}"
            )
        try:
            msgspec.convert(entrant.settings(), config)
        except (msgspec.ValidationError, ValueError) as error:
            raise ConfigError(f"{entrant.label}: {error}") from error
    return entrants
