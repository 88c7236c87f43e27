"""Settings that change while a node runs: checked as a whole, and all or none of them taken."""

from collections.abc import Mapping
from typing import Any

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.errors import ConfigError
from quorate.core.events import Setting
from quorate.runtime.limits import Limits
from quorate.runtime.options import sort_options

RELOADABLE = frozenset(
    {
        "batch_bytes",
        "batch_commands",
        "batches_in_flight",
        "queued_bytes",
        "queued_commands",
        "queued_reads",
        "queued_requests",
        "resend_ms",
        "retry_ms",
        "snapshot_bytes",
        "snapshot_entries",
    }
)
"""Limits of the driver that are looked at anew each time."""


class Reload(msgspec.Struct, frozen=True):
    """The settings from now on; `algorithm` and `driver`: what is new in them, by name."""

    config: msgspec.Struct
    limits: Limits
    algorithm: dict[str, Setting]
    driver: dict[str, Setting]

    @property
    def changed(self) -> dict[str, Setting]:
        """Everything that is new, in the order of the alphabet."""
        return dict(sorted((self.algorithm | self.driver).items()))


def plan_reload(spec: AlgorithmSpec, config: msgspec.Struct, limits: Limits, options: Mapping[str, Any]) -> Reload:
    """From `config` and `limits` to what `options` say, where an option that is left out has its default. Raises `ConfigError`
    for what is wrong in itself or together, and for what only a restart can change; then nothing is."""
    new_config, new_limits = sort_options(spec, options)
    reload = Reload(new_config, new_limits, _difference(config, new_config), _difference(limits, new_limits))
    fixed = sorted((reload.algorithm.keys() - spec.reloadable(config)) | (reload.driver.keys() - RELOADABLE))
    if fixed:
        raise ConfigError(
            f"{', '.join(fixed)}: cannot change while the node runs, so nothing was changed; "
            "restart the nodes with it, one after the other"
        )
    return reload


def _difference(before: msgspec.Struct, after: msgspec.Struct) -> dict[str, Setting]:
    return {
        name: getattr(after, name)
        for name in after.__struct_fields__
        if getattr(after, name) != getattr(before, name)
    }  # fmt: skip
