"""Real Ray clusters for the tests: several nodes on this machine, as if each were its own."""

from contextlib import contextmanager

import pytest
from ray.cluster_utils import Cluster

QUIET = [
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),  # Ray leaves the logs of its servers open
    pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning"),  # JAX warns where Ray starts them
]
"""Marks of every module whose tests have a cluster."""


@contextmanager
def cluster_with(**head):
    """Be a cluster of a head without a core; nodes are added to it."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **head})
    try:
        yield cluster
    finally:
        cluster.shutdown()
