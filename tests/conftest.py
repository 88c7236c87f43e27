"""Settings that all tests share."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "quorate",
    parent=settings(),
    deadline=None,  # a shared machine may stall anywhere; the limit of each test is pytest's
    print_blob=True,  # a failure prints the line that replays it
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("quorate")
