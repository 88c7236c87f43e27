"""Settings that all tests share."""

import signal

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quorate",
    parent=settings(),
    deadline=None,  # a shared machine may stall anywhere; the limit of each test is pytest's
    print_blob=True,  # a failure prints the line that replays it
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("quorate")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what is to run in the background. Processes that tests start would inherit it, and Ctrl-C not end them.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Here, because pytest looks for options in no deeper folder."""
    parser.addoption(
        "--rewrite", action="store_true", help="write the golden transcripts anew, to be reviewed as a diff"
    )
