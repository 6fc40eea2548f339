"""The style of hosted survey pages: custom properties of the brand where it set them, calm ones else."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final


def _packed(text: str) -> str:
    """Without the spaces that only people need."""
    lines = "".join(line.strip() for line in text.splitlines())
    return re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r":\s+", ":", lines)).replace(";}", "}")


CSS: Final = _packed(resources.files(__package__).joinpath("survey.css").read_text("utf-8"))
