"""Customers: search, the profile page, one timeline across all channels, merging and undoing a merge."""
