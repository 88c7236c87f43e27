"""A user's options, sorted."""

import msgspec
import pytest

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import HardState
from quorate.core.errors import ConfigError
from quorate.core.message import Message
from quorate.runtime.limits import Limits
from quorate.runtime.options import option_names, sort_options


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    patience_ms: int = 100
    eager: bool = False

    def __post_init__(self) -> None:
        if self.patience_ms < 1:
            raise ValueError(f"patience_ms = {self.patience_ms} must be at least 1")


SPEC = AlgorithmSpec(
    name="patient",
    messages=Message,
    hard_state=HardState,
    config=Settings,
    build=lambda identity, config, durable, random: pytest.fail("nothing is built here"),
)


def test_each_option_goes_where_it_is_understood() -> None:
    assert sort_options(SPEC, {"patience_ms": 5, "retry_ms": 7}) == (Settings(patience_ms=5), Limits(retry_ms=7))


def test_without_options_there_are_defaults() -> None:
    assert sort_options(SPEC, {}) == (Settings(), Limits())


def test_all_names_are_known_in_order_of_the_alphabet() -> None:
    names = option_names(SPEC)
    assert names == sorted({"patience_ms", "eager", *Limits.__struct_fields__})


def test_an_unknown_option_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="no option 'patience' with patient; did you mean 'patience_ms'"):
        sort_options(SPEC, {"patience": 5})


def test_an_option_like_none_is_refused_with_all_names() -> None:
    with pytest.raises(ConfigError, match=r"known are: batch_bytes, .*patience_ms"):
        sort_options(SPEC, {"zzz": 5})


@pytest.mark.parametrize("options", [{"patience_ms": "long"}, {"patience_ms": 0}, {"retry_ms": 0}, {"eager": 1}])
def test_a_value_that_cannot_be_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"options: .*" + next(iter(options))):
        sort_options(SPEC, options)
