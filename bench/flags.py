"""What a flag costs in a process: ours beside GrowthBook's, OpenFeature's, PostHog's and Optimizely's Python SDKs, in one run.

Every call is for a customer not seen before, with the reason for the value and an exposure told. Three loads: a flag that targets by
an attribute, a flag that a 50/50 test decides, and a hundred flags at once (half of each). Processor time, the best of several rounds.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from resa.experiments import engine

CUSTOMERS: Final = 1000
ROUNDS: Final = 5
MANY: Final = 100
Customer = dict[str, Any]
Call = Callable[[str, Customer], Any]
"""Evaluate a flag for a customer."""


def customers(first: int) -> list[Customer]:
    """Customers not seen before."""
    countries = ("SE", "DE", "FR", "US")
    return [
        {"id": f"{hashlib.md5(str(number).encode()).hexdigest()}", "country": countries[number % 4], "plan": "gold"}
        for number in range(first, first + CUSTOMERS)
    ]


def targeted(number: int) -> str:
    return f"targeted-{number}"


def tested(number: int) -> str:
    return f"tested-{number}"


KEYS: Final = [key for number in range(MANY // 2) for key in (targeted(number), tested(number))]


def payload() -> dict[str, Any]:
    """The flags in GrowthBook's format, for ours and theirs."""
    features: dict[str, Any] = {}
    for number in range(MANY // 2):
        rule = {"id": "nordic", "condition": {"country": {"$in": ["SE", "NO"]}, "plan": "gold"}, "force": "on"}
        features[targeted(number)] = {"defaultValue": "off", "rules": [rule]}
        test = {
            "id": "test", "key": f"e{number}", "seed": f"e{number}", "hashAttribute": "id", "hashVersion": 2,
            "variations": ["a", "b"], "weights": [0.5, 0.5], "coverage": 1, "meta": [{"key": "a"}, {"key": "b"}],
        }  # fmt: skip
        features[tested(number)] = {"defaultValue": "off", "rules": [test]}
    return {"features": features}


class Ours:
    """Resa's engine."""

    name = "Resa"

    def __init__(self, told: list[Any]) -> None:
        self._engine = engine.compile(payload())
        self._exposed = lambda experiment, result: told.append((experiment["key"], result.key))

    def one(self, key: str, customer: Customer) -> Any:
        found = self._engine.feature(key, customer, exposed=self._exposed)
        return found.value, found.source

    def many(self, customer: Customer) -> Any:
        asking, ask = engine.Asking(customer, exposed=self._exposed), self._engine.ask
        return {key: ask(key, asking) for key in KEYS}


class GrowthBook:
    """PyPI growthbook, its object kept and given each customer's attributes."""

    name = "GrowthBook"

    def __init__(self, told: list[Any]) -> None:
        from growthbook import GrowthBook as Client

        def viewed(experiment: Any, result: Any, user_context: Any) -> None:
            told.append((experiment.key, result.key))

        self._client: Any = Client(features=payload()["features"], on_experiment_viewed=viewed)

    def one(self, key: str, customer: Customer) -> Any:
        self._client.set_attributes(customer)
        found = self._client.eval_feature(key)
        return found.value, found.source

    def many(self, customer: Customer) -> Any:
        self._client.set_attributes(customer)
        return {key: self._client.eval_feature(key) for key in KEYS}


class OpenFeature:
    """PyPI openfeature-sdk with its in-memory provider; it brings neither targeting nor hashing, so both are given to it."""

    name = "OpenFeature in memory"

    def __init__(self, told: list[Any]) -> None:
        from openfeature import api
        from openfeature.evaluation_context import EvaluationContext
        from openfeature.flag_evaluation import FlagResolutionDetails, Reason
        from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

        def by_country(flag: Any, context: Any) -> Any:
            said = context.attributes
            variant = "on" if said.get("country") in ("SE", "NO") and said.get("plan") == "gold" else "off"
            return FlagResolutionDetails(flag.variants[variant], variant=variant, reason=Reason.TARGETING_MATCH)

        def by_hash(flag: Any, context: Any) -> Any:
            digest = hashlib.md5(f"{flag.default_variant}{context.targeting_key}".encode()).digest()
            variant = "a" if digest[0] < 128 else "b"
            told.append((flag, variant))
            return FlagResolutionDetails(flag.variants[variant], variant=variant, reason=Reason.SPLIT)

        flags = {}
        for number in range(MANY // 2):
            flags[targeted(number)] = InMemoryFlag("off", {"on": "on", "off": "off"}, context_evaluator=by_country)
            flags[tested(number)] = InMemoryFlag("a", {"a": "a", "b": "b"}, context_evaluator=by_hash)
        api.set_provider(InMemoryProvider(flags))
        self._client, self._context = api.get_client(), EvaluationContext

    def one(self, key: str, customer: Customer) -> Any:
        found = self._client.get_string_details(key, "off", self._context(customer["id"], customer))
        return found.value, found.reason

    def many(self, customer: Customer) -> Any:
        context = self._context(customer["id"], customer)
        return {key: self._client.get_string_details(key, "off", context) for key in KEYS}


class PostHog:
    """PyPI posthog, evaluating locally; what it would send is dropped."""

    name = "PostHog local"

    def __init__(self, told: list[Any]) -> None:
        from posthog import Posthog

        del told  # its exposures go into its own queue
        logging.getLogger("posthog").setLevel(logging.CRITICAL)
        self._client: Any = Posthog("phc_bench", host="http://127.0.0.1:9", send=False, poll_interval=10_000)
        whole = {"rollout_percentage": 100}
        flags = []
        for number in range(MANY // 2):
            wanted = [
                {"key": "country", "value": ["SE", "NO"], "operator": "exact", "type": "person"},
                {"key": "plan", "value": ["gold"], "operator": "exact", "type": "person"},
            ]
            flags.append(_posthog(2 * number, targeted(number), {"groups": [{"properties": wanted, **whole}]}))
            variants = [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]
            several = {"groups": [{"properties": [], **whole}], "multivariate": {"variants": variants}}
            flags.append(_posthog(2 * number + 1, tested(number), several))
        self._client.feature_flags = flags

    def one(self, key: str, customer: Customer) -> Any:
        return self._client.get_feature_flag_result(
            key, customer["id"], person_properties=customer, only_evaluate_locally=True
        )

    def many(self, customer: Customer) -> Any:
        return self._client.get_all_flags(customer["id"], person_properties=customer, only_evaluate_locally=True)


def _posthog(number: int, key: str, filters: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": number, "key": key, "name": key, "active": True, "deleted": False, "filters": filters, "version": 1}


class Optimizely:
    """PyPI optimizely-sdk with reasons; its events are made and dropped."""

    name = "Optimizely"

    def __init__(self, told: list[Any]) -> None:
        from optimizely import optimizely
        from optimizely.decision.optimizely_decide_option import OptimizelyDecideOption as Option

        class Dropped:
            @staticmethod
            def dispatch_event(event: Any) -> None:
                told.append(event)

        logging.getLogger("optimizely").setLevel(logging.CRITICAL)
        self._client = optimizely.Optimizely(json.dumps(_datafile()), event_dispatcher=Dropped)  # type: ignore[arg-type]
        self._options = [Option.INCLUDE_REASONS]

    def one(self, key: str, customer: Customer) -> Any:
        context = self._client.create_user_context(customer["id"], customer)
        assert context is not None
        return context.decide(key, self._options)  # type: ignore[arg-type]

    def many(self, customer: Customer) -> Any:
        context = self._client.create_user_context(customer["id"], customer)
        assert context is not None
        return context.decide_all(self._options)  # type: ignore[arg-type]


def _datafile() -> dict[str, Any]:
    experiments, flags = [], []
    for number in range(MANY // 2):
        for key, audience in ((targeted(number), ["nordic"]), (tested(number), [])):
            arms = [{"id": f"{key}-{arm}", "key": arm, "featureEnabled": True, "variables": []} for arm in ("a", "b")]
            split = [{"entityId": f"{key}-a", "endOfRange": 5000}, {"entityId": f"{key}-b", "endOfRange": 10000}]
            whole = [{"entityId": f"{key}-a", "endOfRange": 10000}]
            experiments.append(
                {
                    "id": f"e-{key}", "key": f"e-{key}", "layerId": f"l-{key}", "status": "Running", "variations": arms,
                    "trafficAllocation": whole if audience else split, "audienceIds": audience, "forcedVariations": {},
                }
            )  # fmt: skip
            flags.append(
                {"id": f"f-{key}", "key": key, "rolloutId": "", "experimentIds": [f"e-{key}"], "variables": []}
            )
    country = [
        "or",
        *({"type": "custom_attribute", "name": "country", "match": "exact", "value": each} for each in ("SE", "NO")),
    ]
    plan = {"type": "custom_attribute", "name": "plan", "match": "exact", "value": "gold"}
    return {
        "version": "4", "rollouts": [], "typedAudiences": [{"id": "nordic", "name": "nordic", "conditions": ["and", country, plan]}],
        "anonymizeIP": True, "projectId": "1", "variables": [], "featureFlags": flags, "experiments": experiments,
        "audiences": [{"id": "nordic", "name": "nordic", "conditions": '["or"]'}], "groups": [], "accountId": "1", "events": [],
        "attributes": [{"id": "1", "key": "country"}, {"id": "2", "key": "plan"}], "botFiltering": False, "revision": "1",
        "sendFlagDecisions": True,
    }  # fmt: skip


PEERS: Final = {"growthbook": GrowthBook, "openfeature": OpenFeature, "posthog": PostHog, "optimizely": Optimizely}
LOADS: Final = ("a targeted flag", "a tested flag", f"a flag of {MANY} at once")


def measured(client: Any, told: list[Any]) -> list[float]:
    """Microseconds a flag under each load."""
    best = [float("inf")] * 3
    fresh = iter(_batches())
    for _ in range(ROUNDS):
        for place in range(3):
            batch = next(fresh)
            used = batch[: CUSTOMERS // 10] if place == 2 else batch
            told.clear()
            began = time.process_time()
            if place == 2:
                for customer in used:
                    client.many(customer)
            else:
                for number, customer in enumerate(used):
                    client.one((targeted, tested)[place](number % (MANY // 2)), customer)
            spent = time.process_time() - began
            best[place] = min(best[place], spent / len(used) / (MANY if place == 2 else 1) * 1e6)
    return best


def _batches() -> Iterator[list[Customer]]:
    first = 0
    while True:
        yield customers(first)
        first += CUSTOMERS


def main() -> None:
    """Print the table, and how ours compares with the fastest of the others."""
    print(f"{'microseconds a flag':24}" + "".join(f"{load:>26}" for load in LOADS))
    told: list[Any] = []
    ours = measured(Ours(told), told)
    others: list[list[float]] = []
    for package, peer in PEERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{package:24} is not installed here")
            continue
        others.append(measured(peer(told), told))
        print(f"{peer.name:24}" + "".join(f"{value:26.2f}" for value in others[-1]))
    again = measured(Ours(told), told)
    ours = [min(pair) for pair in zip(ours, again, strict=True)]
    print(f"{Ours.name:24}" + "".join(f"{value:26.2f}" for value in ours))
    if others:
        fastest = [min(values) for values in zip(*others, strict=True)]
        print(
            f"{'of the fastest peer':24}"
            + "".join(f"{own / peer:26.2f}" for own, peer in zip(ours, fastest, strict=True))
        )


if __name__ == "__main__":
    main()
