import sys
import time

import pytest

from quorate.core.errors import ConfigError
from quorate.real.clock import BootClock, MonotonicClock


def test_is_the_monotonic_clock_in_nanoseconds():
    clock = MonotonicClock()
    before, now, after = time.monotonic_ns(), clock.now(), time.monotonic_ns()
    assert before <= now <= after
    assert isinstance(now, int)


def test_never_falls():
    clock = MonotonicClock()
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(times)


@pytest.mark.skipif(sys.platform != "linux", reason="CLOCK_BOOTTIME is Linux's")
def test_the_boot_clock_counts_what_a_suspended_machine_slept():
    clock = BootClock()
    before, now, after = (
        time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        clock.now(),
        time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    )
    assert before <= now <= after


def test_where_there_is_no_such_clock_it_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.delattr("time.CLOCK_BOOTTIME", raising=False)
    with pytest.raises(ConfigError, match="switch leases off, and use linearizable reads"):
        BootClock()
