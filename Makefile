# Every command of this project. `make` alone lists them.

# The interpreter that makes the virtual environment: Python 3.11 or later.
PYTHON ?= python3
# An extra package index for torch, such as https://download.pytorch.org/whl/cpu.
TORCH_INDEX ?=
# Further arguments of pytest: make test ARGS="-k health -x"
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test check lint types generated format openapi env-example clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed ## Serve on http://127.0.0.1:8000; the first call sets everything up
	@exec $(BIN)/python -m service serve

test: $(VENV)/.installed-dev ## Run the tests; ARGS="…" goes to pytest
	$(BIN)/python -m pytest $(ARGS)

check: lint types generated test ## Everything that CI runs

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

env-example: $(VENV)/.installed-dev ## Write .env.example anew from the settings
	$(BIN)/python -m scripts.env_example

clean: ## Remove the virtual environment and all caches; data/ and weights/ stay
	rm -rf $(VENV) *.egg-info build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find service tests scripts training benchmarks -name __pycache__ -prune -exec rm -rf {} +

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

$(VENV)/.installed: pyproject.toml constraints.txt
	$(call install,.)

$(VENV)/.installed-dev: pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch $(VENV)/.installed
