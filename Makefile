# Two commands are all a newcomer needs on a bare Debian 12 machine with Rust: `make demo` and `make test`.
# Builds and test tools live in the user's cache directory (scripts/env.sh says where).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help bootstrap build ui ui-dev release demo test check conformance conformance-more crash bench

CARGO := . scripts/env.sh && cargo

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

bootstrap: ## install what building and testing needs and the machine lacks
	@scripts/bootstrap

build: ## the binary, quick to build
	@scripts/bootstrap --build
	@$(CARGO) build --locked --bin bussola

ui: ## the web app, which debug builds serve from ui/dist and release builds hold
	@scripts/bootstrap --ui
	@scripts/ui build

ui-dev: ## the web app from its sources, reloaded as they change, on the server BUSSOLA_SERVER
	@scripts/bootstrap --ui
	@scripts/ui dev

release: ui ## the binary, quick to run, with the web app in it
	@scripts/bootstrap --build
	@. scripts/env.sh && RELEASE=1 cargo build --locked --release --bin bussola

demo: bootstrap ## a small company's catalog and pipelines on a server of your own, until Ctrl-C (DEMO_EXIT=1: ends by itself)
	@scripts/ui build --if-possible
	@$(CARGO) build --locked --bin bussola
	@scripts/demo

test: ## every test
	@scripts/bootstrap --test
	@scripts/test

check: bootstrap ## formatting and lints; licences and advisories too where cargo-deny is installed
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@scripts/ui check
	@if . scripts/env.sh && command -v cargo-deny >/dev/null; then cargo deny --locked check; fi

conformance: bootstrap ## Luigi's own tests of its scheduler and wire, against our server
	@scripts/test conformance own

conformance-more: bootstrap ## Luigi's other tests that reach a scheduler
	@scripts/test conformance-more

crash: bootstrap ## kill -9 at random moments of a pipeline of 2,000 tasks, 50 times (ROUNDS=n)
	@$(CARGO) build --locked --bin bussola
	@. scripts/env.sh && BUSSOLA_CRASH_ROUNDS=$${ROUNDS:-50} cargo test --locked -p bussola-e2e --test crash -- --nocapture

bench: ## what we claim about speed, next to Python's luigid, in one run (BENCH_QUICK=1: smaller)
	@scripts/bootstrap --test
	@scripts/ui build --if-possible
	@$(CARGO) build --locked --release -p bussola -p bussola-bench
	@. scripts/env.sh && "$$CARGO_TARGET_DIR/release/bussola-bench"
	@. scripts/env.sh && BUSSOLA_BIN="$$CARGO_TARGET_DIR/release/bussola" scripts/ui bench
