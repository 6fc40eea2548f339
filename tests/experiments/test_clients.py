"""Unmodified clients from PyPI against a running Resa: GrowthBook's SDK, and OpenFeature with its OFREP provider."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from growthbook import GrowthBook, feature_repo
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from resa.experiments.engine import Asking
from tests.experiments.conftest import Programme
from tests.experiments.making import save


def assigned(programme: Programme, device: str) -> str:
    found = programme.delivery.programme.assign("form", Asking({"id": device}))
    assert found is not None
    return found.variation


def soon(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_growthbook_assigns_as_we_do_and_hears_of_changes(programme: Programme, served: str) -> None:
    """PyPI growthbook: `api_host` and `client_key`."""
    feature_repo.clear_cache()
    told: list[tuple[str, str]] = []

    def viewed(experiment: Any, result: Any, user_context: Any) -> None:
        told.append((experiment.key, result.key))

    for number in range(20):
        client: GrowthBook = GrowthBook(
            api_host=served,
            client_key=programme.browser,
            attributes={"id": f"device-{number}"},
            on_experiment_viewed=viewed,
        )
        client.load_features()
        value = client.get_feature_value("form", "missing")
        assert value == assigned(programme, f"device-{number}")
        assert told[-1] == ("form", value)
        client.destroy()
    on = programme.flip("flipped")
    feature_repo.clear_cache()
    client = GrowthBook(api_host=served, client_key=programme.browser, attributes={"id": "x"}, streaming=True)
    client.load_features()
    assert client.is_on("flipped") is on
    programme.flip("flipped")
    soon(lambda: client.is_on("flipped") is not on)
    client.destroy()


def test_growthbook_evaluates_remotely(programme: Programme, served: str) -> None:
    """PyPI growthbook: `remote_eval`; private flags come as values."""
    feature_repo.clear_cache()
    attributes = {"id": "device-3", "plan": "gold"}
    client: GrowthBook = GrowthBook(
        api_host=served, client_key=programme.browser, attributes=attributes, remote_eval=True
    )
    client.load_features()
    assert client.get_feature_value("discount", 0) == 2.5
    assert client.get_feature_value("form", "missing") == assigned(programme, "device-3")
    client.destroy()


def test_growthbook_reads_encrypted_flags_with_their_key_and_none_without(programme: Programme, served: str) -> None:
    """PyPI growthbook: `decryption_key`."""
    sealed, values = programme.encrypted("Encrypted"), []
    for source, key in ((sealed, str(sealed.payload_key)), (programme.encrypted("Other"), "AAAAAAAAAAAAAAAAAAAAAA==")):
        feature_repo.clear_cache()
        client: GrowthBook = GrowthBook(
            api_host=served, client_key=source.write_key, decryption_key=key, attributes={"id": "device-4"}
        )
        client.load_features()
        values.append(client.get_feature_value("form", "missing"))
        client.destroy()
    assert values == [assigned(programme, "device-4"), "missing"]


def test_openfeature_evaluates_every_type_and_says_why(programme: Programme, served: str) -> None:
    """PyPI openfeature-sdk and openfeature-provider-ofrep: `base_url` and a header."""
    for key, kind, default in (("text", "string", "Hej"), ("whole", "number", 3), ("part", "number", 0.5)):
        save(programme.workspace, "flag", key, {"name": key, "type": kind, "default": default})
    save(programme.workspace, "flag", "object", {"name": "object", "type": "json", "default": {"a": [1, 2]}})
    provider = OFREPProvider(served, headers_factory=lambda: {"Authorization": f"Bearer {programme.server}"})
    api.set_provider(provider)
    client = api.get_client()
    context = EvaluationContext(targeting_key="device-5", attributes={"plan": "gold"})
    assert client.get_boolean_value("plain", False, context) is True
    assert client.get_string_value("text", "", context) == "Hej"
    assert client.get_integer_value("whole", 0, context) == 3
    assert client.get_float_value("part", 0.0, context) == 0.5
    assert client.get_object_value("object", {}, context) == {"a": [1, 2]}
    split = client.get_string_details("form", "", context)
    assert (split.value, split.variant, split.reason) == (assigned(programme, "device-5"), split.value, Reason.SPLIT)
    matched = client.get_float_details("discount", 0.0, context)
    assert (matched.value, matched.reason, matched.variant) == (2.5, Reason.TARGETING_MATCH, "gold")
    assert client.get_float_details("discount", 9.0).reason == Reason.DEFAULT
    assert client.get_boolean_details("gone", True, context).error_code == ErrorCode.FLAG_NOT_FOUND
    assert client.get_boolean_details("form", True, context).error_code == ErrorCode.TYPE_MISMATCH
    soon(lambda: programme.exposures("device-5") != [])
    api.shutdown()
