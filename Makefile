# The two commands: `make demo` and `make test`. Everything they need is installed into .venv; `make help` lists the others.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DAGSTER_HOME ?= $(CURDIR)/data/dagster
# Where an environment forbids bytecode, each process would compile all that it imports: four seconds of its six.
export PYTHONDONTWRITEBYTECODE :=
LAST_DAY := 2017-12-26
FIRST_FORECAST := 2017-12-11
DAILY := demand_forecast sentiment_changes campaign_report promotions
STREAM := data/stream
STREAM_DAY := 2017-12-27
IN_STREAM := DAGSTER_HOME=$(CURDIR)/$(STREAM)/dagster BATCH_ASSETS_LAKE=$(STREAM)/lake BATCH_ASSETS_WAREHOUSE=$(STREAM)/warehouse.duckdb \
	BATCH_ASSETS_PUBLISHED=$(STREAM)/published BATCH_ASSETS_MODELS=$(STREAM)/models
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)

.PHONY: demo demo-stream ui test parity browser cluster beam bench bench-scale screenshots catalog clean help

demo: $(VENV)/ready $(DAGSTER_HOME)/dagster.yaml  ## build the demo's lake, publish every table, print forecasts, recommendations, what customers say, and one customer
	@echo "Step 2: write the demo's lake, a raw file a day and department, in data/lake; the first time, about 20 seconds"
	$(BIN)/python -m batch_assets.demo build --lake data/lake --manifest data/manifest.json
	@echo "Step 3: publish up to $(LAST_DAY), in data/warehouse.duckdb, the forecasts and all that comes in daily; the first time, about two minutes"
	$(BIN)/python -m batch_assets up-to-date --from $(FIRST_FORECAST) --to $(LAST_DAY) --select $(DAILY)
	@echo "Step 4: publish every table for $(LAST_DAY), recommendations too; the first time, a minute and a half"
	$(BIN)/python -m batch_assets up-to-date --from $(LAST_DAY) --to $(LAST_DAY)
	@echo "Step 5: print the forecasts of $(LAST_DAY), one customer's recommendations, the products whose reviews became better or worse, and one customer as three departments know the same person"
	$(BIN)/python -m batch_assets forecasts
	$(BIN)/python -m batch_assets recommendations
	$(BIN)/python -m batch_assets sentiment
	$(BIN)/python -m batch_assets customer --with-names

demo-stream: $(VENV)/streaming $(DAGSTER_HOME)/dagster.yaml  ## after make demo: a day's tills send events, which are landed while they come; its forecasts are made from them, in a minute
	@test -e data/warehouse.duckdb || $(MAKE) demo
	@echo "Step 1: start a broker, send the receipt lines of $(STREAM_DAY) as the tills would, 2,000 times faster, and land them in $(STREAM)/lake; 45 seconds"
	$(BIN)/python -m batch_assets.demo stream --place $(STREAM) --day $(STREAM_DAY)
	@echo "Step 2: publish the forecast of the day that was landed, in $(STREAM)/warehouse.duckdb; about ten seconds"
	$(IN_STREAM) $(BIN)/python -m batch_assets up-to-date --from $(STREAM_DAY) --to $(STREAM_DAY) --select demand_forecast
	$(IN_STREAM) $(BIN)/python -m batch_assets forecasts

ui: $(VENV)/ready $(DAGSTER_HOME)/dagster.yaml  ## open Dagster's UI on the demo, at http://127.0.0.1:3000
	$(BIN)/dagster dev

test: $(VENV)/tested  ## lint, format, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

browser:  ## install the browser that tests of the UI drive (on Debian, with apt-get)
	@if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then \
		echo "chromium and chromedriver are installed"; \
	elif ! command -v apt-get >/dev/null || { [ -n "$(SUDO)" ] && ! command -v sudo >/dev/null; }; then \
		echo "This needs apt-get, and root or sudo. Install chromium and chromedriver in another way, so that both are in PATH." >&2; exit 1; \
	else \
		echo "Installing Debian's packages chromium and chromium-driver"; \
		$(SUDO) apt-get update -qq && \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null; \
	fi

cluster: $(VENV)/ready  ## install Java (on Debian, with apt-get) and Spark, with which tests start a cluster on this machine; 450 MB to download
	@if command -v java >/dev/null; then \
		echo "Java is installed"; \
	elif ! command -v apt-get >/dev/null || { [ -n "$(SUDO)" ] && ! command -v sudo >/dev/null; }; then \
		echo "This needs apt-get, and root or sudo. Install Java 17 in another way, so that java is in PATH." >&2; exit 1; \
	else \
		echo "Installing Debian's package default-jre-headless"; \
		$(SUDO) apt-get update -qq && \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq default-jre-headless >/dev/null; \
	fi
	@if [ -d $(VENV)/spark/pyspark ]; then echo "Spark is installed"; else \
		echo "Installing Spark into $(VENV)/spark, a folder of its own: it would take the place of its client"; \
		$(BIN)/python -m pip install --quiet --no-compile --no-deps --disable-pip-version-check --constraint constraints.txt --target $(VENV)/spark pyspark py4j; \
	fi

parity: $(VENV)/tested  ## make a day of the demo again on Spark, and compare it with DuckDB's, table by table; update docs/engines.md
	$(BIN)/python -m batch_assets_tests.engine.spark --lake data/lake --warehouse data/warehouse.duckdb
	$(BIN)/python -m batch_assets.reporting.engines docs/engines.md

beam: $(VENV)/beam/ready  ## install Apache Beam, so that its pipeline can be run, and is tested

bench: $(VENV)/bench  ## measure speed and accuracy side by side
	$(BIN)/python -m batch_assets_tests.benchmarks

bench-scale: $(VENV)/tested  ## measure days of 1 to 6,250 times the demo's lines, on DuckDB and, after make cluster, on Spark
	$(BIN)/python -m batch_assets_tests.benchmarks.scale

screenshots: $(VENV)/ready  ## update the pictures in docs, from the demo
	$(BIN)/python -m batch_assets_tests.browser.screenshots

catalog: $(VENV)/ready  ## update docs/catalog.md
	$(BIN)/python -m batch_assets.reporting.catalog docs/catalog.md

clean:  ## remove what the demo made
	rm -rf data/lake data/manifest.json data/truth.parquet data/warehouse.duckdb* data/published data/models data/dagster data/stream

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

$(VENV)/ready: pyproject.toml constraints.txt
	@echo "Step 1, once: install the libraries into $(VENV). The first time, pip downloads about 320 MB and fills 1.1 GB of disk:"
	@echo "        about a minute on a fast network, during which it says nothing."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev]'
	touch $@

$(VENV)/streaming: $(VENV)/ready
	@echo "Install Kafka's client and a broker, once; about 25 MB to download"
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev,broker,kafka]'
	touch $@

$(VENV)/tested: $(VENV)/ready
	@echo "Install what only the tests need, once: Delta tables, a server of S3's protocol, the clients of Kafka and of Pub/Sub, a broker, PostgreSQL, and a Spark engine; about 210 MB to download"
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev,broker,delta,fast,kafka,postgres,pubsub,spark,test]'
	touch $@

# Beam takes no Arrow as new as the one that is pinned, so it has an environment of its own, with the same versions of all else.
$(VENV)/beam/ready: pyproject.toml constraints.txt
	@echo "Install Apache Beam into an environment of its own, $(VENV)/beam, once; it fills 1.1 GB of disk"
	$(PYTHON) -m venv $(VENV)/beam
	grep -v '^pyarrow==' constraints.txt > $(VENV)/beam/constraints.txt
	$(VENV)/beam/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint $(VENV)/beam/constraints.txt --editable '.[beam]'
	touch $@

$(VENV)/bench: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev,bench,broker,fast,kafka]'
	touch $@

$(DAGSTER_HOME)/dagster.yaml: dagster.yaml.example
	mkdir -p $(dir $(DAGSTER_HOME)) && mkdir -p -m 700 $(DAGSTER_HOME)
	cp dagster.yaml.example $@
