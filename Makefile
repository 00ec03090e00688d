# Each target makes its own virtual environment in .venv and says what it does. It needs Python 3.11 or newer, and make.
PYTHON ?= python3
BIN := .venv/bin
SECONDS := 60

.PHONY: help serve test lint conformance fuzz soak bench bench-failover bench-probes clean

help:
	@echo "make serve           install into .venv, and answer queries on 127.0.0.1:5300 as Corefile.toml says"
	@echo "make test            install into .venv, and run the tests"
	@echo "make lint            ruff and mypy --strict"
	@echo "make conformance     what other programs have to say of the server, in one table; 5 minutes, as root with Debian's packages"
	@echo "make fuzz            octets of any kind for whatever reads some, for SECONDS=60 in all"
	@echo "make soak            ten minutes of mixed load, in which no process may grow"
	@echo "make bench           CPU time for each query, beside a bare echo loop (and gdnsd, where installed)"
	@echo "make bench-failover  how long a dead backend stays in the answers, 100 times each kind of death; 6 minutes"
	@echo "make bench-probes    CPU and memory for probing 5,000 targets, and how long answers take meanwhile; 3 minutes"
	@echo "make clean           remove .venv and what the tools left behind"

.venv/made:
	@echo "making a virtual environment in .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11; say make PYTHON=python3.12, or whatever newer one there is"; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/serve: .venv/made pyproject.toml
	@echo "installing the server into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/test: .venv/made pyproject.toml
	@echo "installing the server and what its tests need into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

.venv/lint: .venv/test
	@echo "installing the linters into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

.venv/fuzz: .venv/test
	@echo "installing the fuzzer into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --only-binary atheris --editable '.[test,fuzz]' || \
	  echo "no atheris for this machine: octets will be changed by chance alone"
	@touch $@

serve: .venv/serve
	@$(BIN)/gtm serve Corefile.toml

test: .venv/test
	@$(BIN)/python -m pytest -n auto --dist worksteal --ignore tests/edges
	@$(BIN)/python -m pytest tests/edges

lint: .venv/lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

conformance: .venv/fuzz
	@$(BIN)/python -m tests.conformance --seconds $(SECONDS)

fuzz: .venv/fuzz
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

soak: .venv/test
	@GTM_SOAK=600 $(BIN)/python -m pytest -s tests/edges/test_soak.py

bench: .venv/test
	@$(BIN)/python tests/bench/bench.py

bench-failover: .venv/test
	@$(BIN)/python -m tests.bench.failover

bench-probes: .venv/test
	@$(BIN)/python -m tests.bench.probes

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build dist *.egg-info
