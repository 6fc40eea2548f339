"""Resa: customer experience optimization on one event log."""
