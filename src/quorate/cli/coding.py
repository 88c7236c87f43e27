"""Keys and values are bytes; a command line has text. This is how one becomes the other."""

from __future__ import annotations

import binascii
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from enum import Enum

from quorate.core.errors import ConfigError


class Coding(Enum):
    """How keys and values are written on the command line and in what it prints."""

    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"

    @classmethod
    def chosen(cls, *, hexadecimal: bool, base64: bool) -> Coding:
        """What the flags say. Raises `ConfigError` for both at once."""
        if hexadecimal and base64:
            raise ConfigError("--hex and --base64 exclude each other; give one of them")
        return cls.HEX if hexadecimal else cls.BASE64 if base64 else cls.TEXT

    def read(self, argument: str) -> bytes:
        """The bytes an argument stands for. Text is taken as the shell passed it, bytes that are not UTF-8 too."""
        try:
            match self:
                case Coding.HEX:
                    return bytes.fromhex(argument)
                case Coding.BASE64:
                    return b64decode(argument, validate=True)
                case Coding.TEXT:
                    return os.fsencode(argument)
        except (ValueError, binascii.Error) as error:
            raise ConfigError(
                f'"{argument}" is not {self.value}: {error}; correct it, or leave out --{self.value}'
            ) from error

    def write(self, data: bytes) -> str:
        """Bytes as one printable word. In text, what is not printable is written as in `\\x00`."""
        match self:
            case Coding.HEX:
                return data.hex()
            case Coding.BASE64:
                return b64encode(data).decode()
            case Coding.TEXT:
                return _printable(data)

    def for_json(self, data: Iterable[bytes]) -> Coding:
        """The coding for a JSON answer that holds `data`: text only if all of it is, or else base64, without loss."""
        return self if self is not Coding.TEXT or all(map(_is_text, data)) else Coding.BASE64

    def write_json(self, data: bytes) -> str:
        """As `write`, but text stays as it is: JSON has escapes of its own."""
        return data.decode() if self is Coding.TEXT else self.write(data)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _printable(data: bytes) -> str:
    """UTF-8 as it is; control characters, backslashes and broken bytes escaped, so that a line stays a line."""
    text = data.decode(errors="backslashreplace")
    if _is_text(data) and text.isprintable() and "\\" not in text:
        return text
    return "".join(map(_escaped, data.decode(errors="surrogateescape")))


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if character == "\\":
        return "\\\\"
    return character if character.isprintable() else character.encode("unicode_escape").decode()
