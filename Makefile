# Everything runs from .venv, which is made from requirements.lock and made again when that changes.
# PYTHON=/path/to/python3 chooses the interpreter it is made with (3.11 or newer).

VENV := .venv
STAMP := $(VENV)/.installed

# the first of these that really runs and is new enough: a version manager's stand-in may exist and still fail
PYTHON ?= $(firstword $(foreach name,python3.14 python3.13 python3.12 python3.11 python3,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(name))))

.DEFAULT_GOAL := help
.PHONY: run test journeys attacks check audit faults soak bench loadtest help

## run       everything on this machine, with a demo app and a stand-in for TikTok (Ctrl-C stops it)
run: $(STAMP)
	@$(VENV)/bin/signalpost up --demo

# servers that the tests may use up: said on the command line alone, never what happens to stand in the environment
given = $(if $(filter command,$(firstword $(origin $(1)))),$($(1)))
# which tests, for a part of them: make test TESTS=tests/clicks
TESTS ?=
# those that run whole machines, break and attack them, or open the console's pages
JOURNEYS := tests/journeys tests/faults tests/attacks tests/privacy tests/deploy tests/console/pages \
	tests/cli/test_up.py tests/redirector/test_bridge_taps.py
pytest = TEST_ENGINES='$(ENGINES)' TEST_EXAMPLES='$(EXAMPLES)' \
	TEST_DATABASE_URL='$(call given,DATABASE_URL)' TEST_REDIS_URL='$(call given,REDIS_URL)' \
	$(VENV)/bin/pytest -n $(if $(call given,REDIS_URL),0,logical) --maxprocesses 4 --dist loadfile --no-loadscope-reorder
unexport DATABASE_URL REDIS_URL

## test      every part by itself, on the embedded engines. ENGINES=debian: Debian's redis-server and postgresql;
##           ENGINES=cluster: a Valkey Cluster of three; DATABASE_URL=, REDIS_URL=: servers given for it (an empty Redis);
##           EXAMPLES=1000: as many examples of wild input for each such test, drawn anew
test: $(STAMP)
	@$(pytest) $(or $(TESTS),$(addprefix --ignore=,$(JOURNEYS)))

## journeys  the rest of the suite: whole machines, broken and attacked, and the console's pages, also in a browser
journeys: $(STAMP)
	@$(pytest) $(JOURNEYS)

## attacks   hostile input, and crashes in any order, at length; SEED=<number>: a run once more
attacks: seed := $(or $(SEED),$(shell date +%s))
attacks: $(STAMP)
	@echo "make attacks SEED=$(seed)"
	@TEST_ENGINES=$(ENGINES) ATTACKS=long ATTACKS_SEED=$(seed) $(VENV)/bin/pytest -n logical --maxprocesses 4 --dist loadfile \
		tests/attacks

## check     format, lint, types and import rules
check: $(STAMP)
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

## audit     known vulnerabilities of the pinned libraries, where an index answers
audit: $(STAMP)
	@$(VENV)/bin/python .ci/audit.py

## faults    break everything on purpose, under traffic, and see that all adds up (25 minutes; SEED=<n>); writes docs/reliability.md
faults: $(STAMP)
	@$(VENV)/bin/python -m tests.faults $(if $(SEED),--seed '$(SEED)') $(if $(ONLY),--only '$(ONLY)')

## soak      an hour of traffic, something broken every two minutes, flat and even at the end (MINUTES=60, SEED=<n>)
soak: $(STAMP)
	@$(VENV)/bin/python -m tests.faults.soak --minutes '$(or $(MINUTES),60)' $(if $(SEED),--seed '$(SEED)')

## bench     how fast redirects are, beside the limits of this machine; AGAINST=<commit>: beside an earlier commit
bench: $(STAMP)
	@$(VENV)/bin/python -m loadtests.bench $(if $(AGAINST),--against '$(AGAINST)')

## loadtest  locust against a running server
loadtest: $(STAMP)
	@$(VENV)/bin/python -m loadtests.run

## help      this list
help:
	@sed -n 's/^## /make /p' Makefile

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Signalpost needs Python 3.11 or newer: install it, or run make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setting up $(VENV) ..."
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)
