# Everything a developer runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Arguments of `make demo`, `make bench` and `make bench-plugin`.
ARGS ?=
# Only tests whose name contains this.
TESTS ?=
# End-to-end tests at a time; each runs a worker, a WebSocket server and often a JVM.
E2E_THREADS ?= 3

TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: setup build demo deb plugin plugin-check test lint bench bench-plugin soak book clean help

setup: ## Install what this machine lacks (as root; else print the command)
	@scripts/setup

build: ## Build target/release/connect-websocket
	@scripts/setup build
	cargo build --locked --release -p connect-websocket

demo: build ## A scripted exchange into an embedded Kafka; ARGS='--seconds 10'
	$(TARGET)/release/connect-websocket demo $(ARGS)

deb: build ## A Debian package in target/debian
	@scripts/setup test
	scripts/debian-package

plugin: ## The jar for Apache Kafka Connect, with the native libraries of all platforms
	@scripts/setup build test natives
	mvn -q -B -f plugin package -DskipTests

plugin-check: plugin ## What the plugin's native libraries need, show and load on
	scripts/plugin-natives-check plugin/target/natives

test: ## Every test, also end to end; TESTS=part_of_a_name
	@scripts/setup build test
	@scripts/test-tools
	cargo test --locked --workspace --exclude end-to-end --features connect-websocket/otlp -- $(TESTS)
	cargo build --locked -p connect-websocket
	mvn -q -B -f plugin package -Dplatforms=host
	cargo test --locked -p end-to-end -- --test-threads=$(E2E_THREADS) $(TESTS)

lint: ## Format, clippy, dependencies, shell scripts, file lengths
	@scripts/lint

bench: ## Measure the worker; ARGS go to bench/run.py
	@scripts/setup build test
	@scripts/test-tools
	cargo build --locked --release -p connect-websocket -p websocket-exchange
	python3 bench/run.py $(ARGS)

bench-plugin: ## Measure the plugin in a real Connect worker; ARGS go to bench/plugin.py
	@scripts/setup build test
	@scripts/test-tools
	cargo build --locked --release -p connect-websocket -p websocket-exchange
	mvn -q -B -f plugin package -DskipTests -Dplatforms=host
	python3 bench/plugin.py $(ARGS)

soak: ## The long tests: repetitions of what is rare
	@scripts/setup build test
	@scripts/test-tools
	cargo build --locked --release -p connect-websocket
	mvn -q -B -f plugin package -DskipTests -Dplatforms=host
	CONNECT_WEBSOCKET_BIN=$(abspath $(TARGET))/release/connect-websocket \
	  cargo test --locked --workspace -- --ignored --test-threads=1 $(TESTS)

book: ## The documentation as pages in target/book
	@scripts/setup build
	@"$$(scripts/book-tools)/bin/mdbook" build docs

clean: ## Remove what was built; the cache of scripts/cache-dir stays
	cargo clean

help: ## This list
	@sed -n -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
