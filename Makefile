# Watchword: start with `make demo` and `make test`; `make run` does the same as the demo on real sources.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# quiet, but pip still reports errors
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# extras that the image can be built with
EXTRAS := channels browser cluster pdf warc
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --annotation-style line -q

.PHONY: help setup setup-dev demo run test test-all both-ways kill ninety-days soak coverage coverage-report pythons wheel-check release sbom notice audit fuzz image-check \
	check hooks week format lint types contracts docs docs-site pictures clean requirements

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

# two tests for each core, because tests often wait for the sites and mail servers they start
WAITING = $$(( 2 * $$(getconf _NPROCESSORS_ONLN) ))
# folders of which tests must run at least GATE_PERCENT of the lines: here news or mail would be lost
GATED := crawler/flows crawler/storage crawler/alerting crawler/spiders scheduler
GATE_PERCENT := 95

test: setup-dev  ## run the tests of code, storage and flows, and one walk from source to inbox; under three minutes
	@$(BIN)/python -m pytest -n $(WAITING) --dist worksteal -m "not slow" --hypothesis-profile=fast

test-all: setup-dev  ## run all tests but the soak
	@$(BIN)/python -m pytest -n $(WAITING) --dist worksteal -m "not soak" --hypothesis-profile=thorough

both-ways: setup-dev  ## run the tests of whole crawls and of what becomes of articles as a cluster too: with a home and a worker in one process
	@TESTS_NOTEBOOK=field $(BIN)/python -m pytest -n $(WAITING) --dist worksteal -m "not soak" tests/spiders
	@TESTS_NOTEBOOK=field $(BIN)/python -m pytest -n $(WAITING) --dist worksteal -m "not slow" --hypothesis-profile=fast tests/flows

kill: setup-dev  ## kill the daemon a hundred times, not 25 as in test-all; nothing is lost
	@WATCHWORD_KILLS=100 WATCHWORD_TESTS_FORK=0 $(BIN)/python -m pytest -m kill -s

ninety-days: setup-dev  ## three months by the clock; each digest and status report once
	@$(BIN)/python -m pytest -m ninety_days

soak: setup-dev  ## half an hour among hostile sites; SOAK_MINUTES=5 for less
	@WATCHWORD_SOAK_MINUTES=$${SOAK_MINUTES:-30} $(BIN)/python -m pytest -m soak -s

coverage: setup-dev  ## run all tests, child processes counted; fails below 95 % of a gated folder
	@mkdir -p build/coverage && $(BIN)/coverage erase
	@$(COVERAGE_CORE) $(BIN)/coverage run -m pytest -n $(WAITING) --dist worksteal -m "$(COVERED)"
	@$(MAKE) --no-print-directory coverage-report

# from Python 3.12 on, coverage can be measured with sys.monitoring, which slows the tests down far less than a trace function
COVERAGE_CORE = $$($(BIN)/python -c 'import sys; print("env COVERAGE_CORE=sysmon" if sys.version_info >= (3, 12) else "")')
# a killed process cannot save which lines it ran
COVERED ?= not soak and not kill

coverage-report: setup-dev
	@$(BIN)/coverage combine --quiet 2>/dev/null || true
	@failed=0; for area in $(GATED); do \
		printf '%-18s ' $$area; \
		$(BIN)/coverage report --include="$$area/*" --format=total --fail-under=$(GATE_PERCENT) || failed=1; \
	done; exit $$failed

pythons: setup-dev  ## run the quick tests on every Python from 3.11 that is here or that uv can bring, or on VERSIONS="3.12 ..."
	@$(BIN)/python -m tests.installation.pythons $(VERSIONS)

wheel-check: setup-dev  ## build the wheel, install it elsewhere and use it from an empty folder
	@$(BIN)/python -m tests.installation.wheel

release: setup-dev  ## prepare a release in build/release/: make release VERSION=1.2.3; nothing is published
	@$(BIN)/python -m tests.installation.release $(VERSION)

sbom: setup-dev  ## list what an installation is made of, with hashes and licences: build/watchword.cdx.json (CycloneDX)
	@$(BIN)/python -m tests.installation.sbom

notice: setup-dev  ## write the licences of all requirements into NOTICE; fails if one is not known
	@$(BIN)/python -m tests.installation.notice

audit: setup-dev  ## look the requirements up among published weaknesses; ADVISORIES=all.zip works without network
	@$(BIN)/python -m tests.installation.audit $(if $(ADVISORIES),--advisories $(ADVISORIES))

fuzz: setup-dev  ## feed the parsers with changed samples: MINUTES=10, TARGETS=feed,mail; REPLAY=build/fuzz/... runs a find again
	@$(BIN)/python -m tests.fuzz $(if $(REPLAY),--replay $(REPLAY),--minutes $(or $(MINUTES),10)) $(if $(TARGETS),--targets $(TARGETS))

image-check: setup-dev  ## build the image's file system without Docker and run it as compose does (root, mmdebstrap; minutes)
	@$(BIN)/python -m tests.image.check $(IMAGE_ARGS)

check: setup-dev lint types contracts docs-site test-all both-ways week  ## everything but the soak, in under fifteen minutes

hooks: setup-dev  ## have git run the checks that take seconds before each commit
	@$(BIN)/pre-commit install

week: setup-dev  ## a week in the field, in about three minutes: docs/internals/week.md
	@$(BIN)/python -m bench.week --minutes 3 --sites 40 --seed 7 --faults light

pictures: setup-dev  ## make the pictures of mails and web pages in docs/images again (needs Chromium)
	@$(BIN)/python -m tests.browser.pictures

docs: setup  ## write the pages of docs/reference that are made from the code
	@$(BIN)/python -m watchword.cli.reference.write_docs

# not --quiet: it takes away the warnings that --strict counts
docs-site: setup-dev  ## build the docs as a web site in build/site; a broken link or anchor fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: setup-dev  ## format the code and repair what ruff can repair
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: setup-dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .
	@$(BIN)/codespell && $(BIN)/validate-pyproject pyproject.toml

types: setup-dev
	@$(BIN)/mypy

contracts: setup-dev
	@$(BIN)/lint-imports

requirements: setup-dev  ## rewrite the hashed requirements (needs uv)
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
	@$(MAKE) --no-print-directory -B $(EXTRAS:%=requirements-%.txt) requirements-build.txt

# the packages of one extra alone, in the versions that requirements-dev.txt has, if it has them: those are tested
$(EXTRAS:%=requirements-%.txt): requirements-%.txt:
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["$*"], sep="\n")' \
		| $(COMPILE) - -c requirements-dev.txt -o $@

# what is needed to install this project from its folder without an index
requirements-build.txt:
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) - -c requirements-dev.txt -o $@

clean:  ## remove what setup and runs have made (not your database)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build
