"""Past surveys and reviews brought in from a file: columns guessed, the scale recognised, events at their own time (docs/import-feedback.md)."""

from __future__ import annotations
