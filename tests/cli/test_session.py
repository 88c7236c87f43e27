"""`quorate session`."""

from __future__ import annotations

import pytest

from cli.site_thread import SiteThread
from quorate.cli.main import main
from quorate.core.errors import ProposalRejectedError


def test_it_prints_a_session(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["session", "--endpoint", served.url]) == 0
    assert main(["session", "--json", "--endpoint", served.url]) == 0
    assert capsys.readouterr().out == '1-0000000000c0ffee\n{"session":"2-0000000000c0ffee"}\n'


def test_without_a_leader_there_is_none(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    served.tell(lambda: setattr(served.node, "session_fault", ProposalRejectedError("no_leader")))
    assert main(["session", "--timeout", "0.2", "--endpoint", served.url]) == 1
    assert "no leader" in capsys.readouterr().err
