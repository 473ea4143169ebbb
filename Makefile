# Names for the scripts in scripts/, which do the work.

SHELL := bash

.DEFAULT_GOAL := help
.PHONY: help run test test-sdks openclaw test-openclaw screenshots bench bench-caching soak fuzz mutants mutants-node instructions component dist \
	release sbom deny reproducible lint fmt clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  NO_INSTALL=1 make … installs nothing and names the command for what is missing"

run: dist ## Build the plugin and its host, list models and stream a response from the built-in stand-in
	@scripts/demo

test: ## Build everything and run all tests
	@scripts/test

test-sdks: ## Check the wire routes with the vendors' SDKs and other projects' mock servers (needs Python)
	@scripts/test-sdks

openclaw: ## Build the package for OpenClaw: dist/openclaw and a tarball to install (needs Node)
	@scripts/openclaw

test-openclaw: ## Test the package in the real OpenClaw, installed from npm (850 MB, once)
	@scripts/test-openclaw

screenshots: ## Make the pictures of OpenClaw's control UI again (needs Chromium)
	@scripts/test-openclaw --screenshots

bench: ## Compare with other clients: ROUNDS=1 for a quick look, SAVE=1 updates the documents
	@scripts/bench

bench-caching: ## Compare the prompt cache of a long session in OpenClaw with that of its own transport (some minutes)
	@scripts/test-openclaw --caching

soak: ## Run the long load tests (some minutes)
	@scripts/soak

fuzz: ## Run each fuzz target for a minute (FUZZ_SECONDS)
	@scripts/fuzz

mutants: ## Change the decoder, the error table and the host's policy, and list what no test notices (hours)
	@scripts/mutants

mutants-node: ## The same for the host in Node (hours)
	@scripts/mutants-node

instructions: ## Count the instructions of the hot path and compare with the table (UPDATE=1 rewrites it)
	@scripts/instructions

component: ## Build the WebAssembly component
	@scripts/build-component

dist: ## Pack the component as a plugin: dist/plugins/cometapi
	@scripts/dist

release: ## Make all files of a release, with SBOM and checksums: dist/release; SIGNING_KEY=FILE signs
	@scripts/release

sbom: ## List the crates in the component: dist/cometapi.cdx.json (CycloneDX)
	@scripts/sbom

deny: ## Check licences, bans, sources and advisories of all dependencies
	@scripts/deny

reproducible: ## Build the component twice, from two folders, and compare
	@scripts/reproducible

lint: ## Check formats, linters, scripts and compiler warnings
	@scripts/lint

fmt: ## Format the code
	@scripts/fmt

clean: ## Remove everything that was built
	@. scripts/environment && cargo clean && rm -rf dist openclaw/build openclaw/generated
