"""What `make` runs besides the package: the environment, the reference pages."""
