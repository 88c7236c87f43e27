# Everything here runs in $(VENV), which each target makes for itself from a Python 3.11 or newer.
#
#   PYTHON=python3.12    which Python to make it from (default: the newest of 3.13, 3.12, 3.11 and python3)
#   VENV=.venv           where to make it
#   ARGS='-k election'   passed on to pytest, `quorate up` or the benchmark
#   SEEDS=5000           how many simulated runs a storm has

VENV ?= .venv
PYTHON ?=
ARGS ?=
SEEDS ?= 5000

RUN := $(VENV)/bin/python

# Caches live inside the environment, so that checking leaves the source tree as it was.
CACHE := $(abspath $(VENV))/cache
export PYTHONPYCACHEPREFIX := $(CACHE)/python
export RUFF_CACHE_DIR := $(CACHE)/ruff
export MYPY_CACHE_DIR := $(CACHE)/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis
PYTEST := $(RUN) -m pytest -o cache_dir=$(CACHE)/pytest

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help up test verify format-check lint types fix bench storm mutants lock clean environment

help: ## Say what can be done (this)
	@echo "quorate: choose a leader and keep one log. Start with 'make up', then 'make test'."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@sed -n 's/^#   /  /p' $(firstword $(MAKEFILE_LIST))

up: environment ## Start a three-node cluster on this machine and watch it (Ctrl-C stops it)
	@$(VENV)/bin/quorate up $(ARGS)

test: environment ## Run the tests
	@$(PYTEST) -n auto $(ARGS)

verify: format-check lint types test ## All that must hold before a commit; writes nothing to the tree

format-check: environment
	@echo "== format" && $(RUN) -m ruff format --check .

lint: environment
	@echo "== lint" && $(RUN) -m ruff check .

types: environment
	@echo "== types" && $(RUN) -m mypy

fix: environment ## Format the code and mend what ruff can mend
	@$(RUN) -m ruff check --fix-only .
	@$(RUN) -m ruff format .

bench: environment ## Measure: `quorate bench`, recovery of long logs, what the machine allows, other systems where installed; with ARGS only the first (ARGS='--quick')
	@$(VENV)/bin/quorate bench $(ARGS)
	@$(if $(ARGS),:,$(RUN) benchmarks/recovery.py && $(RUN) benchmarks/floor.py && $(RUN) benchmarks/peers/run.py)

storm: environment ## Simulate clusters in trouble: SEEDS=5000 seeds; a failing one says how to replay it
	@$(VENV)/bin/quorate simulate --seeds $(SEEDS) $(ARGS)

mutants: environment ## Put known bugs in, one at a time, and see that storms find each; ARGS='--only NAME', '--list'
	@PYTHONPATH=tests $(RUN) -m mutants $(ARGS)

lock: ## Renew requirements.lock from pyproject.toml (UPGRADE=1: newest of everything)
	@python=$$(scripts/find-python "$(VENV)" "$(PYTHON)") && scripts/renew-lock "$$python" $(if $(UPGRADE),--upgrade)

clean: ## Remove the environment and every cache
	@test ! -e "$(VENV)/pyvenv.cfg" || rm -rf "$(VENV)"
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	@find src tests examples benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

environment:
	@python=$$(scripts/find-python "$(VENV)" "$(PYTHON)") && "$$python" scripts/environment.py "$(VENV)"
