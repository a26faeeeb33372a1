# Everything starts here. `make help` lists the targets; each makes its own environment when it is missing.

PYTHON  ?= python3
WORKERS ?= 2
# How many deleted verification calls `make mutants` tries, others with each change; 0 means all of them.
MUTANTS ?= 16
# How often `make crash` kills a node, and which schedule it follows; empty means a new one.
CYCLES  ?= 200
SEED    ?=
# How often `make destroy` destroys a node and lets its words bring it back.
RUNS    ?= 50
# How many torn disks `make power` looks at, in a life of how many deeds; a round of a release: 20000 and 1000.
IMAGES  ?= 100
DEEDS   ?= 150
# How many worlds `make sim` lives through, and the seed of the first; a round of a release: 20000.
SEEDS   ?= 300
START   ?= 0
# `make faults` lets every so-many-th operation of a disk fail; 1 is all of them.
STRIDE  ?= 60
# What `make run` is to do: --alone, and options of `pcloud up`. For `make bench`: --json, and names of parts.
ARGS    ?=

BIN    := .venv/bin
PY     := $(BIN)/python
READY  := .venv/.ready
SECOND_PACKAGES := interop/second/node_modules/.ready
ORACLE := .venv-oracle/.ready
FUZZER := .venv-fuzz/.ready
# The fuzzer comes ready-made for this kind of machine only.
FUZZABLE := $(if $(filter x86_64,$(shell uname -m)),fuzz)
PLOTTER := .venv-plots/.ready
RIVALS := .venv-rivals/.ready
BROWSER_PACKAGES := tests/browser/node_modules/.ready

# Folders that exist today: the same commands serve while the project grows.
CODE  = $(wildcard src tests spec/kit interop bench examples)
# Tests of the pure layers, and the fast loop: these and the architecture.
PURE  = tests/vectors tests/property tests/unit/test_errors.py $(addprefix tests/unit/,engine features kernel testing wire)
QUICK = tests/tidy $(PURE)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export MUTANTS

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check static quick pure outer browser oracle mutants crash destroy power faults fuzz sim planted second second-built interop interop-quick differ vectors vectors-check texts bench plots rivals format lock clean

help: ## show this list
	@echo "pcloud: a personal cloud that relates to others as an equal"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------- using it

run: $(READY) ## start your own node, and two neighbours to try it on (ARGS=--alone: only yours)
	@$(PY) examples/neighbours/run.py $(ARGS)

# ---------------------------------------------------------------- checking it

# What waits runs beside what computes, the longest first; each shows what it said when it ends.
TOGETHER = outer browser destroy crash sim fuzz second power faults mutants oracle interop-quick
test: static pure $(BROWSER_PACKAGES) $(SECOND_PACKAGES) $(ORACLE) $(if $(FUZZABLE),$(FUZZER)) ## everything: what must be green before a change is merged
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target $(filter-out $(if $(FUZZABLE),,fuzz),$(TOGETHER))

check: static quick ## the fast loop: format, lint, types, arrows, quick tests (under a minute)

static: $(READY) ## format, lint, types and the direction of imports, without running tests
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

quick: $(READY)
	HYPOTHESIS_PROFILE=quick $(BIN)/pytest -q -n $(WORKERS) $(QUICK)

# The gate of 100 % branch coverage for the pure layers stands in pyproject.toml, under coverage.report.
pure: $(READY) ## the tests of the pure layers, of which every branch is reached
	$(BIN)/pytest -q -n $(WORKERS) --cov --cov-report=term-missing:skip-covered $(PURE)

# They wait more than they compute, so one more at a time costs nothing. Who is done takes from who has slow ones left.
outer: $(READY) ## all other tests: files, sockets, processes
	$(BIN)/pytest -q -n $$(($(WORKERS) + 1)) --dist worksteal --ignore=tests/mutation --ignore=tests/browser $(addprefix --ignore=,$(PURE)) tests

# A file is one worker's, for its tests share their nodes. PICTURES=1 writes the screenshots of docs/pictures anew.
browser: $(READY) $(BROWSER_PACKAGES) ## drive real nodes through a real browser (needs Chromium and Node.js 20)
	$(PY) tests/browser/chromium.py
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile tests/browser

oracle: $(READY) $(ORACLE) ## ask an independent library whether our signed objects verify
	$(PY) tests/oracle/make_objects.py > .venv-oracle/objects.jsonl
	.venv-oracle/bin/python tests/oracle/verify_with_cwt.py < .venv-oracle/objects.jsonl

mutants: $(READY) ## delete verification calls, one at a time: a test must notice (MUTANTS=0: all of them)
	$(BIN)/pytest -q -s tests/mutation

crash: $(READY) ## kill a real node at random instants while four peers send: nothing may be lost (CYCLES=n)
	$(PY) -m tests.crash --cycles $(CYCLES) --seed "$(SEED)"

destroy: $(READY) ## destroy a real node at random instants: the words and a copy bring all back (RUNS=n)
	$(PY) -m tests.destroy --runs $(RUNS) --seed "$(SEED)"

# RUNS=20000 takes some minutes, RUNS=1000000 a night.
fuzz: RUNS = 500
fuzz: $(FUZZER) ## give every reader of bytes what nobody wrote: nothing but refusals may come out (RUNS=n a door)
	PYTHONPATH=src:. .venv-fuzz/bin/python -m tests.fuzz --runs $(RUNS) --seed $(or $(SEED),1) --workers $(WORKERS) $(ARGS)

power: $(READY) ## cut a node's power at every sync and at random instants: nothing may be lost (IMAGES=n DEEDS=n)
	$(PY) -m tests.power --images $(IMAGES) --deeds $(DEEDS) --seed $(or $(SEED),0) --workers $(WORKERS)

faults: $(READY) ## let operations of a node's disk fail: it stops or refuses, and loses nothing (STRIDE=n)
	$(PY) -m tests.faults --stride $(STRIDE) --seed $(or $(SEED),0) --workers $(WORKERS)

sim: $(READY) ## worlds of whole nodes in simulated weather, one for each seed (SEEDS=n, START=first seed)
	$(PY) -m pcloud.testing.simulation --seeds $(SEEDS) --start $(START) --workers $(WORKERS) \
		--first tests/simulation/seeds $(ARGS)

# Each fault ends with the first seed that finds it, so most cost little.
planted: SEEDS = 1000
planted: $(READY) ## put faults into the code, one at a time: the simulator must find each (SEEDS=n at most)
	$(PY) -m tests.simulation.planting --seeds $(SEEDS) --start $(START) $(ARGS)

second: second-built ## build the second implementation, in TypeScript, and run its tests (needs Node.js 20)
	cd interop/second && npm test --silent

second-built: $(SECOND_PACKAGES)
	cd interop/second && npm run --silent build

# The second implementation takes part where there is Node.js to build and run it.
NODE   := $(shell command -v node)
DRIVERS = interop/drivers/python $(if $(NODE),interop/drivers/typescript)
interop: $(READY) $(if $(NODE),second-built) ## every implementation against the spec, every other and a hostile peer (ARGS=--quick)
	@$(if $(NODE),,echo "There is no Node.js here: the second implementation is left out, and all pairs with it.")
	PYTHONPATH=interop/suite $(PY) -m pcloud_interop run $(DRIVERS) --report interop/report.html $(ARGS)

# After the tests of the second implementation, since both build it.
interop-quick: second
	@$(MAKE) --no-print-directory interop ARGS=--quick

# INPUTS=1000000 takes about twenty minutes.
INPUTS ?= 20000
differ: $(READY) second-built ## both implementations on inputs that nobody wrote (INPUTS=n, SEED=n)
	PYTHONPATH=interop/suite $(PY) -m pcloud_interop compare interop/drivers/python interop/drivers/typescript \
		--inputs $(INPUTS) --seed $(or $(SEED),0) $(ARGS)

# ---------------------------------------------------------------- making things

vectors: $(READY) ## remake spec/vectors with spec/kit, which knows nothing of src
	$(PY) spec/kit

vectors-check: vectors ## remake them and fail if anything differs from what is committed
	git diff --exit-code -- spec/vectors
	@new="$$(git ls-files --others --exclude-standard -- spec/vectors)"; \
	if [ -n "$$new" ]; then echo "made by spec/kit but not committed:"; echo "$$new"; exit 1; fi

texts: $(READY) ## write the catalogue of the page's texts anew, for translators
	$(PY) tests/unit/web/texts.py

bench: $(READY) ## measure what everything costs, beside its floor of the same run (ARGS=--json, or parts)
	$(PY) -m bench $(ARGS)

plots: $(PLOTTER) ## draw the newest run of `make bench` for the documentation
	.venv-plots/bin/python bench/plot.py $(ARGS)

rivals: $(READY) $(RIVALS) ## measure messages of others side by side with ours
	$(PY) -m bench.rivals .venv-rivals/bin/python

format: $(READY) ## format the code and mend what can be mended mechanically
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

# Needs `uv` on the path. Look at the difference before committing it.
UV ?= uv
LOCK = $(UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header
lock: ## resolve the dependencies anew, after a change in pyproject.toml
	$(LOCK) pyproject.toml -o requirements/core.txt
	$(LOCK) pyproject.toml --group dev -c requirements/core.txt -o requirements/dev.txt
	$(LOCK) --group pyproject.toml:oracle -o requirements/oracle.txt
	$(LOCK) --group pyproject.toml:fuzz -o requirements/fuzz.txt
	$(LOCK) --group pyproject.toml:plots -o requirements/plots.txt
	$(LOCK) --group pyproject.toml:rivals -o requirements/rivals.txt

clean: ## remove environments, caches and reports
	rm -rf .venv .venv-oracle .venv-plots .venv-rivals .venv-fuzz .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf .coverage .coverage.* htmlcov build dist tests/browser/node_modules interop/second/node_modules interop/second/dist
	find src tests spec interop bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# ---------------------------------------------------------------- environments

# Made from hash-pinned locks. The package itself is linked, not copied, so an edit counts at once.
$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(PY) -m pip install --quiet --no-deps --no-index --no-build-isolation --editable .
	@touch $@

# The lock file pins every package with its hash; nothing of a package is run to install it.
$(BROWSER_PACKAGES): tests/browser/package-lock.json
	cd tests/browser && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(SECOND_PACKAGES): interop/second/package-lock.json
	cd interop/second && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(ORACLE): requirements/oracle.txt
	$(PYTHON) -m venv .venv-oracle
	.venv-oracle/bin/python -m pip install --quiet --require-hashes -r requirements/oracle.txt
	@touch $@

# The node's own packages beside the fuzzer; the package itself is found in src.
$(PLOTTER): requirements/plots.txt
	$(PYTHON) -m venv .venv-plots
	.venv-plots/bin/python -m pip install --quiet --require-hashes -r requirements/plots.txt
	@touch $@

$(RIVALS): requirements/rivals.txt
	$(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --require-hashes -r requirements/rivals.txt
	@touch $@

$(FUZZER): requirements/fuzz.txt requirements/core.txt
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --require-hashes -r requirements/core.txt -r requirements/fuzz.txt
	@touch $@
