# Streamer. `make` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# They start processes and look at the clock, so no more than two of them run at once, and nothing beside them.
STACK_TESTS := tests/acceptance tests/browser tests/chaos tests/local

.DEFAULT_GOAL := help
.PHONY: help install install-dev run demo test lint clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(BIN)/python ## Make .venv and install what Streamer runs on
	@$(call require,requirements.txt,requirements.txt)

run: install ## Run the whole service on this machine until Ctrl-C (PORT=8000 WORKERS=2)
	@exec $(BIN)/python manage.py streamer_up $(if $(PORT),--port $(PORT)) $(if $(WORKERS),--workers $(WORKERS))

demo: install ## Start everything, make some reports over the real socket, stop
	@exec $(BIN)/python manage.py streamer_demo

test: install-dev ## Run the tests: of the console's scripts, of one process side by side, of whole stacks
	@$(call with_node,npm run --silent test)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile $(addprefix --ignore=,$(STACK_TESTS))
	$(BIN)/pytest -n 2 --dist loadgroup $(STACK_TESTS)

lint: install-dev ## Check style, types and the direction of imports, and the console's scripts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(call with_node,$(require_node) && npm run --silent lint)

clean: ## Remove .venv, node_modules, caches and the demo's data; what `make run` stored stays
	rm -rf $(VENV) node_modules var/demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-dev: $(BIN)/python
	@$(call require,requirements-dev.txt,requirements.txt requirements-dev.txt)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Streamer needs Python 3.11 or newer: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is `$(PYTHON) -V 2>&1`, Streamer needs Python 3.11 or newer: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Making $(VENV) with `$(PYTHON) -V`"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# $(call require,FILE,FILES): install FILE unless the stamp says that these very FILES were installed last.
define require
sum=`cat $(2) | cksum`; \
if [ "`cat $(VENV)/$(1).stamp 2>/dev/null`" != "$$sum" ]; then \
	echo "Installing $(1) into $(VENV)"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1) && echo "$$sum" > $(VENV)/$(1).stamp; \
fi
endef

# $(call with_node,COMMAND): run COMMAND where there is what the console's scripts are checked with.
define with_node
if command -v npm >/dev/null && node -e 'process.exit(Number(parseInt(process.versions.node) < 18))' 2>/dev/null; then \
	$(1); \
else \
	echo "Skipped the console's scripts: that needs npm, and node 18 or newer"; \
fi
endef

# Like require, for what package-lock.json lists.
define require_node
sum=`cat package.json package-lock.json | cksum`; \
if [ "`cat node_modules/package-lock.json.stamp 2>/dev/null`" != "$$sum" ]; then \
	echo "Installing package-lock.json into node_modules"; \
	npm ci --silent --no-audit --no-fund && echo "$$sum" > node_modules/package-lock.json.stamp; \
fi
endef
