"""The identity map: profiles of more than one identity, erased ones, and maps made from others."""

from __future__ import annotations

import numpy as np
import pytest

from resa.kernel.identity_map import IdentityMap


def test_identities_beyond_the_map_are_profiles_of_their_own() -> None:
    nobody = IdentityMap()
    assert (nobody.profile(7), nobody.members(7).tolist()) == (7, [7])
    assert nobody.moved()[0].size == 0


def test_a_profile_has_all_its_identities_and_one_merged_away_none() -> None:
    merged = IdentityMap([0, 1, 1, 3, 1, 0])
    assert [merged.members(profile).tolist() for profile in range(7)] == [[0, 5], [1, 2, 4], [], [3], [], [], [6]]
    assert [merged.profile(identity) for identity in range(7)] == [0, 1, 1, 3, 1, 0, 6]
    assert [column.tolist() for column in merged.moved()] == [[2, 4, 5], [1, 1, 0]]
    assert merged.hidden.tolist() == [1, 1, 1, 0, 1, 1]


def test_an_erased_identity_belongs_to_nobody() -> None:
    erased = IdentityMap([0, -1, 1, -1])  # 1 was the oldest of {1, 2}
    assert [erased.members(profile).tolist() for profile in range(4)] == [[0], [2], [], []]
    assert [column.tolist() for column in erased.moved()] == [[1, 2, 3], [-1, 1, -1]]


def test_a_changed_map_leaves_the_old_one_as_it_was() -> None:
    first = IdentityMap([0, 0])
    second = first.changed([4, 1], [2, 1])
    assert second.canonical.tolist() == [0, 1, 2, 3, 2]
    assert (first.canonical.tolist(), first.members(0).tolist(), second.members(0).tolist()) == ([0, 0], [0, 1], [0])
    with pytest.raises(ValueError, match="read-only"):
        first.canonical[0] = 1


def test_a_profile_that_is_no_identity_is_refused() -> None:
    with pytest.raises(ValueError, match=r"values must lie in -1\.\.1"):
        IdentityMap(np.array([0, 5]))
