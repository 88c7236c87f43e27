"""Scenarios: faults and expectations that a person writes down, what became of them, and the picture of it."""
