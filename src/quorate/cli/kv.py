"""`quorate put`, `get`, `delete` and `cas`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from quorate.cli.coding import Coding
from quorate.cli.consistency import (
    ConsistencyOption,
    LocalOption,
    MaxAgeOption,
    MaxLagOption,
    MinIndexOption,
    chosen,
    label,
)
from quorate.cli.failures import NotAsExpectedError
from quorate.cli.options import Base64Option, EndpointOption, HexOption, JsonOption, TimeoutOption, with_client
from quorate.client.client import Client
from quorate.client.results import CasResult, DeleteResult, KeyValue, RangeResult
from quorate.core.errors import ConfigError
from quorate.core.keys import Key, parse_key

_DEFAULT_TIMEOUT_S = 5.0
_READ_TIMEOUT_S = 5.0

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The key.")]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="SESSION-N",
        help="Ask again for a write that may be applied already: exit code 4 prints its key. For a script: a session from "
        "`quorate session`, a dash, and a number that you use once.",
    ),
]
FileOption = Annotated[
    Path | None, typer.Option("--file", "-f", metavar="FILE", help="Take the value from FILE, byte for byte.")
]


def put(
    key: KeyArgument,
    value: Annotated[
        str | None, typer.Argument(metavar="VALUE", help="The value; - reads it from standard input.")
    ] = None,
    file: FileOption = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _DEFAULT_TIMEOUT_S,
    json: JsonOption = False,
    hexadecimal: HexOption = False,
    base64: Base64Option = False,
    idempotency: KeyOption = None,
) -> None:
    """Write one key.

    Examples: quorate put greeting hello | quorate put image -f cat.png | date | quorate put now -
    """
    coding = Coding.chosen(hexadecimal=hexadecimal, base64=base64)
    name, content, once = coding.read(key), _value(value, file, coding), _request_key(idempotency)
    result = with_client(endpoint, timeout, lambda client: client.put(name, content, idempotency=once))
    if json:
        _print_json({"revision": result.header.revision, "index": result.header.applied})
    else:
        print(f"written at revision {result.header.revision}")


def get(
    key: KeyArgument,
    prefix: Annotated[bool, typer.Option("--prefix", help="All keys that begin with KEY; an empty KEY: all.")] = False,
    consistency: ConsistencyOption = None,
    local: LocalOption = False,
    max_lag: MaxLagOption = None,
    max_age_ms: MaxAgeOption = None,
    min_index: MinIndexOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="With --prefix: at most so many; 0: all.")] = 0,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="Write the value to FILE, byte for byte; - is standard output."
        ),
    ] = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _READ_TIMEOUT_S,
    json: JsonOption = False,
    hexadecimal: HexOption = False,
    base64: Base64Option = False,
) -> None:
    """Print the value of a key, or keys and values of all keys with a prefix. Exit code 3: there is none.

    The answer is linearizable, if you do not say otherwise: it holds every write acknowledged before the command began.

    Examples: quorate get greeting | quorate get user/ --prefix -c stale --max-lag 100 --max-age-ms 500 | quorate get greeting -c lease
    """
    wanted = chosen(consistency, local=local, max_lag=max_lag, max_age_ms=max_age_ms, min_index=min_index)
    coding = Coding.chosen(hexadecimal=hexadecimal, base64=base64)
    if file is not None and (prefix or json):
        raise ConfigError("--file takes one value; leave out --prefix and --json")
    name = coding.read(key)

    async def ask(client: Client) -> RangeResult:
        if prefix:
            return await client.get_prefix(name, limit=limit, consistency=wanted)
        return await client.range(name, consistency=wanted)

    found = with_client(endpoint, timeout, ask)
    if json:
        _print_json(_range_document(found, coding))
    elif file is not None:
        _write_file(file, _only(found, coding, key).value)
    elif prefix:
        for kv in found.kvs:
            print(f"{coding.write(kv.key)}\t{coding.write(kv.value)}")
    else:
        _print_value(_only(found, coding, key).value, coding)
    if not found.kvs:
        raise NotAsExpectedError(f"{'no key begins with' if prefix else 'there is no key'} {_quoted(name, coding)}")


def delete(
    key: KeyArgument,
    prefix: Annotated[bool, typer.Option("--prefix", help="All keys that begin with KEY; an empty KEY: all.")] = False,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _DEFAULT_TIMEOUT_S,
    json: JsonOption = False,
    hexadecimal: HexOption = False,
    base64: Base64Option = False,
    idempotency: KeyOption = None,
) -> None:
    """Delete a key, or all keys with a prefix. Exit code 3: there was none."""
    coding = Coding.chosen(hexadecimal=hexadecimal, base64=base64)
    name, once = coding.read(key), _request_key(idempotency)

    async def ask(client: Client) -> DeleteResult:
        return await (client.delete_prefix if prefix else client.delete)(name, idempotency=once)

    result = with_client(endpoint, timeout, ask)
    if json:
        _print_json({"deleted": result.deleted, "revision": result.header.revision, "index": result.header.applied})
    elif result.deleted:
        print(f"deleted {result.deleted} at revision {result.header.revision}")
    if not result.deleted:
        raise NotAsExpectedError(f"{'no key begins with' if prefix else 'there is no key'} {_quoted(name, coding)}")


def cas(
    key: KeyArgument,
    value: Annotated[
        str | None, typer.Argument(metavar="VALUE", help="The new value; - reads it from standard input.")
    ] = None,
    expect: Annotated[
        str | None, typer.Option("--expect", metavar="VALUE", help="Write only if the key holds this.")
    ] = None,
    absent: Annotated[bool, typer.Option("--absent", help="Write only if there is no such key.")] = False,
    file: FileOption = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _DEFAULT_TIMEOUT_S,
    json: JsonOption = False,
    hexadecimal: HexOption = False,
    base64: Base64Option = False,
    idempotency: KeyOption = None,
) -> None:
    """Compare and swap: write a key only if it holds what you expect. Exit code 3: it did not, and nothing was changed.

    Examples: quorate cas lock --absent me | quorate cas lock --expect me you
    """
    coding = Coding.chosen(hexadecimal=hexadecimal, base64=base64)
    if (expect is None) == (not absent):
        raise ConfigError("say what the key must hold now: either --expect VALUE or --absent")
    name, content = coding.read(key), _value(value, file, coding)
    expected, once = None if expect is None else coding.read(expect), _request_key(idempotency)
    result = with_client(endpoint, timeout, lambda client: client.cas(name, expected, content, idempotency=once))
    if json:
        _print_json(_cas_document(result, coding))
    elif result.succeeded:
        print(f"written at revision {result.header.revision}")
    if not result.succeeded:
        held = "there is no such key" if result.current is None else f"it holds {_quoted(result.current.value, coding)}"
        raise NotAsExpectedError(f"not written: {_quoted(name, coding)} is not as expected, {held}")


def _request_key(written: str | None) -> Key | None:
    if written is None:
        return None
    try:
        return parse_key(written)
    except ValueError as error:
        raise ConfigError(f'--idempotency-key "{written:.80}": {error}') from error


def _value(argument: str | None, file: Path | None, coding: Coding) -> bytes:
    """The value, from wherever it comes. Files and standard input are taken byte for byte, whatever the coding."""
    if (argument is None) == (file is None):
        raise ConfigError("give one value: as VALUE, as - for standard input, or with --file FILE")
    if file is not None:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    return sys.stdin.buffer.read() if argument == "-" else coding.read(argument or "")


def _only(found: RangeResult, coding: Coding, key: str) -> KeyValue:
    if not found.kvs:
        raise NotAsExpectedError(f"there is no key {_quoted(coding.read(key), coding)}")
    return found.kvs[0]


def _quoted(data: bytes, coding: Coding) -> str:
    text = coding.write(data)
    return f'"{text if len(text) <= 100 else text[:97] + "..."}"'


def _print_value(value: bytes, coding: Coding) -> None:
    """Exact bytes into a pipe; on a terminal nothing that could move the cursor."""
    if coding is not Coding.TEXT or sys.stdout.isatty():
        print(coding.write(value))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(value + b"\n")
    sys.stdout.buffer.flush()


def _write_file(file: Path, value: bytes) -> None:
    if str(file) == "-":
        sys.stdout.buffer.write(value)
        sys.stdout.buffer.flush()
    else:
        file.write_bytes(value)


def _print_json(document: dict[str, Any]) -> None:
    print(msgspec.json.encode(document).decode())


def _range_document(found: RangeResult, coding: Coding) -> dict[str, Any]:
    used = coding.for_json(data for kv in found.kvs for data in (kv.key, kv.value))
    return {
        "encoding": used.value,
        "kvs": [_kv_document(kv, used) for kv in found.kvs],
        "count": found.count,
        "more": found.more,
        "revision": found.header.revision,
        **label(found),
    }


def _cas_document(result: CasResult, coding: Coding) -> dict[str, Any]:
    current = result.current
    used = coding.for_json([] if current is None else [current.key, current.value])
    return {
        "succeeded": result.succeeded,
        "encoding": used.value,
        "current": None if current is None else _kv_document(current, used),
        "revision": result.header.revision,
        "index": result.header.applied,
    }


def _kv_document(kv: KeyValue, coding: Coding) -> dict[str, Any]:
    return {
        "key": coding.write_json(kv.key),
        "value": coding.write_json(kv.value),
        "create_revision": kv.create_revision,
        "mod_revision": kv.mod_revision,
        "version": kv.version,
    }
