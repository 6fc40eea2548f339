"""What the docs say is so: they are complete, their links lead somewhere, their examples run."""
