"""The list of servers a client may ask, and which of them to ask next."""

from __future__ import annotations

import re
from collections.abc import Iterable

from yarl import URL

from quorate.core.errors import ConfigError

_URL_CHARACTERS = re.compile(r"[A-Za-z0-9.:/\[\]%_-]{1,300}")
"""Of a scheme, a host (253 characters at most) and a port."""


class Endpoints:
    """Stays with the one that last served; moves on, in the given order, when it does not."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.urls = [_parse(text) for text in texts]
        if not self.urls:
            raise ConfigError('no endpoint; give at least one, as in "http://127.0.0.1:7001"')
        self._current = 0

    def __len__(self) -> int:
        return len(self.urls)

    def current(self) -> URL:
        """The one to ask now."""
        return self.urls[self._current]

    def move_on(self, failed: URL) -> None:
        """`failed` did not serve; unless another call has moved on already, the next one is asked from now on."""
        if self.urls[self._current] == failed:
            self._current = (self._current + 1) % len(self.urls)


def _parse(text: str) -> URL:
    complaint = f'endpoint "{text:.80}" is not host:port or a URL; write it as in "http://127.0.0.1:7001"'
    written = text.strip()
    if not _URL_CHARACTERS.fullmatch(written):
        raise ConfigError(complaint)
    try:
        url = URL(written if "://" in written else f"http://{written}")
        valid = url.scheme in ("http", "https") and url.host and (url.port or 0) > 0
    except ValueError as error:
        raise ConfigError(complaint) from error
    if not valid or url.user or url.query_string or url.fragment or url.path not in ("", "/"):
        raise ConfigError(complaint)
    return url.origin()
