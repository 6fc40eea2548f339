"""Audiences: one rule, two evaluators, memberships kept in real time."""
