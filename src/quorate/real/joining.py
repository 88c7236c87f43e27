"""Being let into a group, with the address of one member: the newcomer's side, and the member's."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from quorate.core.configuration import Configuration
from quorate.core.errors import ConfigError
from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.core.requests import ChangeMembers
from quorate.real.address import Address
from quorate.real.backoff import Backoff
from quorate.real.connect import connect
from quorate.real.network_limits import NetworkLimits
from quorate.runtime.driver import Driver
from quorate.runtime.requests import Answer
from quorate.wire.frames import FrameParser, frame
from quorate.wire.knock import Admitted, Knock, NotNow, decode_answer
from quorate.wire.refusal import Refuse, RefusedError

_log = logging.getLogger("quorate.join")

FINAL = frozenset(
    {"wrong_cluster", "wrong_algorithm", "wrong_version", "wrong_node", "id_taken", "not_a_member", "not_quorate"}
)
"""Refusals that no time cures."""

REMEDIES = {
    "id_taken": "another node, or the same id with another data directory or address, is a member already: remove that member first, or "
    "take an id that was never used",
    "not_a_member": "the member that it is to replace does not belong to the group",
}

Answered = Admitted | NotNow | RefusedError


def let_in(driver: Driver, knock: Knock, now: Nanos, done: Callable[[Answered], None]) -> None:
    """A member's side: ask the group for the newcomer, and tell it what the group is then."""

    group = driver.status().configuration
    member = group.member(knock.node)
    if member is not None and group.role(knock.node) != "learner" and knock.change().suits(member):
        # Perhaps the change that lets it in is waiting for its vote. A learner has yet to say with which disk it comes, and for whom.
        done(Admitted(group))
        return

    def answered(answer: Answer) -> None:
        if answer is None:
            done(Admitted(driver.status().configuration))
        elif answer.reason in REMEDIES:
            done(RefusedError(answer.reason, f"node {knock.node} cannot join: {REMEDIES[answer.reason]}"))
        else:
            done(NotNow(answer.reason))

    patience_ns = min(max(knock.patience_ms, 1), 60_000) * MILLISECOND
    driver.request(ChangeMembers((knock.change(),)), now + patience_ns, answered)


async def join_group(seed: Address, knock: Knock, limits: NetworkLimits, backoff: Backoff) -> Configuration:
    """The newcomer's side: knock until somebody opens. Raises `ConfigError` for a refusal that no time cures."""
    said = ""
    while True:
        try:
            answer = await _knock_once(seed, knock, limits)
        except OSError as error:
            answer = NotNow(f"cannot be reached: {error}")
        if isinstance(answer, Admitted):
            _log.info("node %d joins a group of %s through %s", knock.node, answer.configuration.ids, seed)
            return answer.configuration
        if isinstance(answer, Refuse) and answer.reason in FINAL:
            raise ConfigError(f"cannot join through {seed}: {answer.reason}: {answer.detail}")
        if answer.reason != said:
            said = answer.reason
            _log.warning("node %d waits to be let in through %s: %s", knock.node, seed, said)
        await asyncio.sleep(backoff.next() / SECOND)


async def _knock_once(seed: Address, knock: Knock, limits: NetworkLimits) -> Admitted | NotNow | Refuse:
    """One question. Raises OSError if nobody answers."""
    door = _Door(knock, limits)
    async with asyncio.timeout(knock.patience_ms / 1000 + limits.hello_timeout_ms / 1000):
        await connect(seed, lambda: door, limits.connect_timeout_ms)
        try:
            return await door.answer
        finally:
            door.close()


class _Door(asyncio.Protocol):
    """Says the knock, hears one answer. `answer` fails with OSError if there is none."""

    def __init__(self, knock: Knock, limits: NetworkLimits) -> None:
        self.answer: asyncio.Future[Admitted | NotNow | Refuse] = asyncio.get_running_loop().create_future()
        self._knock = knock
        self._parser = FrameParser("the member", limits.max_hello_bytes)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not `isinstance`: uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(frame(self._knock))

    def data_received(self, data: bytes) -> None:
        try:
            for payload in self._parser.feed(data):
                self._settle(decode_answer(payload, "the member"))
        except RefusedError as error:
            self._settle(Refuse(error.reason, error.detail))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answer.done():
            self.answer.set_exception(OSError(str(exc) if exc is not None else "it closed the connection"))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _settle(self, answer: Admitted | NotNow | Refuse) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)
