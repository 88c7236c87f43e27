"""What storms have to reach, and whether they did: a storm in which something never happens proves nothing about it."""
