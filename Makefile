# Everything a contributor does, one word each. ARGS goes to the command: make sandbox ARGS="--port 9000"

BIN := .venv/bin
STAMP := .venv/installed
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate

# Clients of others that are tried against the simulated brokerages: name of the lock, packages.
ORACLES := alpaca:alpaca-py ccxt:ccxt schwab:schwab-py tastytrade:tastytrade tradestation:tradestation-api-python \
	tradier:lumiwealth-tradier,requests

.DEFAULT_GOAL := help
.PHONY: help install demo test torture serve sandbox lint fmt lock

help: ## Print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv and install what the lock names, hashes checked

demo: install ## Cancel four orders in a sandbox and compare each answer with the exchange's log
	@sdk=$$($(BIN)/python -c 'from tests.sdk.install import install_python as i; print(i("13").folder)') \
		&& $(BIN)/python examples/demo.py "$$sdk"

test: lint ## Lint, then run all tests
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

SEEDS ?= 2000
KILLS ?= 40
POWER_CUTS ?= 20
ENGINE ?= sqlite
SEED_BASE ?= 0

torture: install ## Try to break every promise: SEEDS, KILLS, POWER_CUTS, ENGINE=sqlite|postgresql, SEED_BASE
	$(BIN)/python -m tests.torture --seeds $(SEEDS) --kills $(KILLS) --power-cuts $(POWER_CUTS) \
		--engine $(ENGINE) --seed-base $(SEED_BASE) $(ARGS)

serve: install ## Run the server on the user's own data folder (make a key first: nostro keys create)
	@$(BIN)/nostro serve $(ARGS)

sandbox: install ## Run the whole API offline, on an embedded brokerage
	@$(BIN)/nostro sandbox $(ARGS)

lint: install ## Check style, formatting, types and which module imports which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: install ## Format, and fix what can be fixed by itself
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

lock: ## Make the hash-pinned locks anew (needs uv; ARGS=--upgrade takes the newest releases)
	@command -v uv > /dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	$(COMPILE) $(ARGS) pyproject.toml --output-file requirements/nostro.txt
	$(COMPILE) $(ARGS) pyproject.toml --extra dev --output-file requirements/dev.txt
	@set -e; for lock in requirements/sdk-python-*.txt; do \
		echo "$$lock keeps its SDK's version"; \
		grep -o '^snaptrade-python-sdk==[^ ]*' "$$lock" | $(COMPILE) $(ARGS) - --output-file "$$lock"; \
	done
	@set -e; for oracle in $(ORACLES); do \
		echo "$$oracle" | cut -d: -f2 | tr , '\n' | $(COMPILE) $(ARGS) - \
			--output-file "requirements/oracle-$$(echo "$$oracle" | cut -d: -f1).txt"; \
	done

# --no-build-isolation: what builds nostro is in the lock, so nothing unpinned is ever fetched.
$(STAMP): requirements/dev.txt pyproject.toml
	@[ -x $(BIN)/python ] || { \
		for python in python3 python3.13 python3.12 python3.11; do \
			$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || continue; \
			echo "Making .venv with $$($$python --version)"; \
			$$python -m venv .venv || { rm -rf .venv; exit 1; }; exit; \
		done; \
		echo "nostro needs Python 3.11 or newer, and there is none on PATH." >&2; exit 1; \
	}
	@echo "Installing $$(grep -c '==' requirements/dev.txt) locked packages into .venv; this can take a minute"
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@echo "Installing nostro itself"
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
