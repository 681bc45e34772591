# Everything is set up in .venv by itself: `make study` and `make test` are all that a newcomer needs.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
export MPLBACKEND := Agg

.PHONY: study test test-slow check calibrate bench clean

study: .venv/installed ## the task, done right: MNIST digits, four strengths of L2, five seeds
	$(BIN)/ridgepath run

test: .venv/developing ## all tests but the slow ones
	$(BIN)/pytest -n 2 --dist loadfile

test-slow: .venv/developing .venv/mlflow-server/bin/mlflow ## the slow tests: whole trainings by two engines, full data sets, killed workers, real servers
	$(BIN)/pytest -m slow --ignore tests/training
	$(BIN)/pytest -m slow -n 2 tests/training

check: .venv/developing ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

calibrate: .venv/developing ## coverage of the intervals, by simulation
	$(BIN)/python benchmarks/calibrate.py

bench: .venv/developing .venv-bench/installed ## against what one would otherwise run, and the tables anew
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/tables.py

clean:
	rm -rf .venv .venv-bench build dist *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "ridgepath needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv .venv \
	  || { echo "$(PYTHON) cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 2; }

.venv/installed: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv; the first time takes a minute or two."
	@$(PIP) --editable .
	@touch $@

.venv/developing: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv with what the tests need; the first time takes a minute or two."
	@$(PIP) --editable '.[dev]'
	@touch $@ .venv/installed

.venv/mlflow-server/bin/mlflow: | .venv/bin/python
	@echo "Setting up an MLflow server for the tests, in an environment of its own: it wants older packages than ours."
	@$(BIN)/python -m venv .venv/mlflow-server
	@.venv/mlflow-server/bin/python -m pip --disable-pip-version-check install --quiet 'mlflow>=3'

.venv-bench/installed: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv-bench with TensorFlow, torch and the other peers: some gigabytes."
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check install --quiet 'pip>=25.1'  # knows dependency groups
	@.venv-bench/bin/python -m pip install --quiet --group bench
	@touch $@
