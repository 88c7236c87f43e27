"""Network addresses as people write them: `host:port`, an IPv6 host in brackets."""

import msgspec

from quorate.core.errors import ConfigError


class Address(msgspec.Struct, frozen=True):
    """`host`: a name or an IP address, without brackets. `port`: 0 lets the system choose, for listening only."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str, what: str) -> Address:
    """Read `host:port`. Raises `ConfigError`, in which `what` says which setting is meant."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ConfigError(f"{what} is {text!r}: write an IPv6 host in brackets, as in [::1]:7100")
    if not colon or not host:
        raise ConfigError(f"{what} is {text!r}: write host:port, as in 127.0.0.1:7100")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536):
        raise ConfigError(f"{what} is {text!r}: {port!r} is no port, take a number from 1 to 65535")
    return Address(host, int(port))


def describe_socket_name(name: object) -> str:
    """What `getpeername` and the like return, in the form of `Address`; `unknown` if there is nothing to tell."""
    if isinstance(name, tuple) and len(name) >= 2:
        return str(Address(str(name[0]), int(name[1])))
    return "unknown"
