"""Which event loops a test runs on."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

try:
    import uvloop
except ImportError:  # not on every platform
    uvloop = None

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
if uvloop is not None:
    LOOPS["uvloop"] = uvloop.new_event_loop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """A test runs on the default loop; with `asyncio(loop_factories=["asyncio", "uvloop"])` on both."""
    chosen = any("loop_factories" in marker.kwargs for marker in item.iter_markers("asyncio"))
    return LOOPS if chosen else {"asyncio": LOOPS["asyncio"]}
