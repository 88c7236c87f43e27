"""Where a scenario comes from: one of ours by name, a file, or the words themselves."""

from __future__ import annotations

from pathlib import Path

import msgspec

from quorate.core.errors import ConfigError
from quorate.sim.scenarios import library
from quorate.sim.scenarios.words import MAX_TEXT_BYTES


class Source(msgspec.Struct, frozen=True):
    """`argument`: what the person gave. `name`: for people; empty for bare words."""

    argument: str
    name: str
    text: str

    @property
    def description(self) -> str:
        """What its first line says about it."""
        return library.description_of(self.text)


def find_source(argument: str) -> Source:
    """What `argument` means. Raises `ConfigError`, also for a file that cannot be read."""
    if argument in library.names():
        return Source(argument, argument, library.text_of(argument))
    if _is_there(argument):
        return Source(argument, Path(argument).name, _read(Path(argument)))
    if not argument or any(sign in argument for sign in " ;\n"):
        return Source(argument, "", argument)
    if argument.endswith(".txt") or "/" in argument:
        raise ConfigError(f"{argument[:200]!r}: there is no such file")
    return Source(argument, argument, library.text_of(argument))


def _is_there(argument: str) -> bool:
    try:
        return Path(argument).exists() and argument != ""
    except (OSError, ValueError):
        # Too long for a name, or with signs in it that no name has.
        return False


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEXT_BYTES + 1)
        return data.decode()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name a file with a scenario") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is no text; name a file with a scenario") from error
