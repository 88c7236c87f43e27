"""`quorate transfer` and `quorate step-down` against a served node."""

from __future__ import annotations

import json

import pytest

from cli.site_thread import SiteThread
from quorate.cli.main import main
from quorate.core.errors import RequestFailedError


def test_it_says_who_leads_now(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transfer", "--to", "2", "-e", served.url]) == 0
    assert main(["transfer", "-e", served.url]) == 0
    assert main(["step-down", "-e", served.url]) == 0
    assert main(["step-down", "--node", "1", "-e", served.url]) == 0
    assert capsys.readouterr().out == "".join(
        f"node {leader} leads term {term}\n" for leader, term in ((2, 4), (3, 5), (3, 6), (3, 7))
    )
    assert served.node.moves == [(2, None), (None, None), (None, None), (None, 1)]


def test_json(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transfer", "--to", "2", "--json", "-e", served.url]) == 0
    assert json.loads(capsys.readouterr().out) == {"moved": True, "leader": 2, "term": 4}


@pytest.mark.parametrize(
    ("words", "reason", "line", "document"),
    [
        (
            ["transfer", "--to", "2"],
            "leads_already",
            "node 2 leads already: nothing to do",
            {"moved": False, "leader": 2},
        ),
        (
            ["step-down", "--node", "2"],
            "leads_not",
            "node 2 does not lead: nothing to do",
            {"moved": False, "leader": None},
        ),
    ],
)
def test_what_is_so_already_is_done(
    served: SiteThread,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    reason: str,
    line: str,
    document: dict[str, object],
) -> None:
    """So that a script may ask without looking first."""
    served.tell(lambda: setattr(served.node, "move_fault", RequestFailedError(reason)))
    assert main([*words, "-e", served.url]) == 0
    assert main([*words, "--json", "-e", served.url]) == 0
    said, document_said = capsys.readouterr().out.splitlines()
    assert said == line
    assert json.loads(document_said) == document


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (RequestFailedError("not_a_voter"), 1, "no voter of this cluster; name one of the voters"),
        (RequestFailedError("target_silent"), 1, "has not answered the leader for an election timeout; start it"),
        (RequestFailedError("leads_not"), 1, "does not lead; nothing is to be done"),
        (RequestFailedError("timeout (not_ready)"), 1, "it is certain that none did"),
        (RequestFailedError("timeout", uncertain=True), 4, "look at the status before you ask again"),
    ],
)
def test_a_refusal_is_one_line_with_its_remedy(
    served: SiteThread, capsys: pytest.CaptureFixture[str], error: RequestFailedError, code: int, says: str
) -> None:
    served.tell(lambda: setattr(served.node, "move_fault", error))
    assert main(["transfer", "--to", "2", "--timeout", "0.3", "-e", served.url]) == code
    complaint = capsys.readouterr().err
    assert says in complaint
    assert complaint.count("\n") == 1


def test_wrong_usage_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["transfer", "--to", "0"],
        ["transfer", "--to", "two"],
        ["step-down", "2"],
        ["transfer", "--node", "2"],
    ):
        assert main(words) == 2
        assert capsys.readouterr().err.count("\n") == 1
