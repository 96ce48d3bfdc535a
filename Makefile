# Watchword: the two commands are `make demo` and `make test`; `make run` is the same on real sources.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip is told to be quiet, not silent: what fails is still said
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# extras that the image can be built with
EXTRAS := channels browser pdf warc
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --annotation-style line -q

.PHONY: help setup setup-dev demo run test check week format lint types contracts docs clean requirements image-check

help:  ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready  ## build .venv from requirements.txt (about a minute, once)

setup-dev: $(VENV)/.ready-dev

$(VENV)/.ready: requirements.txt requirements-build.txt pyproject.toml
	@echo "Setting up $(VENV) (about a minute, once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Watchword needs Python 3.11 or newer; say which: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.txt -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	@echo "Adding what tests and checks need ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

demo: setup  ## see the whole job on a bundled newspaper; DEMO_EXIT=1 ends by itself
	@$(BIN)/watchword demo

run: setup  ## run the daemon on seeds/*.toml
	@$(BIN)/watchword run

test: setup-dev  ## run the tests
	@$(BIN)/python -m pytest -n auto

image-check: setup-dev  ## build the image's file system without Docker and run it as compose does (root, mmdebstrap; minutes)
	@$(BIN)/python -m tests.image.check $(IMAGE_ARGS)

check: setup-dev lint types contracts test week  ## everything CI checks

week: setup-dev  ## a week in the field, in about three minutes: docs/week.md
	@$(BIN)/python -m bench.week --minutes 3 --sites 40 --seed 7 --faults light

docs: setup  ## write docs/settings.md and docs/commands.md from the code
	@$(BIN)/python -m watchword.cli.reference.write_docs

format: setup-dev  ## put the code into its form
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: setup-dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: setup-dev
	@$(BIN)/mypy

contracts: setup-dev
	@$(BIN)/lint-imports

requirements: setup-dev  ## write the hashed requirements anew (needs uv)
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
	@$(MAKE) --no-print-directory -B $(EXTRAS:%=requirements-%.txt) requirements-build.txt

# what an extra needs and nothing else, in the versions that are tested where it is
$(EXTRAS:%=requirements-%.txt): requirements-%.txt:
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["$*"], sep="\n")' \
		| $(COMPILE) - -c requirements-dev.txt -o $@

# what installs this project from its folder, without an index
requirements-build.txt:
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) - -c requirements-dev.txt -o $@

clean:  ## remove what setup and runs have made (not your database)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
