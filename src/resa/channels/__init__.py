"""Channels: a folder each for the ways to reach a customer who is not on the site."""
