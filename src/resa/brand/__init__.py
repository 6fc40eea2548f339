"""The brand: how the business looks and speaks, for everything customers see (docs/brand.md).

`definition` is what people write, `checking` what of it is right, `colours` whether it can be read, `logos` pictures made
harmless, `styles` the brand as CSS, `routes` its HTTP face, with public addresses for pictures and CSS.
"""

from __future__ import annotations

from resa.brand.checking import KIND
from resa.brand.definition import KEY, Brand, Colours, Fonts
from resa.brand.routes import css_path, logo_path
from resa.brand.styles import css, properties
from resa.kernel import preferences
from resa.kernel.definitions import Definitions
from resa.kernel.workspace import Workspace

__all__ = [
    "KEY",
    "KIND",
    "Brand",
    "Colours",
    "Fonts",
    "css",
    "css_path",
    "current",
    "logo_path",
    "properties",
    "register",
]


def register(workspace: Workspace) -> None:
    """Make the kind known."""
    workspace.definitions.register(KIND)


def current(definitions: Definitions, key: str | None = None, *, name: str | None = None) -> Brand:
    """The brand of that key; the default one where it is not there; a plain one, called `name`, where nobody made any."""
    known = {item.key: item.body for item in definitions.all(KIND.name)}
    found = known.get(key or KEY) or known.get(KEY)
    return found if isinstance(found, Brand) else Brand(name=name or preferences.Preferences().name)
