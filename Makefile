# Every target may be the first command after a clone: it makes the virtual environment that it needs.
# Needs: Linux and Python 3.11 or later with its venv module. Another interpreter: make test PYTHON=/path/to/python

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(patsubst %/__init__.py,%,$(wildcard messages/__init__.py rules/__init__.py storage/__init__.py \
	actors/__init__.py gateways/__init__.py strategies/__init__.py research/__init__.py ops/__init__.py \
	cli/__init__.py))
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO_DATA := demo-data

.PHONY: demo test lint bench clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.installed
	$(BIN)/understudy demo --data-dir ./$(DEMO_DATA)

test: lint
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term --cov-fail-under=90

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(PACKAGES) tests

bench: $(VENV)/.installed
	$(BIN)/understudy bench

clean:
	rm -rf $(VENV) $(DEMO_DATA) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov

# Stamps: made anew only when the lists of dependencies change.
$(VENV)/.installed: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	touch $@

$(VENV)/.installed-dev: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[dev]'
	touch $@ $(VENV)/.installed

$(BIN)/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed, found '$(PYTHON)'; say which: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
