"""Real servers for tests: PostgreSQL and a Spark standalone cluster, from PyPI's packages alone.

`plugin` offers them as fixtures; what a machine cannot run is skipped with its reason.
"""
