# leal: `make help` prints what can be made.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test soak faults check fix bench docs lock

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/' | column -t -s '|'

install: $(STAMP) ## make .venv from the lock; nothing else

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## a demo program on 127.0.0.1:8000, with its own PostgreSQL
	$(BIN)/leal demo

test: $(STAMP) ## all tests, on an embedded PostgreSQL
	$(BIN)/python -m pytest -n 2

soak: $(STAMP) ## the properties of orders, the models and the faults, tried many more times
	LEAL_SOAK=1 $(BIN)/python -m pytest -n 2 --dist worksteal tests/domain/test_ordering.py tests/domain/test_order_terms.py tests/domain/test_awards.py tests/usecases/test_orders.py tests/usecases/test_model.py tests/usecases/test_ten_years.py tests/concurrency/test_model.py tests/concurrency/test_reward_races.py tests/contract/fuzz tests/faults tests/operate/test_several_processes.py tests/operate/test_packaging.py

faults: $(STAMP) ## kills, cuts, silence and full disks under load, with what was counted: some ten minutes
	LEAL_SOAK=1 timeout 1200 $(BIN)/python -m pytest tests/faults/test_servers_killed.py tests/faults/test_database_killed.py tests/faults/test_replies_lost.py tests/faults/test_disk_full.py tests/faults/test_silence.py tests/faults/test_workers_together.py tests/faults/test_stopping.py tests/faults/test_killed_between_save_and_reply.py

check: $(STAMP) ## format, lint, types, floors, security, then all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml --severity-level medium src
	$(BIN)/python -m tests.house.advisories
	$(MAKE) --no-print-directory test

fix: $(STAMP) ## format, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## speed: all figures and the plot of docs/operate/performance.md
	$(BIN)/python -m bench.all

docs: $(STAMP) ## write docs/map.md anew from the code
	$(BIN)/python -m tests.house.map

lock: $(STAMP) ## write requirements.lock anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --extra dev --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock pyproject.toml build-requirements.in
