"""The kernel: the event log and what every slice stands on. It imports no slice."""
