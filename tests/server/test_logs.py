"""One line per record."""

from __future__ import annotations

import logging
import re
import sys

import pytest

from quorate.server.logs import OneLineFormatter, describe_exception, log_to_stderr


def record(text: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    info = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("quorate.test", logging.WARNING, __file__, 1, text, arguments, info)


def test_a_record_is_time_level_name_and_text() -> None:
    line = OneLineFormatter().format(record("node %d is up", 3))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING quorate\.test: node 3 is up", line)


def test_a_line_break_cannot_forge_a_line() -> None:
    line = OneLineFormatter().format(record("path %s", "/x\n2026-01-01T00:00:00.000Z INFO all is well\r"))
    assert "\n" not in line
    assert "\r" not in line
    assert "\\n2026" in line


def raised() -> BaseException:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError as outer:
        return outer


def test_an_exception_follows_on_the_same_line_with_its_cause_and_place() -> None:
    error = raised()
    line = OneLineFormatter().format(record("it broke", error=error))
    assert "\n" not in line
    assert re.search(r"it broke \| ValueError: outer at .*test_logs\.py:\d+ <- KeyError: 'inner' at ", line)


def test_a_long_chain_of_causes_is_bounded() -> None:
    error: Exception = ValueError("0")
    for number in range(1, 50):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    assert describe_exception(error).count("ValueError") == 5


def test_only_the_level_and_above_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        log_to_stderr("warning")
        logging.getLogger("quorate.x").info("quiet")
        logging.getLogger("quorate.x").warning("loud")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    captured = capsys.readouterr()
    assert captured.err.endswith("WARNING quorate.x: loud\n")
    assert "quiet" not in captured.err
    assert captured.out == ""
    assert sys.stderr is not None
