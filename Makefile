# The work is done by scripts/; this names it.

SHELL := bash

.DEFAULT_GOAL := help
.PHONY: help run test soak component dist lint fmt clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: dist ## Build all, list models and stream an answer, against the built-in stand-in
	@scripts/demo

test: ## Build all and run every test
	@scripts/test

soak: ## Run the long tests of load; some minutes
	@scripts/soak

component: ## Build the WebAssembly component
	@scripts/build-component

dist: ## Pack the component as a plugin: dist/plugins/cometapi
	@scripts/dist

lint: ## Check format, clippy and warnings
	@scripts/lint

fmt: ## Format the code
	@. scripts/environment && cargo fmt --all

clean: ## Remove what was built
	@. scripts/environment && cargo clean && rm -rf dist
