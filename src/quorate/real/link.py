"""One TCP connection: the hello, then messages in both directions, until it ends.

    called:   HELLO --their Hello, admitted; we answer Hello--> WELCOME --their Welcome--> UP --> ENDED
    calling:  HELLO (we said Hello) --their Hello, admitted; we say Welcome--------------> UP --> ENDED

    called:   HELLO --a newcomer's Knock--> KNOCKED (the group is asked) --our Admitted or NotNow--> ENDED

Any phase ends at a refusal, a break or a time limit; nothing is handed out after the end.

What is sent is encoded straight into one buffer and given to the transport once per turn of the event loop: a burst
costs one system call, and no byte is copied on the way. While the transport is full the buffer grows, up to its bound.
"""

import asyncio
from enum import Enum
from typing import Protocol, cast

from quorate.core.ids import NodeId
from quorate.core.message import Message
from quorate.real.address import describe_socket_name
from quorate.real.connect import met_itself, tune
from quorate.real.network_limits import NetworkLimits
from quorate.real.traffic import Traffic
from quorate.wire.admission import Admission
from quorate.wire.codec import Codec, UnknownMessage
from quorate.wire.frames import FrameParser, frame
from quorate.wire.hello import Control, Welcome, agreed_version, decode_hello, decode_welcome, guess_stranger
from quorate.wire.knock import Admitted, Knock, NotNow
from quorate.wire.refusal import Reason, Refuse, RefusedError, printable

_FLUSH_BYTES = 256 * 1024
"""A burst this large is given to the transport at once, so that the peer begins to read while the rest is encoded."""

_TRANSPORT_BYTES = 1024 * 1024
"""What the transport may hold before it counts as full; the rest waits in our own buffer, whose size is cheap to know."""

_REASONS_FOR_STRANGERS = (Reason.NOT_QUORATE, Reason.TOO_SLOW, Reason.TOO_MANY)
"""Refusals that, before the hello, are not spoken: nothing shows that the other side would understand."""


KNOCK_S = 60.0
"""The longest that a newcomer may wait on one connection."""


class Phase(Enum):
    """Where a link is in its life."""

    HELLO = "hello"
    WELCOME = "welcome"
    KNOCKED = "knocked"
    UP = "up"
    ENDED = "ended"


class LinkHub(Protocol):
    """Where links report to. All calls are made on the event loop, none out of `Link.send`."""

    def link_opened(self, link: "Link") -> None:
        """The connection is there, the hello is not."""
        ...

    def link_knocked(self, link: "Link", knock: Knock) -> None:
        """A newcomer asks to be let in: `link.answer_knock` says what became of it."""
        ...

    def link_up(self, link: "Link") -> None:
        """Both sides have agreed; `link.peer` is who it is."""
        ...

    def link_received(self, link: "Link", message: Message) -> None:
        """A message of a link that is up."""
        ...

    def link_unknown(self, link: "Link", tag: str) -> None:
        """A message of a type that only the peer's newer release has; it is dropped."""
        ...

    def link_refused(self, link: "Link", reason: str, detail: str) -> None:
        """This side refuses the other, or was refused by it. `link_ended` follows."""
        ...

    def link_ended(self, link: "Link", reason: str, detail: str) -> None:
        """Said once for each opened link; nothing comes after it but `link_closed`."""
        ...

    def link_closed(self, link: "Link") -> None:
        """The socket is gone."""
        ...


class Link(asyncio.Protocol):
    """`dialed`: the peer that this side called; None: it was called. `peer`: who it is, None until its hello.

    `version`: of the protocol, agreed on in the hello, 0 before. `up_at`: loop time at which the link came up.
    `closed` is done when the socket is gone.
    Invariants: `peer` is set from phase WELCOME on; `_pending` is empty outside of `send` and a full transport, except
    while a flush is scheduled.
    """

    def __init__(
        self,
        hub: LinkHub,
        codec: Codec,
        admission: Admission,
        limits: NetworkLimits,
        dialed: NodeId | None = None,
    ) -> None:
        self.peer = dialed
        self.dialed = dialed
        self.address = "unknown"
        self.version = 0
        self._from_newer = False
        self.phase = Phase.HELLO
        self.traffic = Traffic()
        self.up_at: float | None = None
        self.loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self.loop.create_future()
        self._hub = hub
        self._codec = codec
        self._admission = admission
        self._limits = limits
        self._parser = FrameParser("unknown", limits.max_hello_bytes)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pending = bytearray()
        self._flush_scheduled = False
        self._full = False
        self._ending: tuple[str, str] | None = None
        self._handlers = {
            Phase.HELLO: self._handle_hello,
            Phase.WELCOME: self._handle_welcome,
            Phase.KNOCKED: self._handle_impatience,
            Phase.UP: self._handle_message,
        }

    # What the owner does with a link.

    @property
    def ended(self) -> bool:
        """Whether nothing more will be handed out or sent."""
        return self.phase is Phase.ENDED

    def send(self, message: Message) -> bool:
        """Put `message` behind all earlier ones; False if the link is not up. Never blocks.

        Over `max_buffer_bytes` the link breaks, and says so on a later turn of the loop. Errors as `Codec.append`.
        """
        if self.phase is not Phase.UP:
            return False
        size = self._codec.append(self._pending, message)
        self.traffic.messages_out += 1
        self.traffic.bytes_out += size
        if self._full:
            if self.buffered_bytes() > self._limits.max_buffer_bytes:
                self.traffic.overflows += 1
                self.abort("buffer_full", f"{self.buffered_bytes()} bytes wait for a peer that does not read them")
        elif len(self._pending) >= _FLUSH_BYTES:
            self._flush()
        elif not self._flush_scheduled:
            self._flush_scheduled = True
            self.loop.call_soon(self._flush)
        return True

    def buffered_bytes(self) -> int:
        """Bytes that wait to be taken by the system."""
        return len(self._pending) + (self._transport.get_write_buffer_size() if self._transport is not None else 0)

    def abort(self, reason: str, detail: str) -> None:
        """End at once; what waits to be sent is lost. The hub is told on a later turn of the loop."""
        self._end(reason, detail)
        if self._transport is not None:
            self._transport.abort()

    def close(self, reason: str, detail: str) -> None:
        """End once all that was sent has left; `abort` may still cut it short."""
        if self.ended or self._transport is None:
            return
        if self._pending:
            self._transport.write(self._pending)
            self._pending = bytearray()
        self._end(reason, detail)
        self._transport.close()

    def abandon(self) -> None:
        """The attempt to connect was given up. If the connection came about in the same moment, uvloop closes it without
        a word to its protocol; so this says it."""
        if self._transport is not None:
            self._transport.abort()
            self.connection_lost(None)

    def drop_for(self, reason: str, detail: str) -> None:
        """As `abort`, but the hub is told before this returns."""
        self.abort(reason, detail)
        self._report_end()

    def refuse(self, error: RefusedError) -> None:
        """End, and tell the peer why if it speaks our protocol. The hub is told before this returns."""
        if self.ended or self._transport is None:
            return
        strange = self.phase is Phase.HELLO and error.reason in _REASONS_FOR_STRANGERS
        self.peer = self.peer or error.sender
        self._hub.link_refused(self, error.reason, error.detail)
        self._end(error.reason, error.detail)
        if strange:
            self._transport.abort()
        else:
            # Closing at once would reset the connection if bytes are still unread, and the reason would be lost.
            self._write(Refuse(error.reason, printable(error.detail)))
            if self._transport.can_write_eof():
                self._transport.write_eof()
            self._timer = self.loop.call_later(self._limits.linger_ms / 1000, self._transport.abort)
        self._report_end()

    # What asyncio reports.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.address = describe_socket_name(transport.get_extra_info("peername"))
        self._parser.source = self.address if self.peer is None else f"node {self.peer} at {self.address}"
        tune(transport.get_extra_info("socket"))
        self._transport.set_write_buffer_limits(high=min(_TRANSPORT_BYTES, self._limits.max_buffer_bytes))
        self._timer = self.loop.call_later(self._limits.hello_timeout_ms / 1000, self._too_slow)
        self._hub.link_opened(self)
        if self.ended:
            self._transport.abort()
        elif self.dialed is not None and met_itself(transport):
            self.abort("refused", "nobody listens there")
        elif self.dialed is not None:
            self._write(self._admission.hello(self.dialed))

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.ENDED:
            return
        first = self.traffic.bytes_in == 0
        self.traffic.bytes_in += len(data)
        try:
            for payload in self._parser.feed(data):
                self._handlers[self.phase](payload)
                if self.ended:
                    return
        except RefusedError as error:
            if self.phase is Phase.HELLO and error.reason in (Reason.BAD_FRAME, Reason.TOO_LARGE):
                hint = guess_stranger(data) if first else ""
                error = RefusedError(Reason.NOT_QUORATE, error.detail + hint)
            self.refuse(error)

    def eof_received(self) -> None:
        # Not close(): that would wait for a peer that reads no more to take what is left.
        self.abort("end_of_stream", "the peer closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        # May come twice, see `abandon`.
        self._end(*_describe_loss(exc))
        self._stop_timer()
        self._report_end()
        if not self.closed.done():
            self.closed.set_result(None)
            self._hub.link_closed(self)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._flush()

    # The hello.

    def _handle_hello(self, payload: memoryview) -> None:
        hello = decode_hello(payload, self._parser.source)
        if isinstance(hello, Refuse):
            self._refused_by_peer(hello)
            return
        if isinstance(hello, Knock):
            self._handle_knock(hello)
            return
        self._admission.admit(hello, self.dialed)
        self.peer = hello.sender
        self.version = agreed_version(hello, self._admission.newest)
        self._from_newer = hello.newest > self._admission.newest
        self._parser.source = f"node {self.peer} at {self.address}"
        if self.dialed is None:
            self.phase = Phase.WELCOME
            self._write(self._admission.hello(hello.sender))
        else:
            self._write(Welcome())
            self._become_up()

    def _handle_knock(self, knock: Knock) -> None:
        if self.dialed is not None:
            raise RefusedError(Reason.BAD_FRAME, f"{self._parser.source} was called, and knocks")
        self._admission.hear(knock)
        self.phase = Phase.KNOCKED
        self._stop_timer()
        patience_s = min(max(knock.patience_ms, 1) / 1000, KNOCK_S)
        self._timer = self.loop.call_later(patience_s, self.answer_knock, NotNow("timeout"))
        self._hub.link_knocked(self, knock)

    def answer_knock(self, answer: Admitted | NotNow) -> None:
        """Tell the newcomer, who closes the connection. Later ones are ignored."""
        if self.phase is Phase.KNOCKED and self._transport is not None:
            self._stop_timer()
            self._write(answer)
            self.close("knocked", "the newcomer was answered")

    def _handle_impatience(self, _payload: memoryview) -> None:
        raise RefusedError(Reason.BAD_FRAME, f"{self._parser.source} goes on talking after its knock")

    def _handle_welcome(self, payload: memoryview) -> None:
        welcome = decode_welcome(payload, self._parser.source)
        if isinstance(welcome, Refuse):
            self._refused_by_peer(welcome)
        else:
            self._become_up()

    def _become_up(self) -> None:
        self._stop_timer()
        self._parser.max_frame_bytes = self._limits.max_frame_bytes
        self.phase = Phase.UP
        self.up_at = self.loop.time()
        self._hub.link_up(self)

    def _too_slow(self) -> None:
        seconds = self._limits.hello_timeout_ms / 1000
        self._timer = None
        self.refuse(RefusedError(Reason.TOO_SLOW, f"{self._parser.source} did not complete its hello in {seconds:g} s"))

    # Messages.

    def _handle_message(self, payload: memoryview) -> None:
        message = self._codec.decode(payload, self._parser.source, from_newer=self._from_newer)
        if isinstance(message, Refuse):
            self._refused_by_peer(message)
            return
        self.traffic.messages_in += 1
        if isinstance(message, UnknownMessage):
            self._hub.link_unknown(self, message.tag)
        else:
            self._hub.link_received(self, message)

    def _refused_by_peer(self, refuse: Refuse) -> None:
        reason, detail = printable(refuse.reason, 40), f"said by {self._parser.source}: {printable(refuse.detail)}"
        self._hub.link_refused(self, reason, detail)
        self.drop_for(reason, detail)

    def _write(self, control: Control) -> None:
        data = frame(control)
        self.traffic.bytes_out += len(data)
        if self._transport is not None:
            self._transport.write(data)

    def _flush(self) -> None:
        self._flush_scheduled = False
        if self._pending and not self._full and self.phase is Phase.UP and self._transport is not None:
            # The transport keeps the buffer until it is sent, so the next messages get a new one.
            data, self._pending = self._pending, bytearray()
            self._transport.write(data)

    # The end.

    def _end(self, reason: str, detail: str) -> None:
        """Enter the last phase; the first reason counts."""
        if not self.ended:
            self.phase = Phase.ENDED
            self._ending = (reason, detail)
            self._pending = bytearray()
            self._stop_timer()

    def _report_end(self) -> None:
        """Tell the hub of the end, once."""
        if self._ending is not None:
            (reason, detail), self._ending = self._ending, None
            self._hub.link_ended(self, reason, detail)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _describe_loss(error: Exception | None) -> tuple[str, str]:
    if error is None:
        return "end_of_stream", "the peer closed the connection"
    if isinstance(error, ConnectionError):
        return "reset", str(error)
    return "failed", f"{type(error).__name__}: {error}"
