# make demo   set up, then the whole story on generated data (a CPU will do)
# make test   set up, then everything that must pass
# make quick  the tests that train nothing

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test quick lint setup clean

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

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) demo
