"""The engine passes GrowthBook's own test cases (spec 0.8.0), all of them; they lie outside the repository."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from resa.experiments import engine
from resa.experiments.engine import ExperimentResult, conditions, encryption, hashing, sticky, urls

CASES: Final = Path(os.environ.get("RESA_TEST_SUITES", Path(__file__).parents[3] / "shared" / "suites")) / "growthbook"

pytestmark = pytest.mark.skipif(
    not (CASES / "cases.json").exists(), reason=f"GrowthBook's cases are not in {CASES} (RESA_TEST_SUITES)"
)

COUNTS: Final = {
    "evalCondition": 248,
    "run": 73,
    "feature": 55,
    "contextualBandit": 35,
    "getQueryStringOverride": 16,
    "inNamespace": 16,
    "hash": 15,
    "getBucketRange": 13,
    "chooseVariation": 13,
    "stickyBucket": 13,
    "decrypt": 10,
    "getEqualWeights": 6,
    "urlRedirect": 4,
}


@cache
def suite() -> dict[str, Any]:
    with (CASES / "cases.json").open() as file:
        found: dict[str, Any] = json.load(file)
    return found


def options(context: dict[str, Any]) -> dict[str, Any]:
    return {
        "forced_variations": context.get("forcedVariations", {}),
        "url": context.get("url", ""),
        "enabled": context.get("enabled", True),
        "qa": context.get("qaMode", False),
    }


def shown(result: ExperimentResult | None) -> dict[str, Any] | None:
    """A result in the words of the cases."""
    if result is None:
        return None
    found: dict[str, Any] = {
        "value": result.value,
        "variationId": result.variation,
        "inExperiment": result.in_experiment,
        "hashUsed": result.hash_used,
        "hashAttribute": result.hash_attribute,
        "hashValue": result.hash_value,
        "key": result.key,
        "stickyBucketUsed": result.sticky_used,
        "featureId": result.feature,
        **(result.bandit or {}),
    }
    more = {"bucket": result.bucket, "name": result.name, "passthrough": result.passthrough or None}
    return found | {name: value for name, value in more.items() if value is not None}


def test_the_whole_suite_is_there() -> None:
    assert {name: len(suite()[name]) for name in COUNTS} == COUNTS
    assert sum(COUNTS.values()) == 517


def test_conditions() -> None:
    for name, condition, attributes, expected, *groups in suite()["evalCondition"]:
        holds = conditions.compile(condition, groups[0] if groups else {})
        assert holds(attributes) is expected, name


def test_hashes() -> None:
    for seed, value, version, expected in suite()["hash"]:
        assert hashing.bucket(seed, value, version) == expected
        assert hashing.bucketing(seed, version)(value) == expected


def test_ranges_and_weights() -> None:
    for name, (count, coverage, weights), expected in suite()["getBucketRange"]:
        found = hashing.ranges(count, coverage, weights)
        assert [end for each in found for end in each] == pytest.approx([end for each in expected for end in each]), (
            name
        )
    for count, expected in suite()["getEqualWeights"]:
        assert hashing.equal_weights(count) == pytest.approx(expected)
    for name, place, ranges, expected in suite()["chooseVariation"]:
        assert hashing.choose(place, ranges) == expected, name
    for name, value, namespace, expected in suite()["inNamespace"]:
        assert hashing.in_namespace(value, namespace) is expected, name


def test_query_strings() -> None:
    for name, key, url, count, expected in suite()["getQueryStringOverride"]:
        assert urls.forced(key, url, count) == expected, name


def test_encrypted_payloads() -> None:
    for name, text, key, expected in suite()["decrypt"]:
        assert encryption.decrypt(text, key) == expected, name


def test_experiments() -> None:
    for name, context, experiment, value, within, hashed in suite()["run"]:
        found = engine.compile(context).run(experiment, context.get("attributes", {}), **options(context))
        assert (found.value, found.in_experiment, found.hash_used) == (value, within, hashed), name


@pytest.mark.parametrize("section", ["feature", "contextualBandit"])
def test_flags(section: str) -> None:
    for name, context, key, expected in suite()[section]:
        found = engine.compile(context).feature(key, context.get("attributes", {}), **options(context))
        said = {
            "value": found.value,
            "on": found.on,
            "off": found.off,
            "source": found.source,
            "ruleId": found.rule,
        }
        if found.experiment is not None:
            said |= {"experiment": found.experiment, "experimentResult": shown(found.result)}
        assert said == expected, name


def test_sticky_buckets() -> None:
    for name, context, documents, key, expected, kept in suite()["stickyBucket"]:
        stickies = {sticky.name(each["attributeName"], each["attributeValue"]): each for each in documents}
        found = engine.compile(context).feature(key, context["attributes"], stickies=stickies)
        assert shown(found.result) == expected, name
        own = set(context["attributes"].values())
        assert {unit: each for unit, each in stickies.items() if each["attributeValue"] in own} == kept, name


def test_redirects() -> None:
    for name, context, expected in suite()["urlRedirect"]:
        found = [
            {
                "inExperiment": each.result.in_experiment,
                "urlRedirect": each.result.value["urlRedirect"],
                "urlWithParams": each.redirect,
            }
            for each in engine.compile(context).automatic(context["attributes"], context["url"])
            if each.redirect is not None
        ]
        assert found == expected, name
