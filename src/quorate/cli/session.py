"""`quorate session`: what idempotency keys begin with."""

from __future__ import annotations

import msgspec

from quorate.cli.options import EndpointOption, JsonOption, TimeoutOption, with_client

_TIMEOUT_S = 5.0


def session(endpoint: EndpointOption = None, timeout: TimeoutOption = _TIMEOUT_S, json: JsonOption = False) -> None:
    """Open a session, for writes that a script may have to repeat, and print it.

    A write with a key is applied once, however often it is sent and to whichever node. A key is the session, a dash, and a number
    that you use for one write only. The session is forgotten an hour after its last use: then its keys are refused, never applied
    a second time.

    A command alone needs none of this: it repeats its write by itself while it runs, and exit code 4 prints the key to go on with.

    Example: S=$(quorate session); until quorate put paid yes --idempotency-key $S-1; do sleep 1; done
    """
    opened = with_client(endpoint, timeout, lambda client: client.open_session())
    print(msgspec.json.encode({"session": str(opened)}).decode() if json else opened)
