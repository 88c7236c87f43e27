"""A user's options, by name, sorted to those who understand them."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.errors import ConfigError
from quorate.runtime.limits import Limits

S = TypeVar("S", bound=msgspec.Struct)


def option_names(spec: AlgorithmSpec) -> list[str]:
    """Every option there is with this algorithm."""
    return sorted({*spec.config.__struct_fields__, *Limits.__struct_fields__})


def sort_options(spec: AlgorithmSpec, options: Mapping[str, Any]) -> tuple[msgspec.Struct, Limits]:
    """The algorithm's configuration and the driver's limits. Raises `ConfigError` for an unknown name, a wrong type, or
    values that do not fit together."""
    known = option_names(spec)
    for name in options:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(known)}"
            raise ConfigError(f"there is no option {name!r} with {spec.name}; {hint}")
    return _convert(spec.config, options), _convert(Limits, options)


def _convert(kind: type[S], options: Mapping[str, Any]) -> S:
    ours = {name: value for name, value in options.items() if name in kind.__struct_fields__}
    try:
        return msgspec.convert(ours, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"options: {error}") from error
