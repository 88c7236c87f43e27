"""What is done to a cluster in order to measure it: one file for each kind of trial."""
