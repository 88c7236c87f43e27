"""What all nodes of one simulation share."""

from quorate.sim import Cluster


def test_all_nodes_stand_on_the_same_ground_and_on_disks_of_their_own() -> None:
    cluster = Cluster(nodes=3, seed=1)
    identities = [node.driver.identity for node in cluster.nodes.values()]
    assert {identity.cluster for identity in identities} == {"simulated"}
    assert {identity.members for identity in identities} == {(1, 2, 3)}
    assert len({identity.disk for identity in identities}) == 3
    assert (
        len({node.driver.identity.disk for seed in range(5) for node in Cluster(nodes=1, seed=seed).nodes.values()})
        == 5
    )
