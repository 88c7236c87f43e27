from quorate.real.log_limiter import MAX_KEYS, LogLimiter


class Clock:
    def __init__(self) -> None:
        self.time = 1_000

    def now(self) -> int:
        return self.time


def test_one_line_in_an_interval_and_then_how_many_were_held_back():
    clock = Clock()
    limiter = LogLimiter(100, clock.now)
    assert limiter.admit("a") == 0
    assert [limiter.admit("a") for _ in range(7)] == [None] * 7
    clock.time += 99
    assert limiter.admit("a") is None
    clock.time += 1
    assert limiter.admit("a") == 8
    clock.time += 100
    assert limiter.admit("a") == 0


def test_keys_do_not_hold_each_other_back():
    limiter = LogLimiter(100, Clock().now)
    assert [limiter.admit((2, "reset")), limiter.admit((3, "reset")), limiter.admit((2, "replaced"))] == [0, 0, 0]


def test_memory_is_bounded():
    limiter = LogLimiter(100, Clock().now)
    for number in range(3 * MAX_KEYS):
        assert limiter.admit(number) == 0
    assert len(limiter._keys) == MAX_KEYS
    assert limiter.admit(3 * MAX_KEYS - 1) is None
