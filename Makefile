# Everything one does with Hubbub. Needs Python 3.11+ and make; `make` alone lists the commands.

# `make up HOST=… PORT=… WORKERS=…`. HOST is taken from the command line only: some shells export one.
HOST := 127.0.0.1
PORT ?= 8000
WORKERS ?=
# More arguments for pytest: `make test ARGS="tests/unit -x"`.
ARGS ?=

VENV := .venv
PYTHON_BIN := $(VENV)/bin/python
# A step that is done leaves a file here; an interrupted one does not, and is done again.
STAMPS := $(VENV)/.stamps
QUIETLY := sh scripts/quietly.sh
INSTALL := $(PYTHON_BIN) -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r
NPM := sh scripts/npm.sh $(VENV)
# Tools import the settings: they get a directory of their own, not that of the running hub.
TOOLS := HUBBUB_ENV=test HUBBUB_VAR=$(VENV)/var

# The hub's state. A space in its path has to be escaped where make reads it.
space := $(subst ,, )
var := $(or $(HUBBUB_VAR),var)
VAR := $(subst $(space),\ ,$(var))
MIGRATIONS := $(wildcard */migrations/*.py examples/*/migrations/*.py)
# Directories count too: their time changes when a file is added or removed.
WEB_SOURCES := $(shell find web -mindepth 1 \( -path web/node_modules -o -path web/dist \) -prune -o -print)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up setup data test chaos soak bench check proto lock develop load clean FORCE \
	check-style check-format check-types check-imports check-migrations check-web

help:
	@echo "make up        set up what is missing, then run the hub on http://$(HOST):$(PORT)"
	@echo "                 HOST=$(HOST) PORT=$(PORT) WORKERS=(server processes, one per core)"
	@echo "make setup     the set-up alone: Python and browser packages, Redis, the page"
	@echo "make test      all tests, or some: make test ARGS=tests/unit"
	@echo "make chaos     break a hub in every way there is, and count what was lost; half an hour"
	@echo "make soak      let clients come and go for 20 minutes, and see whether anything grows; ARGS=\"--minutes 5\""
	@echo "make bench     measure the hub beside a stock Channels chat and a floor in C; ARGS=\"--only fanout --seconds 5\""
	@echo "make check     style, types, imports, migrations, the browser part; without tests"
	@echo "make develop   install what helps at work: Django Debug Toolbar"
	@echo "make load      install what measures: a fast WebSocket client, for python -m clients.load"
	@echo "make proto     write the Python of the protocol's messages again, by hub/protobuf/client.proto"
	@echo "make lock      pin the packages again, by pyproject.toml; UPGRADE=1 takes the newest"
	@echo "make clean     remove what was built; var/, the hub's data, stays"
	@echo
	@echo "PYTHON=/path/to/python3.12 chooses the Python of a new environment; HUBBUB_VAR=… another place than var/."

## Running

up: setup data
	@exec $(PYTHON_BIN) manage.py hub --host "$(HOST)" --port "$(PORT)" $(if $(WORKERS),--workers "$(WORKERS)")

data: $(VAR)/.migrated $(if $(filter production,$(HUBBUB_ENV)),,$(VAR)/.demo)

$(VAR)/.migrated: $(STAMPS)/python $(if $(filter postgres%,$(DATABASE_URL)),$(STAMPS)/postgresql) $(MIGRATIONS)
	@$(QUIETLY) "Migrating the database" $(PYTHON_BIN) manage.py migrate --no-input
	@touch "$@"

# Loaded once: what is removed afterwards stays removed.
$(VAR)/.demo: | $(VAR)/.migrated
	@$(QUIETLY) "Loading the demo data" $(PYTHON_BIN) manage.py demo
	@touch "$@"

# What is in another database than the file beside them these steps cannot vouch for. Both leave alone what is done.
ifeq ($(shell test -z "$(DATABASE_URL)" && test -e "$(var)/hubbub.sqlite3" && echo there),)
$(VAR)/.migrated $(VAR)/.demo: FORCE
endif

## Setting up

setup: $(STAMPS)/python $(STAMPS)/redis $(if $(filter postgres%,$(DATABASE_URL)),$(STAMPS)/postgresql) web/dist/.built

$(STAMPS)/environment: scripts/venv.sh
	@$(QUIETLY) "Preparing the Python environment in $(VENV)" sh scripts/venv.sh $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: $(STAMPS)/environment requirements.txt
	@$(QUIETLY) "Installing the Python packages" $(INSTALL) requirements.txt
	@touch $@

$(STAMPS)/dev: $(STAMPS)/python requirements-dev.txt
	@$(QUIETLY) "Installing the packages for tests and checks" $(INSTALL) requirements-dev.txt
	@touch $@

$(STAMPS)/postgresql: $(STAMPS)/python requirements-postgresql.txt
	@$(QUIETLY) "Installing the driver of PostgreSQL" $(INSTALL) requirements-postgresql.txt
	@touch $@

$(STAMPS)/redis: $(STAMPS)/python requirements-redis.txt scripts/redis.sh
	@$(QUIETLY) "Looking for Redis" sh scripts/redis.sh $(VENV)
	@touch $@

# The stamps of the browser part lie inside what they vouch for: npm and Vite begin by removing it.
web/node_modules/.installed: web/package.json web/package-lock.json requirements-node.txt | $(STAMPS)/environment
	@$(QUIETLY) "Installing the packages of the browser part" $(NPM) ci
	@touch $@

web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	@$(QUIETLY) "Building the browser part" $(NPM) run build
	@touch $@

develop: $(STAMPS)/development

$(STAMPS)/development: $(STAMPS)/python requirements-development.txt
	@$(QUIETLY) "Installing Django Debug Toolbar" $(INSTALL) requirements-development.txt
	@touch $@

load: $(STAMPS)/load

$(STAMPS)/load: $(STAMPS)/python requirements-load.txt
	@$(QUIETLY) "Installing what the load tester needs" $(INSTALL) requirements-load.txt
	@touch $@

## Testing

# In the order of the folders: those files first whose few tests take long.
test: setup $(STAMPS)/dev $(STAMPS)/development
	@$(PYTHON_BIN) -m pytest $(or $(ARGS),--numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder)
	@$(if $(ARGS),,$(QUIETLY) "Testing the browser part (vitest)" $(NPM) run test)

# Some of it: make chaos ARGS="--faults F1,F6 --seed 7"
chaos: $(STAMPS)/python $(STAMPS)/redis $(STAMPS)/dev
	@$(PYTHON_BIN) -m tests.chaos $(ARGS)

soak: $(STAMPS)/python $(STAMPS)/redis $(STAMPS)/dev
	@$(PYTHON_BIN) -m tests.chaos.soak $(ARGS)

# Two cores, and nothing else running on them.
bench: $(STAMPS)/python $(STAMPS)/redis $(STAMPS)/dev
	@$(PYTHON_BIN) -m tests.benchmarks $(ARGS)

# All of them at once, and to the end: one failure hides no other.
check: $(STAMPS)/dev web/node_modules/.installed
	@$(MAKE) --no-print-directory --keep-going --jobs=4 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) \
		check-types check-web check-imports check-migrations check-style check-format
	@echo "All checks passed."

check-style:
	@$(QUIETLY) "Style (ruff)" $(PYTHON_BIN) -m ruff check .

check-format:
	@$(QUIETLY) "Format (ruff)" $(PYTHON_BIN) -m ruff format --check --diff .

check-types:
	@$(TOOLS) $(QUIETLY) "Types (mypy)" $(PYTHON_BIN) -m mypy

check-imports:
	@$(QUIETLY) "Directions of imports (import-linter)" $(VENV)/bin/lint-imports

check-migrations:
	@$(TOOLS) $(QUIETLY) "Migrations" $(PYTHON_BIN) manage.py makemigrations --check --dry-run

check-web:
	@$(QUIETLY) "The browser part (TypeScript)" $(NPM) run check

## Upkeep

# What it writes is checked in: a hub runs without the compiler.
proto: $(STAMPS)/dev
	@$(PYTHON_BIN) -m grpc_tools.protoc -I . --python_out=. --pyi_out=. hub/protobuf/client.proto

# Universal: one set of files for every system and every Python from 3.11 on. No registry's address gets into them.
UV := $(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 $(if $(UPGRADE),--upgrade) \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: $(STAMPS)/dev
	$(UV) pyproject.toml -o requirements.txt
	$(UV) pyproject.toml --extra postgresql -c requirements.txt -o requirements-postgresql.txt
	$(UV) pyproject.toml --extra postgresql --extra load --group test --group check -c requirements-postgresql.txt \
		-o requirements-dev.txt
	$(UV) pyproject.toml --extra load -c requirements.txt -o requirements-load.txt
	$(UV) pyproject.toml --group development -c requirements.txt -o requirements-development.txt
	$(UV) --group node -o requirements-node.txt
	$(UV) --group redis --no-deps -o requirements-redis.txt

clean:
	rm -rf $(VENV) web/node_modules web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
