"""A fake node to talk to, and nothing of the caller's environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.site_thread import SiteThread, site


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUORATE_ENDPOINTS", "QUORATE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture
def served() -> Iterator[SiteThread]:
    with site() as thread:
        yield thread
