"""Settings that change while a node runs: all that is new, or nothing."""

import msgspec
import pytest

from quorate.core.errors import ConfigError
from quorate.runtime.limits import Limits
from quorate.runtime.reload import RELOADABLE, plan_reload
from runtime.test_options import SPEC, Settings

PATIENT = msgspec.structs.replace(SPEC, reloadable=lambda _config: frozenset({"patience_ms"}))


def test_s_c10_what_is_new_is_told_by_name_and_by_whose_it_is() -> None:
    change = plan_reload(PATIENT, Settings(), Limits(), {"patience_ms": 5, "retry_ms": 7, "resend_ms": 2000})
    assert (change.config, change.limits) == (Settings(patience_ms=5), Limits(retry_ms=7))
    assert (change.algorithm, change.driver) == ({"patience_ms": 5}, {"retry_ms": 7})
    assert list(change.changed) == ["patience_ms", "retry_ms"]


def test_s_c10_what_is_left_out_has_its_default_again() -> None:
    change = plan_reload(PATIENT, Settings(patience_ms=5), Limits(retry_ms=7), {})
    assert change.changed == {"patience_ms": 100, "retry_ms": 10}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"eager": True, "patience_ms": 5},
            "eager: cannot change while the node runs, so nothing was changed; restart",
        ),
        ({"space_retry_ms": 5, "eager": True}, "eager, space_retry_ms: cannot change"),
        ({"patience_ms": 0}, "patience_ms = 0 must be at least 1"),
        ({"patients_ms": 5}, "did you mean 'patience_ms'"),
        ({"patience_ms": 5, "retry_ms": "soon"}, "retry_ms"),
    ],
)
def test_s_c10_what_is_wrong_or_needs_a_restart_is_refused_by_name(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        plan_reload(PATIENT, Settings(), Limits(), options)


def test_s_c10_the_same_again_is_no_change_whatever_may_change() -> None:
    assert plan_reload(SPEC, Settings(eager=True), Limits(), {"eager": True}).changed == {}
    assert set(Limits.__struct_fields__) >= RELOADABLE
