"""Idempotency keys: how a caller says "this is the same request again", to whichever node.

A client opens a session, which is an entry of the log, and numbers its requests. What is remembered of them belongs to the
replicated state, so every node recognizes a repeat. A session that is not known any more is refused and never run (docs/outcomes.md).
"""

import re

import msgspec

from quorate.core.ids import Index

MAX_NUMBER = 2**63 - 1
"""Of everything in a key: it fits every format that a key goes through."""

_SESSION = r"([0-9]{1,19})-([0-9a-f]{16})"
_SESSION_TEXT = re.compile(_SESSION)
_KEY_TEXT = re.compile(_SESSION + r"-([0-9]{1,19})")

UNREADABLE = (
    "a key is SESSION-NUMBER, as in 4711-00c0ffee00c0ffee-1: a session from POST /v1/session, and a number from 1"
)


class ClientSession(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A session of a client that moves between nodes.

    `index`: of the entry that opened it. `nonce`: drawn by who asked for it, so that a group that was restored to an earlier state does not
    take the session of another client for this one.
    """

    index: Index
    nonce: int

    def __str__(self) -> str:
        return f"{self.index}-{self.nonce:016x}"


class Key(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Names one request of a session: it is run once, however often and wherever it is sent.

    `sequence`: from 1. `settled`: every sequence up to it has been answered, and nobody will ask for it again.
    """

    session: ClientSession
    sequence: int
    settled: int = 0

    def __str__(self) -> str:
        return f"{self.session}-{self.sequence}"


class SessionOpened(msgspec.Struct, frozen=True):
    """The result of what asked for a session. `index`: of its entry. A type of its own, because the machine's results have theirs."""

    index: Index


class KeyRefused(msgspec.Struct, frozen=True):
    """Stands for the result of commands that were not run, because of their key. `reason`: `session_expired` or `key_reused`."""

    reason: str


SESSION_EXPIRED = "session_expired"
"""The session is not known any more, or what it had stored for this request is gone: run before, or never."""

KEY_REUSED = "key_reused"
"""The session has run another request under this number."""


def opening(nonce: int) -> Key:
    """The key that asks for a new session. The command beside it is not run: its result is `SessionOpened`."""
    return Key(ClientSession(0, nonce), 0)


def parse_session(text: str) -> ClientSession:
    """Inverse of `str(session)`. Raises `ValueError`, which says how one is written."""
    found = _SESSION_TEXT.fullmatch(text)
    if found is None:
        raise ValueError(UNREADABLE)
    return _session(found)


def parse_key(text: str, settled: int = 0) -> Key:
    """Inverse of `str(key)`. Raises `ValueError`, which says how one is written."""
    found = _KEY_TEXT.fullmatch(text)
    if found is None or not 1 <= int(found[3]) <= MAX_NUMBER:
        raise ValueError(UNREADABLE)
    return Key(_session(found), int(found[3]), settled)


def _session(found: re.Match[str]) -> ClientSession:
    index, nonce = int(found[1]), int(found[2], 16)
    if not (1 <= index <= MAX_NUMBER and nonce <= MAX_NUMBER):
        raise ValueError(UNREADABLE)
    return ClientSession(index, nonce)


class Keys:
    """Numbers the requests of one session, and knows which of them are settled. Not thread-safe.

    A request whose outcome is unknown stays open until `settle`, so that it can be asked for again.
    """

    def __init__(self, session: ClientSession) -> None:
        self.session = session
        self._last = 0
        self._open: dict[int, None] = {}

    @property
    def settled(self) -> int:
        """Every request up to this one has been answered. They are made in rising order, so the first open one is the lowest."""
        for sequence in self._open:
            return sequence - 1
        return self._last

    def next(self) -> Key:
        """A key for a request that was not sent yet."""
        settled = self.settled
        self._last += 1
        self._open[self._last] = None
        return Key(self.session, self._last, settled)

    def settle(self, key: Key) -> None:
        """Its caller has an answer, or has given it up for good."""
        self._open.pop(key.sequence, None)
