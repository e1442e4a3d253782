# make demo   set up, then the whole story on generated data (a CPU will do)
# make test   set up, then everything that must pass
# make quick  the tests that train nothing
# make docs   the documentation site, in docs/_build
# make replays  the rows behind docs/results.md again from the kept logs, and whether they are the same (HIPPOCAMPUS= says
#               where the data are, SETS= which sets of candidates)

PYTHON ?= python3
VENV ?= .venv
HIPPOCAMPUS ?= ../shared/data/hippocampus
BIN := $(VENV)/bin

.PHONY: demo test quick lint docs replays setup clean

demo: setup
	$(BIN)/ds_demo -o demo

test: lint
	$(BIN)/pytest -n 2 --cov --cov-report=term

quick: lint
	$(BIN)/pytest -m "not slow"

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: setup
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build

replays: setup
	$(BIN)/pip install --quiet --editable ".[dev,experiments]"
	$(BIN)/python -m scripts.experiments.replay_all -data $(HIPPOCAMPUS) -w replays -o replays/rows $(if $(SETS),-sets $(SETS))
	$(BIN)/python -m scripts.evidence compare replays/rows

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) demo replays docs/_build
