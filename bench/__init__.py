"""Measurements of Resa on this machine, side by side with a limit or a peer. `python -m bench --help`."""
