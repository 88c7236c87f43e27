"""The commands of the key-value machine: what is proposed, logged and applied."""

from collections.abc import Callable
from enum import IntEnum
from typing import TypeAlias

import msgspec

from quorate.core.machine import CommandError

MAX_KEY_BYTES = 64 * 1024
"""A new key is compared about 20 times to find its place among a million; at this size that stays below a millisecond."""

MAX_VALUE_BYTES = 1024 * 1024
"""An entry holds back those behind it while it is sent and synced. etcd's limit for a request is 1.5 MiB."""

MAX_CONDITIONS = 16
"""Four targets, each between two bounds, and as many again: more says nothing new about one key."""


class Target(IntEnum):
    """What of a pair a condition looks at; the numbers are etcd's (`Compare.CompareTarget`)."""

    VERSION = 0
    CREATE = 1
    MOD = 2
    VALUE = 3


class Relation(IntEnum):
    """How it must compare to the operand; the numbers are etcd's (`Compare.CompareResult`)."""

    EQUAL = 0
    GREATER = 1
    LESS = 2
    NOT_EQUAL = 3


# An unknown field is refused: a node that overlooked it would do something else than one that knows it.
class _Command(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    pass


class Condition(_Command, frozen=True, gc=False):
    """`operand`: bytes for `VALUE`, a number for the others.

    A key that is not there has version and revisions 0 and no value, so that no condition on its value holds, not even
    `NOT_EQUAL`; "not there" is said as `Condition(Target.VERSION, 0)`.
    """

    target: Target
    operand: bytes | int
    relation: Relation = Relation.EQUAL


class Put(_Command, frozen=True, tag=1, gc=False):
    """Give `key` a value; always a change, also with the value it has. Answer: `PutResult`."""

    key: bytes
    value: bytes
    prev_kv: bool = False


class Delete(_Command, frozen=True, tag=2, gc=False):
    """Delete a key or a range of keys (see `key_range`), all at one revision. Answer: `DeleteResult`."""

    key: bytes
    range_end: bytes = b""
    prev_kv: bool = False


class CompareAndSwap(_Command, frozen=True, tag=3, gc=False):
    """If all conditions hold for the pair of `key`, put `value`, or delete the key if that is None. Answer: `SwapResult`."""

    key: bytes
    conditions: tuple[Condition, ...]
    value: bytes | None
    prev_kv: bool = False


Command: TypeAlias = Put | Delete | CompareAndSwap

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Command)


def encode_command(command: Command) -> bytes:
    """What to propose. Raises the `CommandError` that applying it would come to, before it costs the cluster an entry."""
    check_command(command)
    return _encoder.encode(command)


def decode_command(data: bytes) -> Command:
    """Inverse of `encode_command`, without its check. Raises `CommandError` (`malformed`) for anything else."""
    try:
        command: Command = _decoder.decode(data)
    except ValueError:
        # The decoder's own words are left out: they may differ from version to version, and a result must not.
        raise CommandError(
            f"not a key-value command ({len(data)} bytes); use encode_command() of quorate.machines.kv", "malformed"
        ) from None
    return command


def check_command(command: Command) -> None:
    """Raise `CommandError` for a command that is out of bounds in itself, whatever the store holds."""
    _CHECKS[type(command)](command)


def check_key(key: bytes) -> None:
    """Raise `CommandError` for a key that cannot be."""
    if not key:
        raise CommandError("key is empty; give it at least one byte", "empty_key")
    if len(key) > MAX_KEY_BYTES:
        raise CommandError(f"key of {len(key)} bytes; at most {MAX_KEY_BYTES} are allowed", "key_too_large")


def check_range(key: bytes, range_end: bytes) -> None:
    """Raise `CommandError` for a range that no key could bound."""
    check_key(key)
    if len(range_end) > MAX_KEY_BYTES:
        raise CommandError(f"range_end of {len(range_end)} bytes; at most {MAX_KEY_BYTES} are allowed", "key_too_large")


def _check_value(value: bytes) -> None:
    if len(value) > MAX_VALUE_BYTES:
        raise CommandError(
            f"value of {len(value)} bytes; at most {MAX_VALUE_BYTES} are allowed: split it over several keys",
            "value_too_large",
        )


def _check_condition(condition: Condition) -> None:
    if isinstance(condition.operand, bytes) is not (condition.target is Target.VALUE):
        raise CommandError(
            f"condition on {condition.target.name} has an operand of the wrong kind; VALUE takes bytes, the others a number",
            "malformed",
        )


def _check_put(command: Put) -> None:
    check_key(command.key)
    _check_value(command.value)


def _check_delete(command: Delete) -> None:
    check_range(command.key, command.range_end)


def _check_swap(command: CompareAndSwap) -> None:
    check_key(command.key)
    if command.value is not None:
        _check_value(command.value)
    if not 1 <= len(command.conditions) <= MAX_CONDITIONS:
        raise CommandError(
            f"{len(command.conditions)} conditions; give 1 to {MAX_CONDITIONS}, or use put or delete without any",
            "conditions",
        )
    for condition in command.conditions:
        _check_condition(condition)


_CHECKS: dict[type[Command], Callable[..., None]] = {
    Put: _check_put,
    Delete: _check_delete,
    CompareAndSwap: _check_swap,
}
