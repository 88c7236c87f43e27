from typing import Any

import pytest

from quorate.real.network_limits import NetworkLimits


def test_defaults_fit_together():
    limits = NetworkLimits()
    assert (limits.max_frame_bytes, limits.max_hello_bytes, limits.max_buffer_bytes) == (64 << 20, 4 << 10, 64 << 20)
    assert (limits.max_strangers, limits.hello_timeout_ms) == (64, 5000)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_strangers": 0}, "max_strangers is 0: it must be at least 1"),
        ({"hello_timeout_ms": -1}, "hello_timeout_ms is -1"),
        ({"max_frame_bytes": 1 << 32}, "a frame's length has 32 bits"),
        ({"max_hello_bytes": 100}, "a hello needs 512"),
        ({"backoff_first_ms": 300}, "backoff_first_ms 300 is above backoff_longest_ms 250"),
    ],
)
def test_values_that_do_not_fit_are_refused(settings: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        NetworkLimits(**settings)
