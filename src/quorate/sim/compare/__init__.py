"""The same workload and faults for every algorithm there is: measured, as a table and as pictures."""
