import pytest

from quorate.core.errors import ConfigError
from quorate.real.address import Address, describe_socket_name, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:7100", Address("127.0.0.1", 7100)),
        ("node-1.example:1", Address("node-1.example", 1)),
        ("[::1]:65535", Address("::1", 65535)),
        ("localhost:0", Address("localhost", 0)),
    ],
)
def test_addresses_are_read_and_written_back(text: str, address: Address):
    assert parse_address(text, "it") == address
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write host:port"),
        ("7100", "write host:port"),
        (":7100", "write host:port"),
        ("::1:7100", "write an IPv6 host in brackets"),
        ("a:", "'' is no port"),
        ("a:b", "'b' is no port"),
        ("a:-1", "'-1' is no port"),
        ("a:65536", "'65536' is no port"),
        ("a:\u0663", "is no port"),
        pytest.param("a:" + "1" * 5000, "is no port", id="thousands of digits"),
    ],
)
def test_what_is_no_address_names_the_setting_and_the_remedy(text: str, words: str):
    with pytest.raises(ConfigError, match="the address of node 2 is") as caught:
        parse_address(text, "the address of node 2")
    assert words in str(caught.value)


def test_socket_names():
    assert describe_socket_name(("127.0.0.1", 7)) == "127.0.0.1:7"
    assert describe_socket_name(("::1", 7, 0, 0)) == "[::1]:7"
    assert describe_socket_name(None) == "unknown"
    assert describe_socket_name("") == "unknown"
