"""What a scenario sets of its algorithm and of the driver: each setting by its name, read as its type."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args, get_origin

import msgspec

from quorate.algorithms.catalog import find, names
from quorate.core.ids import MILLISECOND
from quorate.runtime.limits import Limits
from quorate.sim.scenarios.clauses import SHORTEST
from quorate.sim.scenarios.scenario import MAX_NODES, Option
from quorate.sim.scenarios.words import Reader, ScenarioError, refuse

Kind: TypeAlias = Literal["number", "switch", "word", "list"]


def kind_of(field_type: Any) -> Kind | None:
    """How a setting of that type is written; None: a scenario cannot say it."""
    if field_type in (int, bool):
        return "switch" if field_type is bool else "number"
    origin = get_origin(field_type)
    return "word" if origin is Literal else "list" if origin is tuple else None


def read_algorithm(reader: Reader, asked: str | None) -> str:
    """The name of one; `asked`: what the caller wants, which the text must not contradict."""
    word = reader.take()
    name = word.text.lower()
    if name not in names():
        raise refuse(word, "is no algorithm", names())
    if asked not in (None, name):
        raise refuse(word, f"contradicts the {asked} that was asked for: leave one of the two out")
    return name


class Settings:
    """`options`: of the algorithm, `limits`: of the driver, as far as they are set."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.options: dict[str, Option] = {}
        self.limits: dict[str, int] = {}
        fields = msgspec.structs.fields(find(algorithm).config)
        self._types = {field.name: field.type for field in fields if kind_of(field.type) is not None}
        self._limits = Limits.__struct_fields__

    def named(self, name: str) -> str | None:
        """The full name of a setting: `election_timeout` is short for `election_timeout_ms`. None: there is none."""
        known = (*self._types, *self._limits)
        return next((full for full in known if name in (full, full.removesuffix("_ms"))), None)

    def short_names(self) -> list[str]:
        """As they may be written."""
        return [name.removesuffix("_ms") for name in (*self._types, *self._limits)]

    def read(self, name: str, reader: Reader) -> None:
        """The value of the setting `name`, which there is."""
        full = self.named(name) or name
        if full not in self._types:
            self.limits[full] = _number(full, reader)
            return
        match kind_of(self._types[full]):
            case "switch":
                self.options[full] = reader.choose(("true", "false"), "is neither") == "true"
            case "word":
                self.options[full] = reader.choose(get_args(self._types[full]), f"is no value of {full}")
            case "list":
                self.options[full] = _numbers(reader)
            case _:
                self.options[full] = _number(full, reader)

    def check(self) -> None:
        """Settings that do not fit together are refused here, and not when the run begins."""
        try:
            msgspec.convert(self.options, find(self.algorithm).config)
        except (msgspec.ValidationError, ValueError) as error:
            raise ScenarioError(f"the scenario's settings do not fit: {error}") from error


def _number(full: str, reader: Reader) -> int:
    if full.endswith("_ms"):
        return reader.duration(least=SHORTEST) // MILLISECOND
    return reader.number("", "100", 0, 1 << 40)


def _numbers(reader: Reader) -> tuple[int, ...]:
    """Numbers of nodes, which are not known yet: settings are read first."""
    numbers = [reader.number("", "3", 1, MAX_NODES)]
    while reader.has(","):
        numbers.append(reader.number("", "3", 1, MAX_NODES))
    return tuple(numbers)
