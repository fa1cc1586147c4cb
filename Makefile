# Every target sets the environment up first, which does nothing when it is up to date.
PYTHON := .venv/bin/python

.PHONY: setup studio demo screenshots test test-fast check lint types layers architecture bench matrix trial lock

setup:
	@python3 packaging/bootstrap.py

studio: setup
	$(PYTHON) -m studio

demo: setup
	.venv/bin/espalier demo

demo/demo.json: | setup
	.venv/bin/espalier demo demo

screenshots: demo/demo.json
	$(PYTHON) -m studio.screenshots demo docs

test: setup
	$(PYTHON) -m tests

test-fast: setup
	$(PYTHON) -m tests --fast

check: lint types layers architecture

lint: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check --quiet

types: setup
	.venv/bin/mypy

layers: setup
	.venv/bin/lint-imports --no-logo

architecture: setup
	$(PYTHON) -m pytest -q tests/test_architecture.py tests/test_sentences.py

bench: setup
	$(PYTHON) -m tests.benchmarks

matrix: setup
	$(PYTHON) -m tests.matrix

# MINUTES=120 SEED=1 ONLY=kills,fuzz NUMBER=17 RECORD=folder
trial: setup
	$(PYTHON) -m tests.trial $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) \
		$(if $(NUMBER),--number $(NUMBER)) $(if $(RECORD),--record $(RECORD))

lock: setup
	$(PYTHON) packaging/lock.py
