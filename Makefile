# Every target does what it needs first. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each file of tests runs whole in one of so many processes, in the order that tests/conftest.py gives them.
TESTERS ?= 2
PYTEST := $(BIN)/pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install run test test-slow check audit bench docs lock generate clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## make .venv, install the locked packages, build the web app

$(STAMP): pyproject.toml requirements.lock hatch_build.py $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
	@echo "==> Python environment in $(VENV)"; test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@start=$$(date +%s); $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock \
	  && echo "==> packages installed in $$(( $$(date +%s) - start )) s"
	@start=$$(date +%s); $(BIN)/python -m pip install -v --disable-pip-version-check --no-deps --no-build-isolation -e . > $(VENV)/build.log 2>&1 \
	  || { tail -n 40 $(VENV)/build.log; exit 1; }; echo "==> web app built in $$(( $$(date +%s) - start )) s"
	@touch $(STAMP)

run: install ## start Vestnik with demo data and the provider simulator on 127.0.0.1:8000
	$(BIN)/vestnik up --demo

test: install ## all tests but the slow ones
	$(PYTEST) -m "not slow"

test-slow: install ## the slow tests: kills, faults, the browser, load
	$(PYTEST) -m slow

check: install ## lint, types, imports, generated files, licences
	$(BIN)/python tools/check.py

audit: install ## ask the registries for known weaknesses of what is installed; needs the internet
	@test -x $(VENV)/audit/bin/pip-audit || $(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install -q --disable-pip-version-check "pip-audit>=2.10,<3"
	$(BIN)/python tools/audit.py

bench: install ## benchmarks: a table on the screen, JSON in benchmarks/results/
	$(BIN)/python -m pip install -q --disable-pip-version-check -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks

docs: install ## the documents as a site in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build -q --strict

generate: install ## write the files that are made from the schemas and the API
	$(BIN)/python -m vestnik.contract.generate
	$(BIN)/python tools/openapi.py
	$(BIN)/python tools/errors.py
	$(BIN)/python tools/web.py run types

lock: ## choose versions anew: requirements.lock
	$(BIN)/python -m pip install -q uv && $(BIN)/uv pip compile -q --all-extras --upgrade pyproject.toml -o requirements.lock

clean: ## remove what was built; data in var/ stays
	rm -rf $(VENV) web/node_modules web/dist platform/vestnik/static site .mypy_cache .ruff_cache .pytest_cache
