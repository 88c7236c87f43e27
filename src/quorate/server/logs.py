"""Logging of a node process: one line per record on standard error."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime


class OneLineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z INFO quorate.server: text`. An exception follows on the same line, innermost place first
    to look at; line breaks are written as `\\n`, so that nothing a client sends can forge a line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One record, one line."""
        text = self.formatMessage(self._prepared(record))
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text} | {describe_exception(record.exc_info[1])}"
        return text.replace("\r", "\\r").replace("\n", "\\n")

    def _prepared(self, record: logging.LogRecord) -> logging.LogRecord:
        record.message = record.getMessage()
        moment = datetime.fromtimestamp(record.created, UTC)
        record.asctime = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        return record


def describe_exception(error: BaseException) -> str:
    """Type, text and the place where it was raised, and the same of what caused it."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < 5:
        place = seen.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f" at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else ""
        parts.append(f"{type(seen).__name__}: {seen}{where}")
        seen = seen.__cause__ or seen.__context__
    return " <- ".join(parts)


def log_to_stderr(level: str) -> None:
    """Send records of `level` and above to standard error, and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
