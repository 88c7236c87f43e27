"""put, get, delete and cas against a served node, with their exit codes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.site_thread import SiteThread
from quorate.cli.main import main
from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError
from quorate.core.keys import ClientSession, Key

Run = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def run(served: SiteThread, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command against the served node; returns exit code, standard output and standard error."""

    def command(*words: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin))
        try:
            code = main([*words, "--endpoint", served.url])
        finally:
            sys.stdin = before
        sys.stdout.flush()
        captured = capfdbinary.readouterr()
        return code, captured.out, captured.err.decode()

    return command


def test_put_and_get(run: Run) -> None:
    assert run("put", "greeting", "hello") == (0, b"written at revision 2\n", "")
    assert run("get", "greeting") == (0, b"hello\n", "")
    assert run("get", "greeting", "--local") == (0, b"hello\n", "")


def test_get_of_nothing_is_3(run: Run) -> None:
    assert run("get", "nobody") == (3, b"", 'quorate: there is no key "nobody"\n')
    assert run("get", "no", "--prefix") == (3, b"", 'quorate: no key begins with "no"\n')
    code, out, _ = run("get", "nobody", "--json")
    assert (code, json.loads(out)["kvs"]) == (3, [])


def test_a_value_goes_into_a_pipe_byte_for_byte(run: Run) -> None:
    value = bytes(range(256))
    assert run("put", "k", "-", stdin=value)[0] == 0
    assert run("get", "k") == (0, value + b"\n", "")
    assert run("get", "k", "--file", "-") == (0, value, "")
    assert run("get", "6b", "--hex") == (0, value.hex().encode() + b"\n", "")


def test_files_in_and_out(run: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"\x00\xff" * 1000)
    assert run("put", "k", "--file", str(source))[0] == 0
    assert run("get", "k", "-f", str(target)) == (0, b"", "")
    assert target.read_bytes() == source.read_bytes()
    code, _, err = run("put", "k", "--file", str(tmp_path / "none"))
    assert code == 1
    assert "none: No such file or directory; check" in err
    assert run("get", "nobody", "-f", str(tmp_path / "never"))[0] == 3
    assert not (tmp_path / "never").exists()


def test_prefixes(run: Run) -> None:
    for key in ("a1", "a2", "b\t"):
        run("put", key, f"value\nof {key}")
    assert run("get", "a", "--prefix") == (0, b"a1\tvalue\\nof a1\na2\tvalue\\nof a2\n", "")
    assert run("get", "", "--prefix", "--limit", "1") == (0, b"a1\tvalue\\nof a1\n", "")
    assert run("get", "b", "--prefix")[1] == b"b\\t\tvalue\\nof b\\t\n"
    assert run("delete", "a", "--prefix") == (0, b"deleted 2 at revision 5\n", "")
    assert run("delete", "a", "--prefix") == (3, b"", 'quorate: no key begins with "a"\n')
    assert run("delete", "", "--prefix")[1] == b"deleted 1 at revision 6\n"


def test_delete(run: Run) -> None:
    run("put", "k", "v")
    assert run("delete", "k") == (0, b"deleted 1 at revision 3\n", "")
    assert run("delete", "k") == (3, b"", 'quorate: there is no key "k"\n')
    code, out, _ = run("delete", "k", "--json")
    assert (code, json.loads(out)) == (3, {"deleted": 0, "revision": 3, "index": 9})


def test_cas(run: Run) -> None:
    assert run("cas", "lock", "--absent", "me") == (0, b"written at revision 2\n", "")
    code, out, err = run("cas", "lock", "--absent", "you")
    assert (code, out) == (3, b"")
    assert err == 'quorate: not written: "lock" is not as expected, it holds "me"\n'
    assert run("cas", "lock", "--expect", "me", "you")[0] == 0
    code, _, err = run("cas", "other", "--expect", "me", "you")
    assert (code, "there is no such key" in err) == (3, True)
    code, out, _ = run("cas", "lock", "--expect", "me", "them", "--json")
    assert code == 3
    answer = json.loads(out)
    assert (answer["succeeded"], answer["current"]["value"], answer["encoding"]) == (False, "you", "text")
    assert run("get", "lock")[1] == b"you\n"


def test_binary_keys_and_values(run: Run) -> None:
    assert run("put", "00ff", "fe01", "--hex")[0] == 0
    assert run("get", "00ff", "--hex") == (0, b"fe01\n", "")
    assert run("get", "AP8=", "--base64") == (0, b"/gE=\n", "")
    assert run("cas", "00ff", "--expect", "fe01", "02", "--hex")[0] == 0
    code, out, _ = run("get", "00", "--prefix", "--hex", "--json")
    answer = json.loads(out)
    assert (code, answer["encoding"], answer["kvs"][0]["key"], answer["kvs"][0]["value"]) == (0, "hex", "00ff", "02")
    assert json.loads(run("get", "", "--prefix", "--json")[1])["encoding"] == "base64"
    assert run("delete", "00ff", "--hex")[0] == 0


def test_json_has_everything_about_a_key(run: Run) -> None:
    assert json.loads(run("put", "k", "v", "--json")[1]) == {"revision": 2, "index": 9}
    assert json.loads(run("get", "k", "--json")[1]) == {
        "encoding": "text",
        "kvs": [{"key": "k", "value": "v", "create_revision": 2, "mod_revision": 2, "version": 1}],
        "count": 1,
        "more": False,
        "revision": 2,
        "index": 9,
        "answered": "linearizable",
        "lag": 0,
        "age_ms": 0,
    }


def test_a_value_that_looks_like_an_option(run: Run) -> None:
    assert run("put", "k", "--hex", "2d")[0] == 2  # no hex: "k"
    assert run("put", "--", "k", "-5")[0] == 2  # the endpoint is taken for an argument
    assert run("put", "k", "")[0] == 0
    assert run("get", "k") == (0, b"\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("put", "k"),
        ("put",),
        ("put", "k", "v", "w"),
        ("put", "k", "v", "--file", "f"),
        ("put", "k", "v", "--hex", "--base64"),
        ("put", "6b", "zz", "--hex"),
        ("put", "a", "b", "--base64"),
        ("put", "k", "v", "--jsn"),
        ("put", "k", "v", "--timeout", "soon"),
        ("put", "k", "v", "--timeout", "-1"),
        ("get", "k", "--file", "f", "--json"),
        ("get", "k", "--prefix", "--file", "f"),
        ("get", "k", "--limit", "-1"),
        ("cas", "k", "v"),
        ("cas", "k", "v", "--absent", "--expect", "x"),
        ("cas", "k", "--absent"),
        ("delete",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_in_one_line(run: Run, words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, b"")
    assert err.startswith("quorate: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_refusal_is_1_with_the_servers_remedy(run: Run) -> None:
    code, out, err = run("put", "", "v")
    assert (code, out) == (1, b"")
    assert err == "quorate: key is empty; give it at least one byte; correct the request; nothing was changed\n"


def test_an_unknown_outcome_is_4(run: Run, served: SiteThread) -> None:
    served.tell(lambda: setattr(served.node, "write_fault", OutcomeUnknownError("timeout")))
    hurry = ("--timeout", "0.2")
    code, out, err = run("put", "k", "v", *hurry)
    assert (code, out) == (4, b"")
    assert "may yet be applied, once: ask again with the idempotency key 1-0000000000c0ffee-1\n" in err
    assert run("cas", "k", "v", "--absent", *hurry)[0] == 4
    assert run("delete", "k", *hurry)[0] == 4
    assert run("get", "k")[0] == 3


@pytest.mark.parametrize(
    "words", [("put", "k", "v"), ("delete", "k"), ("delete", "k", "--prefix"), ("cas", "k", "v", "--absent")]
)
def test_a_write_is_asked_for_again_under_its_key(run: Run, served: SiteThread, words: tuple[str, ...]) -> None:
    run(*words, "--idempotency-key", "17-0000000000c0ffee-3")
    assert served.node.keys == [Key(ClientSession(17, 0xC0FFEE), 3)]
    assert served.node.sessions == 0


def test_a_key_that_is_none_is_wrong_usage(run: Run) -> None:
    code, _, err = run("put", "k", "v", "--idempotency-key", "order-17")
    assert code == 2
    assert err == (
        'quorate: --idempotency-key "order-17": a key is SESSION-NUMBER, as in 4711-00c0ffee00c0ffee-1: '
        "a session from POST /v1/session, and a number from 1\n"
    )


@pytest.mark.parametrize("reason", ["session_expired", "key_reused"])
def test_a_key_that_is_refused_is_1_with_the_remedy(run: Run, served: SiteThread, reason: str) -> None:
    served.tell(lambda: setattr(served.node, "write_fault", ProposalRejectedError(reason)))
    code, _, err = run("put", "k", "v", "--idempotency-key", "17-0000000000c0ffee-3")
    assert code == 1
    assert {"session_expired": "open a session", "key_reused": "number each request"}[reason] in err


def test_nobody_who_serves_is_1_and_certain(run: Run, served: SiteThread) -> None:
    served.tell(lambda: setattr(served.node, "write_fault", ProposalRejectedError("no_leader")))
    code, _, err = run("put", "k", "v", "--timeout", "0.3")
    assert code == 1
    assert "certain that none did" in err
    assert "no leader" in err


@pytest.mark.parametrize("endpoint", ["nonsense url", "http://", "127.0.0.1:99999", "ftp://x:1"])
def test_a_wrong_endpoint_is_2(capsys: pytest.CaptureFixture[str], endpoint: str) -> None:
    assert main(["get", "k", "--endpoint", endpoint]) == 2
    assert "write it as in" in capsys.readouterr().err
