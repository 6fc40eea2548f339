"""The demonstration: a grocer's real year from PyPI, a shop to click through, and visitors who are simulated and say so.

`grocer` loads the real data (shaped by grocer.sql), `catalogue` picks the products of the shop, `shop` serves it on an
origin of its own, `programme` says what is tried and who is shown it, `simulation` invents visits from a seed, `traffic` commits
them as time passes, `stage` sets all up.
"""
