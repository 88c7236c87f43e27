"""Storms: what may go wrong, drawn from a seed, carried out on a cluster, and judged."""
