"""What every algorithm that keeps a log needs, and none owns: the log, majorities, configurations, snapshots on their way.

Knows no messages.
"""
