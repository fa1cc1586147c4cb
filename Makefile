# Every target sets the environment up first, which does nothing when it is up to date. With `make setup GPU=1` that
# has Paddle for NVIDIA's GPUs from then on, with `make setup` the one for processors again; with FLEET=1 also what a fleet
# for many runs needs, without it that is taken out. Other targets keep both as they are.
PYTHON := .venv/bin/python

.PHONY: setup ready studio demo screenshots test test-fast check lint types layers architecture bench matrix trial lock

setup:
	@python3 packaging/bootstrap.py --wheel $(if $(filter-out 0 no,$(GPU)),gpu,cpu) --fleet $(if $(filter-out 0 no,$(FLEET)),yes,no)

ready:
	@python3 packaging/bootstrap.py

studio: ready
	$(PYTHON) -m studio

demo: ready
	.venv/bin/espalier demo

demo/demo.json: | ready
	.venv/bin/espalier demo demo

screenshots: demo/demo.json
	$(PYTHON) -m studio.screenshots demo docs

test: ready
	$(PYTHON) -m tests

test-fast: ready
	$(PYTHON) -m tests --fast

check: lint types layers architecture

lint: ready
	.venv/bin/ruff check
	.venv/bin/ruff format --check --quiet

types: ready
	.venv/bin/mypy

layers: ready
	.venv/bin/lint-imports --no-logo

architecture: ready
	$(PYTHON) -m pytest -q tests/test_architecture.py tests/test_sentences.py

bench: ready
	$(PYTHON) -m tests.benchmarks

matrix: ready
	$(PYTHON) -m tests.matrix

# MINUTES=120 SEED=1 ONLY=kills,fuzz NUMBER=17 RECORD=folder
trial: ready
	$(PYTHON) -m tests.trial $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) \
		$(if $(NUMBER),--number $(NUMBER)) $(if $(RECORD),--record $(RECORD))

lock: ready
	$(PYTHON) packaging/lock.py
