"""What scenarios of changing members share."""

from algorithms.raft.harness import Server
from algorithms.raft.table import Table
from quorate.algorithms.raft.config import RaftConfig
from quorate.core.configuration import Configuration
from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.events import Requested
from quorate.core.ids import Index, NodeId
from quorate.core.reconfigure import Change
from quorate.core.requests import ChangeMembers


def table_of(count: int, chief: NodeId = 1, config: RaftConfig | None = None) -> Table:
    table = Table.of(count, config)
    table.elect(chief)
    table.connect_all()
    return table


def newcomer(table: Table, node: NodeId, config: RaftConfig | None = None) -> Server:
    """A process on an empty directory that knows nobody."""
    chief = max((server.now for server in table.servers.values()), default=0)
    return table.put(Server(node, (), config=config, seed=node, now=chief))


_ids = iter(range(1, 1_000_000))


def change(
    table: Table, at: NodeId, *changes: Change, expected: Index | None = None, auto_leave: bool = True
) -> object:
    """Ask node `at`, let everything settle, return the answer (None: there is none)."""
    request_id = next(_ids)
    server = table[at]
    told = len(server.told)
    server.step(Requested(request_id, ChangeMembers(changes, expected, auto_leave)))
    table.settle()
    answers = [news for news in server.told[told:] if isinstance(news, RequestDone | RequestRefused)]
    assert len(answers) <= 1
    return answers[0] if answers else None


def done(answer: object) -> bool:
    return isinstance(answer, RequestDone)


def why(answer: object) -> str:
    assert isinstance(answer, RequestRefused), answer
    return answer.reason


def groups(table: Table) -> set[Configuration]:
    return {server.state.configuration for server in table.servers.values()}


def agreed(table: Table) -> Configuration:
    """The one configuration that all nodes have, and know to be committed."""
    (configuration,) = groups(table)
    assert not any(server.state.unsettled for server in table.servers.values())
    return configuration
