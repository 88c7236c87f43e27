import time

from quorate.real.clock import MonotonicClock


def test_is_the_monotonic_clock_in_nanoseconds():
    clock = MonotonicClock()
    before, now, after = time.monotonic_ns(), clock.now(), time.monotonic_ns()
    assert before <= now <= after
    assert isinstance(now, int)


def test_never_falls():
    clock = MonotonicClock()
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(times)
