# Every command of this project. `make` alone lists them.

# The interpreter that makes the virtual environment: Python 3.11 or later.
PYTHON ?= python3
# An extra package index for torch, such as https://download.pytorch.org/whl/cpu.
TORCH_INDEX ?=
# Further arguments of pytest: make test ARGS="-k health -x"
ARGS ?=

VENV := .venv
# The checks of the page's JavaScript.
PAGE := tests/page
BIN := $(VENV)/bin
# A name of its own, as a comma in a call would part its arguments.
EVERYTHING := .[dev,bench]

.DEFAULT_GOAL := help
.PHONY: help run test bench test-browser screenshots check lint types generated page format openapi samples env-example clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed ## Serve on http://127.0.0.1:8000; the first call sets everything up
	@exec $(BIN)/python -m service serve

# Some of the tests alone cannot reach the coverage of all.
test: $(VENV)/.installed-dev ## Run the tests and check their coverage; with ARGS="…" for pytest, only run them
	$(BIN)/python -m pytest --ignore tests/browser $(if $(ARGS),$(ARGS),--cov)

bench: $(VENV)/.installed-bench ## Measure how fast it is (15 minutes) and write benchmarks/REPORT.md
	$(BIN)/python -m benchmarks $(ARGS)

test-browser: $(VENV)/.installed-dev ## Test the page in Chromium, which is installed where that is allowed
	$(chromium)
	$(BIN)/python -m pytest tests/browser $(ARGS)

screenshots: $(VENV)/.installed-dev ## Write the pictures of the page in docs/images anew
	$(chromium)
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser/test_screenshots.py

check: lint types generated page test test-browser ## Everything that CI runs

lint: $(VENV)/.installed-dev ## Lint, check the format and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.installed-dev ## Check the types
	$(BIN)/python -m mypy

generated: $(VENV)/.installed-dev ## Check that openapi/openapi.json and .env.example are up to date
	$(BIN)/python -m service openapi --check
	$(BIN)/python -m scripts.env_example --check

page: $(PAGE)/node_modules/.installed ## Lint the page's JavaScript, check its types and test its modules; needs Node.js 20
	$(PAGE)/node_modules/.bin/eslint --config $(PAGE)/eslint.config.js --max-warnings 0 service/web/static/js $(PAGE)
	@mkdir -p $(PAGE)/generated
	$(PAGE)/node_modules/.bin/openapi-typescript openapi/openapi.json --output $(PAGE)/generated/api.d.ts
	$(PAGE)/node_modules/.bin/tsc --project $(PAGE)
	node --test $(PAGE)/*.test.js

format: $(VENV)/.installed-dev ## Format the code and fix what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: $(VENV)/.installed-dev ## Write openapi/openapi.json anew from the code
	$(BIN)/python -m service openapi

samples: $(VENV)/.installed-dev ## Draw the pictures of the sample catalogue anew
	$(BIN)/python -m drawing

env-example: $(VENV)/.installed-dev ## Write .env.example anew from the settings
	$(BIN)/python -m scripts.env_example

clean: ## Remove the virtual environment and all caches; data/ and weights/ stay
	rm -rf $(VENV) $(PAGE)/node_modules $(PAGE)/generated *.egg-info build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage
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

# No lock file: it would name the registry that the packages came from.
$(PAGE)/node_modules/.installed: $(PAGE)/package.json
	@command -v npm >/dev/null && node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' || { \
		echo "The checks of the page need Node.js 20.19 or later with npm: install it from" >&2; \
		echo "https://nodejs.org or by the system's package manager, then try again" >&2; exit 1; }
	npm install --prefix $(PAGE) --no-package-lock --no-audit --no-fund --loglevel error
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt
	$(call install,.)

$(VENV)/.installed-dev: pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch $(VENV)/.installed

$(VENV)/.installed-bench: pyproject.toml constraints.txt
	$(call install,$(EVERYTHING))
	@touch $(VENV)/.installed $(VENV)/.installed-dev
