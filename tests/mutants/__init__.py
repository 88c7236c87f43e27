"""Mutants: known bugs, put in on purpose, one at a time, to prove that the storms would find them. Started by `make mutants`."""
