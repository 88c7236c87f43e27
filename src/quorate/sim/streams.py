"""Random streams by purpose, so that one more draw for one purpose does not reshuffle all the others."""

from hashlib import blake2b
from random import Random


def derive(seed: int, *purpose: int | str) -> int:
    """A number that depends on `seed` and `purpose` alone: not on the process, its hash seed or its Python."""
    name = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")


def stream(seed: int, *purpose: int | str) -> Random:
    """The random stream of one purpose, such as ("link", 1, 2) or ("client", 3)."""
    return Random(derive(seed, *purpose))
