# Every target works on a fresh machine with Python 3.11 or later: it makes .venv and installs what it needs, once.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The coverage gate (tests/coverage_gate.py): `make test GATE=` runs without it.
GATE ?= -p tests.coverage_gate
# The tests share the processors.
SHARED ?= -n auto --maxprocesses 8

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench nightly theorems golden clean
.NOTPARALLEL:

help:
	@echo "make demo     prove, refute and check on numpy alone; certificates in build/"
	@echo "make test     linters, types and all tests"
	@echo "make docs     the documentation, in build/docs"
	@echo "make bench    how fast, on GPT-2 and beside egglog, tensorgrad, JAX and DisCoPy"
	@echo "make theorems the named theorems proved again, and their certificates written"
	@echo "make golden   the structure of the chosen pictures, kept as they are drawn now"
	@echo "make nightly  all tests with more examples, the slow ones too"
	@echo "make clean    remove what make made"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ncd-cat needs Python 3.11 or later: make PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[torch,dev,browser]'
	@touch $@ $(VENV)/base.stamp

$(VENV)/docs.stamp: $(VENV)/dev.stamp
	$(PIP) --editable '.[docs]'
	@touch $@

$(VENV)/bench.stamp: $(VENV)/dev.stamp
	$(PIP) --editable '.[bench]'
	@touch $@

demo: $(VENV)/base.stamp
	@$(BIN)/python -m ncd_cat.demo

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# pytest comes last, so that its closing line ends the output.
test: lint
	$(BIN)/python -m pytest -q $(SHARED) --cov --cov-report=term $(GATE)

docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs build/docs
	@echo "build/docs/index.html"

bench: $(VENV)/bench.stamp
	$(BIN)/python benchmarks/depth.py
	$(BIN)/python benchmarks/forward.py
	$(BIN)/python benchmarks/drawing.py
	$(BIN)/python benchmarks/legibility.py
	$(BIN)/python benchmarks/egglog_pairs.py
	$(BIN)/python benchmarks/gradients.py
	$(BIN)/python benchmarks/gradients_peers.py

nightly: lint
	$(BIN)/python -m pytest -q $(SHARED) -m "not gpu" --hypothesis-profile=nightly

theorems: $(VENV)/base.stamp
	$(BIN)/python -m proofs.theorems

golden: $(VENV)/dev.stamp
	$(BIN)/python -m tests.golden

clean:
	rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
