"""A bank whose money must neither appear nor vanish, in storms: how a test of your own state machine looks.

Run it: pytest examples/test_bank.py [--quorate-seeds 200]. A failure prints the seed, and the command that shows it again.
"""

import json
from collections.abc import Iterable
from random import Random

from quorate import CommandError

NAMES = ("ann", "bob", "cyd")
MONEY = 300


class Bank:
    """The state machine: transfers between accounts."""

    def __init__(self) -> None:
        self.accounts = dict.fromkeys(NAMES, MONEY // len(NAMES))

    def apply(self, command: bytes) -> int:
        """Move money; the answer is what the giver has left."""
        transfer = json.loads(command)
        giver, taker, amount = transfer["from"], transfer["to"], transfer["amount"]
        if self.accounts[giver] < amount:
            raise CommandError(f"{giver} has only {self.accounts[giver]}", code="poor")  # before anything has changed
        self.accounts[giver] -= amount
        self.accounts[taker] += amount
        return self.accounts[giver]

    def snapshot(self) -> bytes:
        """The whole state. Sorted: equal states must give equal bytes."""
        return json.dumps(self.accounts, sort_keys=True).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Replace the whole state."""
        self.accounts = json.loads(b"".join(chunks))


def transfer(random: Random) -> bytes:
    """One command, drawn from `random` and nothing else.."""
    giver, taker = random.sample(NAMES, 2)
    return json.dumps({"from": giver, "to": taker, "amount": random.randint(1, 60)}).encode()


def money_is_kept(bank: Bank) -> None:
    """What must hold after each command, on every node."""
    assert sum(bank.accounts.values()) == MONEY, bank.accounts
    assert min(bank.accounts.values()) >= 0, bank.accounts


def test_storms(quorate_storm) -> None:
    """Random transfers through crashes, cuts, sick disks and drifting clocks."""
    result = quorate_storm(Bank, commands=transfer, check=money_is_kept, check_always=True, seeds=20)
    assert result.counts["commands applied"] > 0


def test_the_money_survives_its_leader(quorate_cluster) -> None:
    """One story, told step by step."""
    cluster = quorate_cluster(Bank, nodes=3)
    leader = cluster.wait_for_leader().node
    paid = cluster.apply(leader, b'{"from": "ann", "to": "bob", "amount": 30}')
    assert paid.results == [70]

    cluster.crash(leader)
    new = cluster.wait_for_leader().node
    read = cluster.read(new, lambda bank: bank.accounts["bob"])
    cluster.run_until(lambda: read.done)
    assert read.value == 130

    cluster.restart(leader)
    cluster.wait_for_convergence()
