# The commands people use. Everything else is behind `cargo xtask` or `npm run` in console/.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# One target folder for every checkout on this machine: dependencies are built once.
export CARGO_TARGET_DIR ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/reeve/target
export CARGO_TERM_COLOR ?= auto
VENV := .venv
REEVE := $(CARGO_TARGET_DIR)/debug/reeve

.PHONY: help demo test walks conformance fuzz bench build console clean

help: ## Show this list.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: build ## Build Reeve and start the demo: a simulated estate, the server and the console.
	@$(REEVE) demo $(ARGS)

build: console ## Build the console and the binary.
	@echo "== building reeve (a few minutes the first time)"
	@cargo build --package reeve-cli

console: console/dist/index.html

console/dist/index.html: console/package-lock.json $(shell find console/src console/index.html console/vite.config.* -type f 2>/dev/null)
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
	@echo "== building the console"
	@cd console && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

test: ## Everything CI runs.
	@scripts/test

conformance: ## Run the public conformance suites, or one: make conformance SUITE=aws-protocols
	@cargo run --quiet --package reeve-conformance -- $(SUITE) $(ARGS)

fuzz: ## Feed the decoders what nobody thought of: make fuzz TARGET=ec2_responses SECONDS=60
	@scripts/fuzz "$(TARGET)" $(or $(SECONDS),60)

walks: ## Have boto3 and the AWS CLI walk every service of the twin (SERVICES="ec2_compute s3" for some).
	@scripts/walks $(SERVICES)

bench: ## Measure the way to AWS, the simulated AWS, runbooks (beside scripts/venv and scripts/bench-others), then 10,000 and 100,000 resources.
	@cargo run --release --package reeve-bench -- $(ARGS)

clean: ## Remove what was built in this checkout (not the shared target folder).
	rm -rf console/dist console/node_modules $(VENV)
