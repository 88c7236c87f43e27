"""The bounds of the real network. Every one of them holds against peers and strangers alike."""

import msgspec

from quorate.core.message import NEWEST_VERSION, OLDEST_VERSION
from quorate.wire.frames import MAX_FRAME_BYTES, MAX_HELLO_BYTES


class NetworkLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Raises ValueError for values that do not fit together.

    `max_frame_bytes`: largest message, the same on all nodes. `max_hello_bytes`: largest frame before the hello is done.
    `max_buffer_bytes`: bytes waiting to be sent to one peer; a link above it is broken. One message of any legal
    size is allowed on an empty buffer.
    `max_strangers`: connections whose hello is not done; beyond it the oldest is closed. `hello_timeout_ms`: time to say it.
    `connect_timeout_ms`: of one attempt. `backoff_first_ms`, `backoff_longest_ms`: waits between attempts; a link that
    lived as long as the longest makes the next attempt immediate.
    `linger_ms`: time given to a peer to read why it was refused. `stop_timeout_ms`: time given to last messages on `stop`.
    `log_interval_ms`: one line for a peer and reason in this time.
    `max_protocol_version`: the newest version of the protocol to speak.
    """

    max_frame_bytes: int = MAX_FRAME_BYTES
    max_hello_bytes: int = MAX_HELLO_BYTES
    max_buffer_bytes: int = 64 * 1024 * 1024
    max_strangers: int = 64
    hello_timeout_ms: int = 5_000
    connect_timeout_ms: int = 2_000
    backoff_first_ms: int = 10
    backoff_longest_ms: int = 250
    linger_ms: int = 500
    stop_timeout_ms: int = 500
    log_interval_ms: int = 5_000
    max_protocol_version: int = NEWEST_VERSION

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be at least 1")
        if not OLDEST_VERSION <= self.max_protocol_version <= NEWEST_VERSION:
            raise ValueError(
                f"max_protocol_version is {self.max_protocol_version}: this release speaks {OLDEST_VERSION} to {NEWEST_VERSION}"
            )
        if self.max_frame_bytes >= 1 << 32:
            raise ValueError(f"max_frame_bytes is {self.max_frame_bytes}: a frame's length has 32 bits on the wire")
        if self.max_hello_bytes < 512:
            raise ValueError(f"max_hello_bytes is {self.max_hello_bytes}: a hello needs 512")
        if self.backoff_first_ms > self.backoff_longest_ms:
            raise ValueError(
                f"backoff_first_ms {self.backoff_first_ms} is above backoff_longest_ms {self.backoff_longest_ms}"
            )
