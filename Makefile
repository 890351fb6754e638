# Every command of this project. `make` alone lists them.

# The interpreter that makes the virtual environment: Python 3.11 or later.
PYTHON ?= python3
# An extra package index for torch, such as https://download.pytorch.org/whl/cpu.
TORCH_INDEX ?=
# Further arguments of pytest: make test ARGS="-k health -x"
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# A name of its own, as a comma in a call would part its arguments.
EVERYTHING := .[dev,bench]

.DEFAULT_GOAL := help
.PHONY: help run test bench test-browser screenshots check lint types generated format openapi samples env-example clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed ## Serve on http://127.0.0.1:8000; the first call sets everything up
	@exec $(BIN)/python -m service serve

test: $(VENV)/.installed-dev ## Run the tests; ARGS="…" goes to pytest
	$(BIN)/python -m pytest --ignore tests/browser $(ARGS)

bench: $(VENV)/.installed-bench ## Measure how fast it is (15 minutes) and write benchmarks/REPORT.md
	$(BIN)/python -m benchmarks $(ARGS)

test-browser: $(VENV)/.installed-dev ## Test the page in Chromium, which is installed where that is allowed
	$(chromium)
	$(BIN)/python -m pytest tests/browser $(ARGS)

screenshots: $(VENV)/.installed-dev ## Write the pictures of the page in docs/images anew
	$(chromium)
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser/test_screenshots.py

check: lint types generated test test-browser ## Everything that CI runs

lint: $(VENV)/.installed-dev ## Lint, check the format and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.installed-dev ## Check the types
	$(BIN)/python -m mypy

generated: $(VENV)/.installed-dev ## Check that openapi/openapi.json and .env.example are up to date
	$(BIN)/python -m service openapi --check
	$(BIN)/python -m scripts.env_example --check

format: $(VENV)/.installed-dev ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: $(VENV)/.installed-dev ## Write openapi/openapi.json anew from the code
	$(BIN)/python -m service openapi

samples: $(VENV)/.installed-dev ## Draw the pictures of the sample catalogue anew
	$(BIN)/python -m drawing

env-example: $(VENV)/.installed-dev ## Write .env.example anew from the settings
	$(BIN)/python -m scripts.env_example

clean: ## Remove the virtual environment and all caches; data/ and weights/ stay
	rm -rf $(VENV) *.egg-info build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find service tests scripts drawing training benchmarks -name __pycache__ -prune -exec rm -rf {} +

# An installation is done when its stamp is there. While one is under way .installing is there
# instead, with the number of its process: found without that process, it was broken off, and the
# next one starts over.
define install
	@if [ -e $(VENV)/.installing ] && kill -0 "$$(cat $(VENV)/.installing)" 2>/dev/null; then \
		echo "Another make is installing the packages: wait for it, then try again" >&2; exit 1; \
	fi
	@if [ -e $(VENV)/.installing ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
			echo "Python 3.11 or later is needed, and '$(PYTHON)' is not one" >&2; \
			echo "Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }; \
		echo "Making $(VENV)"; \
		$(PYTHON) -m venv --clear $(VENV); \
	fi
	@echo "$$PPID" > $(VENV)/.installing
	@echo "Installing the packages; the first time takes minutes"
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt \
		$(if $(TORCH_INDEX),--extra-index-url '$(TORCH_INDEX)') --editable '$(1)'
	@mv $(VENV)/.installing $@
endef

# The system's own browser: a downloaded one would lack the libraries that it needs.
define chromium
	@for name in $(or $(CHROMIUM),chromium chromium-browser google-chrome google-chrome-stable); do \
		if command -v "$$name" >/dev/null; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
			--no-install-recommends chromium fonts-inter fonts-liberation && exit 0; \
	fi; \
	echo "The tests of the page need Chromium, and it cannot be installed from here: install it," >&2; \
	echo "or name the program: make $(MAKECMDGOALS) CHROMIUM=/path/to/chromium" >&2; \
	exit 1
endef

$(VENV)/.installed: pyproject.toml constraints.txt
	$(call install,.)

$(VENV)/.installed-dev: pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch $(VENV)/.installed

$(VENV)/.installed-bench: pyproject.toml constraints.txt
	$(call install,$(EVERYTHING))
	@touch $(VENV)/.installed $(VENV)/.installed-dev
