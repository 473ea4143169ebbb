# The work is done by scripts/; this names it.

SHELL := bash

.DEFAULT_GOAL := help
.PHONY: help run test openclaw test-openclaw bench soak fuzz mutants instructions component dist release sbom deny \
	reproducible lint fmt clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: dist ## Build all, list models and stream an answer, against the built-in stand-in
	@scripts/demo

test: ## Build all and run every test
	@scripts/test

openclaw: ## Build the package for OpenClaw: dist/openclaw and a tarball to install (needs Node)
	@scripts/openclaw

test-openclaw: ## Test it in the real OpenClaw, which is installed from npm first (850 MB, once)
	@scripts/test-openclaw

bench: ## Measure beside other clients: ROUNDS=1 for a quick look, SAVE=1 renews the documents
	@scripts/bench

soak: ## Run the long tests of load; some minutes
	@scripts/soak

fuzz: ## Run each fuzz target for a minute (FUZZ_SECONDS)
	@scripts/fuzz

mutants: ## Mutate the decoder, the error table and the host's policy, and see whether a test notices
	@scripts/mutants

instructions: ## Count instructions of the hot path and compare with the table (UPDATE=1 makes it anew)
	@scripts/instructions

component: ## Build the WebAssembly component
	@scripts/build-component

dist: ## Pack the component as a plugin: dist/plugins/cometapi
	@scripts/dist

release: ## The same with the list of what is in it and checksums; SIGNING_KEY=FILE signs it
	@scripts/release

sbom: ## List what is in the component: dist/cometapi.cdx.json (CycloneDX)
	@scripts/sbom

deny: ## Check licences, bans, sources and advisories of all dependencies
	@scripts/deny

reproducible: ## Build the component twice, from two folders, and compare
	@scripts/reproducible

lint: ## Check format, clippy and warnings
	@scripts/lint

fmt: ## Format the code
	@. scripts/environment && cargo fmt --all && for own in fuzz host-test/bench/{instructions,compare}; do cargo fmt --manifest-path $$own/Cargo.toml; done

clean: ## Remove what was built
	@. scripts/environment && cargo clean && rm -rf dist openclaw/build openclaw/generated
