# Two commands do everything: `make study` and `make test`. `make help` lists the others.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	&& echo $$p && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
SWEEP  := $(BIN)/sweep
OUT    ?= out/demo
# Test modules run side by side, each of them in one process, in the order of tests/conftest.py. Much of their time
# is waiting for processes to start and end, so there is one more than processors.
PROCESSES ?= $(shell n=$$(nproc); [ $$n -gt 3 ] && echo 4 || echo $$((n + 1)))
ROOT   := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.DEFAULT_GOAL := help
.PHONY: help study test docs lint types environment simulator models benchmark clean

help: ## list these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

study: environment simulator models ## set everything up and run the demonstration study to its report
	$(SWEEP) run studies/demo.toml --out $(OUT) --resume
	$(SWEEP) report $(OUT)
	$(SWEEP) export $(OUT)

test: environment simulator models ## run all tests
	$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

docs: environment simulator models ## the documentation as a site, in out/site; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

lint: environment ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: environment ## mypy, strict
	$(BIN)/mypy

benchmark: environment simulator models ## measure speed, as ratios in one run
	$(BIN)/python -m benchmarks

environment: $(VENV)/installed ## the Python environment, from the lock file

$(VENV)/installed: requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 to 3.13 found; install one (Debian: apt-get install python3) or set PYTHON=." >&2; exit 2; fi
	$(PYTHON) -m venv $(VENV) || { $(ROOT) apt-get update && $(ROOT) apt-get install -y python3-venv && $(PYTHON) -m venv --clear $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

simulator: ## ngspice, where no simulator is installed
	@command -v Xyce >/dev/null || command -v ngspice >/dev/null || \
		{ $(ROOT) apt-get update && $(ROOT) apt-get install -y ngspice; }

models: environment ## the SkyWater models, where none are found
	$(BIN)/python -c 'import pdk; print("models:", pdk.locate().source)'

clean: ## remove environment and results
	rm -rf $(VENV) out
