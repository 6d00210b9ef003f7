# The two commands: `make demo` and `make test`. Everything they need is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DAGSTER_HOME ?= $(CURDIR)/data/dagster
LAST_DAY := 2017-12-26
FIRST_FORECAST := 2017-11-06

.PHONY: demo ui test bench screenshots catalog clean

demo: $(VENV)/ready $(DAGSTER_HOME)/dagster.yaml  ## build the demo's lake, publish every table, print the forecasts
	$(BIN)/python -m batch_assets.demo build --lake data/lake --manifest data/manifest.json
	$(BIN)/python -m batch_assets up-to-date --from $(FIRST_FORECAST) --to $(LAST_DAY)
	$(BIN)/python -m batch_assets forecasts

ui: $(VENV)/ready $(DAGSTER_HOME)/dagster.yaml  ## open Dagster on the demo
	$(BIN)/dagster dev

test: $(VENV)/ready  ## lint, format, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

bench: $(VENV)/bench  ## measure speed and accuracy side by side
	$(BIN)/python -m batch_assets_tests.benchmarks

screenshots: $(VENV)/ready  ## renew the README's pictures, from the demo
	$(BIN)/python -m batch_assets_tests.browser.screenshots

catalog: $(VENV)/ready  ## renew the README's catalog
	$(BIN)/python -m batch_assets.reporting.catalog README.md

clean:  ## remove what the demo made
	rm -rf data/lake data/manifest.json data/warehouse.duckdb* data/published data/models data/dagster

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev]'
	touch $@

$(VENV)/bench: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev,bench]'
	touch $@

$(DAGSTER_HOME)/dagster.yaml: dagster.yaml.example
	mkdir -p $(DAGSTER_HOME)
	cp dagster.yaml.example $@
