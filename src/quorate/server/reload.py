"""A configuration file that is read again while its node runs."""

from __future__ import annotations

import logging
from pathlib import Path

from quorate.core.errors import ConfigError, StoppedError
from quorate.machines.kv import KeyValueMachine
from quorate.real.node import Node
from quorate.server.config import NodeConfig

_logger = logging.getLogger("quorate.process")

CHANGEABLE = frozenset({"options", "logging"})
"""Keys of the file whose values may change; of `options`, those that the node takes."""


class ConfigFile:
    """`path`, and what was last read there and taken."""

    def __init__(self, path: Path) -> None:
        """Raises `ConfigError`."""
        self.path = path
        self.config = NodeConfig.load(path)

    def reload(self, node: Node[KeyValueMachine]) -> None:
        """Take what has changed. Raises `ConfigError`, and changes nothing, if the file is wrong in any place, or something else than
        settings has changed in it."""
        wanted = NodeConfig.load(self.path)
        fixed = [
            name
            for name in NodeConfig.__struct_fields__
            if name not in CHANGEABLE and getattr(wanted, name) != getattr(self.config, name)
        ]
        if fixed:
            raise ConfigError(
                f"{self.path}: {', '.join(fixed)}: cannot change while the node runs, so nothing was changed; restart the node"
            )
        try:
            node.reload(wanted.options)
        except ConfigError as error:
            raise ConfigError(f"{self.path}: options: {error}") from error
        if wanted.logging != self.config.logging:
            logging.getLogger().setLevel(wanted.logging.level.upper())
        self.config = wanted

    def reload_or_say_why_not(self, node: Node[KeyValueMachine]) -> None:
        """As `reload`, for nobody who waits: the log says what is wrong, and the node goes on as it was."""
        try:
            self.reload(node)
        except (ConfigError, StoppedError) as error:
            _logger.error("the settings stay as they were: %s", error)
        else:
            _logger.info("read %s again: its settings hold", self.path)
