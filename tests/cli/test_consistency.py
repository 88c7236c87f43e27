"""How fresh a read must be, on the command line."""

from __future__ import annotations

import json

import pytest

from cli.site_thread import SiteThread
from quorate.cli.consistency import chosen, label
from quorate.cli.main import main
from quorate.client.results import Header, RangeResult, ReadLabel
from quorate.core.consistency import Consistency, ReadInfo, ReadYourWrites, Stale
from quorate.core.errors import ConfigError


def choose(level: str | None = None, **given: int | bool) -> Consistency:
    options: dict[str, int | bool | None] = {"local": False, "max_lag": None, "max_age_ms": None, "min_index": None}
    return chosen(level, **(options | given))  # type: ignore[arg-type]


def test_levels() -> None:
    assert [choose(level) for level in (None, "linearizable", "lease", "local")] == [
        "linearizable",
        "linearizable",
        "lease",
        "local",
    ]
    assert choose(local=True) == choose("local", local=True) == "local"
    assert choose("stale", max_lag=0, max_age_ms=0) == Stale(0, 0)
    assert choose("read_your_writes", min_index=3) == choose(min_index=3) == ReadYourWrites(3)


@pytest.mark.parametrize(
    ("level", "given"),
    [
        ("fresh", {}),
        ("stale", {}),
        ("stale", {"max_lag": 1}),
        ("stale", {"max_age_ms": 1}),
        (None, {"max_lag": 1, "max_age_ms": 1}),
        ("lease", {"min_index": 1}),
        ("read_your_writes", {}),
        ("lease", {"local": True}),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(level: str | None, given: dict[str, int | bool]) -> None:
    with pytest.raises(ConfigError, match="--"):
        choose(level, **given)


def test_a_document_says_how_the_read_was_answered() -> None:
    plain = RangeResult(Header(applied=7))
    assert label(plain) == {"index": 7, "answered": "linearizable", "lag": 0, "age_ms": 0}
    labelled = RangeResult(Header(applied=7), read=ReadLabel("stale", 7, 2, None))
    assert label(labelled) == {"index": 7, "answered": "stale", "lag": 2, "age_ms": None}


def test_get_asks_for_it_and_prints_it(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["put", "k", "v", "-e", served.url]) == 0
    capsys.readouterr()
    served.node.label = ReadInfo(9, "stale", 1, 5_000_000)
    wish = ["-c", "stale", "--max-lag", "3", "--max-age-ms", "20"]
    assert main(["get", "k", *wish, "--json", "-e", served.url]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert served.node.asked == [Stale(3, 20)]
    assert {name: answer[name] for name in ("index", "answered", "lag", "age_ms")} == {
        "index": 9,
        "answered": "stale",
        "lag": 1,
        "age_ms": 5,
    }


def test_a_wrong_wish_is_usage(served: SiteThread, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", "k", "-c", "stale", "-e", served.url]) == 2
    assert "--max-lag ENTRIES and --max-age-ms MS" in capsys.readouterr().err
