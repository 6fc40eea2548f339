"""The two promises, and what a package contains."""
