"""What the demonstration tries, shows (programme.toml) and asks (surveys.toml), and which of it simulated visitors are shown.

The definitions go the way of everybody's: saved, started and stopped by the product itself. A visitor's variation is the one the
engine assigns to their device, and every exposure passes the check of the doors. Only the visitors, and what the banner does
to them, are made up: `HELPS` is planted in the experiment that runs, nothing in the one that is over.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from importlib import resources
from typing import Final, NamedTuple

import msgspec

from resa.experiences import checking as experiences
from resa.experiences.exposures import Checker
from resa.experiments import Delivery, Programme, ideas
from resa.experiments.engine import Asking
from resa.feedback import surveys
from resa.feedback.themes.definition import SOURCE
from resa.kernel import audit
from resa.kernel.decisions import Decided, Said
from resa.kernel.workspace import Workspace

RUNNING: Final = "free-delivery"
OVER: Final = "search-first"
BANNER: Final = "home-banner"
HELPS: Final[dict[str, float]] = {"delivery": 1.35}
"""How many times as many go from the cart to the checkout, by the variation of the banner that they were shown."""
RUNS: Final = 21 * 86_400_000
"""Since how long, at the first start."""
LASTED: Final = 14 * 86_400_000
LEARNED: Final = "No difference could be shown in two weeks. Who searches finds the field where it is; look at what a search answers instead."


class Shown(NamedTuple):
    """What a visitor of the start page was shown: exposures (name and properties), what a click says, and what it does."""

    exposures: list[tuple[str, str]]
    clicked: tuple[str, str] | None
    helps: float


NOTHING: Final = Shown([], None, 1.0)


def begin(workspace: Workspace, at: int) -> None:
    """Save what is missing, and start both experiments `at` a moment (ms UTC) some weeks ago."""
    lifecycle = Delivery(workspace).lifecycle
    experiences.register(workspace.definitions)
    ideas.register(workspace)
    surveys.register(workspace)
    workspace.definitions.register(SOURCE)
    for name in ("programme.toml", "surveys.toml"):
        text = resources.files(__package__).joinpath(name).read_text("utf-8")
        for each in tomllib.loads(text)["definition"]:
            if each["key"] not in {item.key for item in workspace.definitions.all(each["kind"])}:
                workspace.definitions.save(each["kind"], each["key"], each["body"], expected=0, author="Resa")
    for key in (RUNNING, OVER):
        if workspace.definitions.get("experiment", key).body.status == "draft":
            lifecycle.start(key, audit.SYSTEM, at=at)


def finish(workspace: Workspace) -> None:
    """Stop the one that is over, where it ended."""
    body = workspace.definitions.get("experiment", OVER).body
    if body.status == "running":
        Delivery(workspace).lifecycle.stop(OVER, audit.SYSTEM, learning=LEARNED, at=_moment(body.started) + LASTED)


class Showings:
    """What simulated visitors are shown, as the programme is now."""

    def __init__(self, workspace: Workspace) -> None:
        """Follows the workspace's definitions: stop the experiment, and nobody is shown it any more."""
        self._workspace = workspace
        self._programme = Programme(workspace)
        self._viewed = Checker(workspace.definitions, lambda: workspace.decisions.signer)
        self._shown: dict[tuple[str, tuple[str, ...]], Shown] = {}
        self._edition = -1
        self._runs: dict[str, tuple[int, int | None]] = {}

    @property
    def edition(self) -> int:
        """Changes with every definition: what was foreseen before may be wrong."""
        return self._workspace.definitions.generation

    def home(self, device: str, at: int) -> Shown:
        """What the start page shows to a device."""
        if self._edition != self.edition:
            self._edition, self._shown = self.edition, {}
            self._runs = {}
            for key, lasted in ((RUNNING, None), (OVER, LASTED)):
                found = self._programme.experiment(key)
                if found is not None and found.started is not None:
                    start = _moment(found.started)
                    self._runs[key] = (start, None if lasted is None else start + lasted)
        keys = tuple(key for key, (start, end) in self._runs.items() if start <= at and (end is None or at < end))
        kept = self._shown.get((device, keys))
        if kept is None:
            kept = self._shown[device, keys] = self._of(device, keys)
        return kept

    def asking(self, survey: str) -> int | None:
        """The version of a survey that asks now."""
        found = next((item for item in self._workspace.definitions.all("survey") if item.key == survey), None)
        return None if found is None or found.body.status != "live" else found.version

    def _of(self, device: str, keys: tuple[str, ...]) -> Shown:
        exposures, clicked, helps = [], None, 1.0
        for key in keys:
            found = self._programme.assign(key, Asking({"id": device}))
            if found is None:
                continue
            exposures.append(self._exposed("Experiment Viewed", device, experiment=key, variation=found.variation))
            token = self._token(device, found.variation, found.probability) if key == RUNNING else None
            if token is not None:
                exposures.append(self._exposed("Experience Viewed", device, decision=token, experiment=key))
                clicked = self._exposed(
                    "Experience Clicked", device, decision=token, experiment=key, element="Start with fruit"
                )
                helps = HELPS.get(found.variation, 1.0)
        return Shown(exposures, clicked, helps)

    def _exposed(self, name: str, device: str, **said: object) -> tuple[str, str]:
        """An exposure as a door takes it from a browser; Refused if the door would not."""
        check = self._workspace.decisions.check(name) or self._viewed
        return name, msgspec.json.encode(check(Said(said, device, None, verified=False))).decode()

    def _token(self, device: str, variation: str, probability: float | None) -> str | None:
        """The signed decision on the banner; None where that is not shown (any more)."""
        live = next((item.body for item in self._workspace.definitions.all("experience") if item.key == BANNER), None)
        if live is None or live.status != "live" or live.experiment != RUNNING:
            return None
        arms = {each.key: each.content for each in live.variations}
        decided = Decided(
            id=f"d_simulated_{device}",
            what=f"experience:{BANNER}",
            variation=variation,
            probability=probability,
            unit_kind="device",
            unit=device,
            at=self._workspace.clock(),
            placement=live.placement,
            content=arms.get(variation),
        )
        return self._workspace.decisions.signer.sign(decided)


def _moment(text: str) -> int:
    return round(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)
