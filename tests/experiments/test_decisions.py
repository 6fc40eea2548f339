"""Signed decisions: they come back as they were, only in the workspace that signed them, and never changed."""

from __future__ import annotations

import pytest

from resa.kernel.decisions import Decided, Decisions, Signer
from resa.kernel.workspace import Workspace

DECIDED = Decided("d1", "experience:spring", "b", 0.25, "device", "device-1", 1_780_000_000_000, placement="home.hero")


def test_a_token_says_what_was_signed() -> None:
    signer = Signer(b"k" * 32)
    assert signer.read(signer.sign(DECIDED)) == DECIDED


def test_the_secret_stays_with_the_workspace(workspace: Workspace) -> None:
    token = workspace.decisions.signer.sign(DECIDED)
    assert Decisions(workspace.state).signer.read(token) == DECIDED


@pytest.mark.parametrize("token", [None, 7, "", "x", "é", "A" * 5000, "AAAA" * 20])
def test_what_nobody_signed_is_nothing(token: object) -> None:
    assert Signer(b"k" * 32).read(token) is None


def test_no_changed_letter_passes() -> None:
    signer = Signer(b"k" * 32)
    token = signer.sign(DECIDED)
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token) - 1)]
    assert [signer.read(each) for each in changed] == [None] * len(changed)


def test_another_workspace_signs_otherwise() -> None:
    assert Signer(b"a" * 32).read(Signer(b"b" * 32).sign(DECIDED)) is None
