"""Experiments and flags."""
