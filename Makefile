# Streamer. `make` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What they measure is as large as what anything beside them would add: one at a time, and nothing beside them.
TIMED_TESTS := tests/hostile/sockets/test_connects.py tests/hostile/sockets/test_connects_without_token.py \
	tests/jobs/handlers/process_data/test_steady.py
# They start processes, so no more than three of them run at once, and no other tests beside them.
# Those that take long come first, so that short ones fill up the lanes (see tests/lanes.py).
STACK_TESTS := tests/hostile tests/acceptance tests/chaos tests/browser tests/local tests/deploy/test_nginx.py

.DEFAULT_GOAL := help
.PHONY: help install install-dev run bench demo test chaos lint hosts pictures lock audit clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(BIN)/python ## Make .venv and install what Streamer runs on
	@$(call require,requirements.lock)

run: install ## Run the whole service on this machine until Ctrl-C (PORT=8000 WORKERS=2 SERVER=daphne)
	@exec $(BIN)/python manage.py streamer_up $(if $(PORT),--port $(PORT)) $(if $(WORKERS),--workers $(WORKERS)) $(if $(SERVER),--server $(SERVER))

bench: install ## Measure Streamer beside its peers (SET=full ONLY=echo,requests PEERS=bullmq ROUNDS=3 ARGS=...)
	@exec $(BIN)/python -m benchmarks $(if $(SET),--set $(SET)) $(if $(ONLY),--only $(ONLY)) $(if $(PEERS),--peers $(PEERS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(ARGS)

demo: install ## Start everything, show in five acts what it does, stop
	@exec $(BIN)/python manage.py streamer_demo

test: install-dev ## Run the tests: of the scripts, those that nothing may disturb, of one process, of whole stacks
	@$(call with_node,$(require_node) && npm run --silent test)
	$(BIN)/pytest $(TIMED_TESTS)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile $(addprefix --ignore=,$(STACK_TESTS) $(TIMED_TESTS))
	$(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder $(STACK_TESTS) $(addprefix --ignore=,$(TIMED_TESTS))

chaos: install-dev ## Raise one fault of each kind, on SQLite and on the empty PostgreSQL database of DATABASE_URL
	@mkdir -p var/chaos
	$(BIN)/python manage.py streamer_chaos --each --away 6 --markdown var/chaos/sqlite.md
	@if [ -n "$$DATABASE_URL" ]; then set -x; \
		$(BIN)/python manage.py streamer_chaos --each --away 6 --markdown var/chaos/postgres.md --database-url "$$DATABASE_URL"; \
	else echo "Skipped PostgreSQL: DATABASE_URL names none"; fi

lint: install-dev ## Check style, types and the direction of imports, and the scripts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd clients/python && PYTHONPATH=src ../../$(BIN)/lint-imports
	@$(call with_node,$(require_node) && npm run --silent lint)

hosts: install-dev ## Try Streamer on several hosts, in network namespaces: needs root (SCENARIOS="pgbouncer*" MARKDOWN=file)
	@$(BIN)/python -m tests.hosts $(if $(SCENARIOS),--scenarios "$(SCENARIOS)") $(if $(MARKDOWN),--markdown $(MARKDOWN))

pictures: install-dev ## Take the pictures of the documentation again, in Chromium (ONLY=still or ONLY=moving)
	@$(BIN)/python -m tests.pictures $(ONLY)

lock: install-dev ## Write the lock files after requirements*.txt were edited (UPGRADE=1 takes the newest of what they need)
	$(call compile,requirements)
	$(call compile,requirements-dev)

audit: install-dev ## Look the locked versions up among known vulnerabilities
	@$(BIN)/python .ci/audit.py

clean: ## Remove .venv, node_modules, caches and the demo's data; what `make run` stored stays
	rm -rf $(VENV) node_modules clients/js/dist var/demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-dev: $(BIN)/python
	@$(call require,requirements-dev.lock)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Streamer needs Python 3.11 or newer: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is `$(PYTHON) -V 2>&1`, Streamer needs Python 3.11 or newer: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Making $(VENV) with `$(PYTHON) -V`"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# $(call require,FILE): install the lock FILE unless the stamp says that this very FILE was installed last.
define require
sum=`cksum < $(1)`; \
if [ "`cat $(VENV)/$(1).stamp 2>/dev/null`" != "$$sum" ]; then \
	echo "Installing $(1) into $(VENV), once"; \
	$(BIN)/python -m streamer_site.local.install $(1) \
		&& echo "$$sum" > $(VENV)/$(1).stamp; \
fi
endef

# $(call compile,NAME): write NAME.lock from NAME.txt, for Linux and macOS on every processor, and Python 3.11 or newer.
define compile
$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file $(1).lock $(1).txt
endef

# $(call with_node,COMMAND): run COMMAND where there is what the scripts of the console and the client are checked with.
define with_node
if command -v npm >/dev/null && node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' 2>/dev/null; then \
	$(1); \
else \
	echo "Skipped the scripts of the console and the client: that needs npm, and node 20 or newer"; \
fi
endef

# Like require, for what package-lock.json lists.
define require_node
sum=`cat package.json clients/js/package.json package-lock.json | cksum`; \
if [ "`cat node_modules/package-lock.json.stamp 2>/dev/null`" != "$$sum" ]; then \
	echo "Installing package-lock.json into node_modules"; \
	npm ci --silent --no-audit --no-fund && echo "$$sum" > node_modules/package-lock.json.stamp; \
fi
endef
