# What can be done here. Each target sets up what it needs by itself, in .venv* and target/.
#
#   make demo     starts a small shop and loads it; shows the page   (SECONDS=20 ends it by itself)
#   make test     Rust and Python tests
#   make lint     format, lints, types, floors, file sizes
#   make bench    compares with wrk, Locust and others   (SCENARIO=plain REPEATS=5 TOOLS=gregaria,wrk narrow it)
#   make ui       builds the page into crates/web/assets   (needs Node 20 or later)
#   make soak     watches a page that is open for eight hours of a run   (HOURS=0.25 for fewer)
#   make screenshots   takes the pictures of the page in docs/images again   (needs Chromium)
#   make api      writes ui/openapi.json again, after a change of crates/web/src/model
#   make wheel    builds the wheel into dist/

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test test-rust test-python test-firefox test-looks soak soak-played lint ui screenshots bench api wheel native release tools clean

PYTHON ?= python3
BIN := .venv/bin
LOCUST_PYTHON := $(CURDIR)/.venv-locust/bin/python
RELEASE_BIN := .venv-release/bin
# One interpreter for every cargo call: pyo3 is built again whenever it changes.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export GREGARIA_REAL_LOCUST := $(LOCUST_PYTHON)
export GREGARIA_CHECKOV := $(CURDIR)/.venv-checkov/bin/checkov
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

# Features that tests need of shared dependencies, asked for wherever something is built that they
# use: so nothing is built twice.
AS_TESTED := --features gregaria-py/as-tested
# Every package is pinned: there is nothing to resolve. What is imported compiles itself.
INSTALL_OPTIONS := install --quiet --no-deps --no-compile
INSTALL := $(BIN)/pip $(INSTALL_OPTIONS)

# --- set-up -------------------------------------------------------------------------------------

.venv/.installed: requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) --requirement requirements-dev.txt
	touch $@

.venv-%/.installed: tests/requirements-%.txt | .venv/.installed
	$(PYTHON) -m venv --without-pip .venv-$*
	$(BIN)/pip --python .venv-$*/bin/python $(INSTALL_OPTIONS) --requirement $<
	touch $@

# Without Node, the page is taken as it was built last, and what checks it is left out.
NODE := $(shell command -v npm 2>/dev/null)
NPM := npm --prefix ui --silent

ui/node_modules/.installed: ui/package-lock.json
	npm --prefix ui ci --silent
	touch $@

# The servers and tools of the benchmark and of some tests, as program:package. Only a root user on
# Debian gets them installed, with those that only root can use; everybody else is told what is
# missing.
TOOLS := nginx:nginx wrk:wrk tmux:tmux openssl:openssl faketime:faketime
ROOT_TOOLS := ip:iproute2 nft:nftables systemd-nspawn:systemd-container mmdebstrap:mmdebstrap

tools:
	@is_debian_root() { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; }; \
	wanted="$(TOOLS)"; if is_debian_root; then wanted="$$wanted $(ROOT_TOOLS)"; fi; \
	missing=""; for tool in $$wanted; do \
	  PATH="$$PATH:/usr/sbin" command -v $${tool%%:*} >/dev/null || missing="$$missing $${tool#*:}"; done; \
	if [ -n "$$missing" ]; then \
	  if is_debian_root; then \
	    echo "installing Debian packages:$$missing"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else echo "please install:$$missing" >&2; exit 1; fi; fi

# The package in .venv, editable, with a quickly built native module: for tests and daily work.
native: .venv/.installed
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/maturin develop --quiet --profile dev --features extension-module,as-tested

# The wheel as users get it, in a venv of its own: for the demo and the benchmark.
release: wheel
	test -x $(RELEASE_BIN)/python || $(PYTHON) -m venv .venv-release
	$(RELEASE_BIN)/pip install --quiet --constraint requirements-dev.txt dist/gregaria-*.whl
	$(RELEASE_BIN)/pip install --quiet --no-deps --force-reinstall dist/gregaria-*.whl

# --- what people call ---------------------------------------------------------------------------

wheel: .venv/.installed
	rm -f dist/gregaria-*.whl
	$(BIN)/maturin build --quiet --release --out dist --interpreter $(PYO3_PYTHON)
	@ls dist/gregaria-*.whl

demo: release
	$(RELEASE_BIN)/gregaria demo $(if $(SECONDS),--run-time $(SECONDS) --autoquit 0)

test: test-rust test-python

# The tests of crates/py link with libpython, which need not lie where the loader looks.
test-rust: .venv/.installed .venv-locust/.installed
	export LD_LIBRARY_PATH="$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}"; \
	if command -v cargo-nextest >/dev/null; then \
	  cargo nextest run --workspace $(AS_TESTED) --locked --no-fail-fast \
	  && cargo test --workspace $(AS_TESTED) --locked --doc --quiet; \
	else cargo test --workspace $(AS_TESTED) --locked --quiet --no-fail-fast; fi

# Each part is a process of its own, and some run at once: most of their time is waiting. Those that
# take longest come first, and what computes beside what waits. `make test-python PARTS=tests/http`
# runs one. The page is driven in a browser against the package in .venv, with workers that are played
# and beside the real Locust.
LONG := tests/boot tests/ui tests/cluster/test_two_minutes.py tests/cluster/test_network.py \
  tests/aws tests/web tests/cli tests/cluster/test_bundle.py tests/cluster/test_faults.py
PARTS ?= $(LONG) $(filter-out $(LONG),$(sort $(wildcard tests/cluster/test_*.py))) \
  $(filter-out $(LONG) tests/cluster tests/structure,\
    $(patsubst %/,%,$(sort $(dir $(wildcard tests/*/test_*.py)))))
JOBS ?= 3

test-python: native .venv-locust/.installed .venv-checkov/.installed tools $(if $(NODE),ui/node_modules/.installed)
	cargo build --quiet --locked --workspace $(AS_TESTED) --example workers
	@$(MAKE) --no-print-directory --jobs $(JOBS) --output-sync=target --keep-going $(PARTS:%=part/%)

# A part says at its end what it has cost.
TIMED = @TIMEFORMAT="$* took %R s, of which %U + %S s of CPU"; time

part/tests/ui: part/%:
	$(if $(NODE),$(TIMED) $(NPM) test,@echo "test: no Node here, so the tests of the page are left out")

# What matters most, in Debian's Firefox: before a release.
test-firefox: native ui/node_modules/.installed
	cargo build --quiet --locked --workspace $(AS_TESTED) --example workers
	BROWSER=firefox $(NPM) test -- real/course real/gaps real/cluster tests/ui/live tests/ui/accessible

# What the page looks like, beside the pictures that are kept: before a release.
test-looks: ui/node_modules/.installed
	LOOKS=compare $(NPM) test -- tests/ui/looks

# What the page and its master keep of a long run: for nights. HOURS=0.25 takes a quarter of an hour.
soak: native ui/node_modules/.installed
	cargo build --quiet --locked --workspace $(AS_TESTED) --example workers
	SOAK=real HOURS=$(HOURS) $(NPM) test -- tests/ui/real/soak

# The same of a run that is played to the page as fast as it takes it.
soak-played: ui/node_modules/.installed
	SOAK=played HOURS=$(HOURS) $(NPM) test -- tests/ui/soak

# A machine that is held up for seconds may fail a test once. What passed at the second try is named.
part/%:
	$(TIMED) PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest --reruns 1 -raR $* $(PYTEST_ARGS)

# Keeps going after a failure, so that one run shows everything there is to repair.
lint: .venv/.installed $(if $(NODE),ui/node_modules/.installed)
	@failed=""; \
	check() { echo "lint: $$*"; "$$@" || failed="$$failed\n  $$*"; }; \
	check cargo fmt --all --check; \
	check cargo clippy --workspace --all-targets $(AS_TESTED) --locked --quiet -- -D warnings; \
	check $(BIN)/ruff format --check --quiet .; \
	check $(BIN)/ruff check --quiet .; \
	check $(BIN)/basedpyright --level error; \
	check $(BIN)/python -m pytest --quiet --confcutdir tests/structure tests/structure; \
	if [ -n "$(NODE)" ]; then check $(NPM) run check; check $(NPM) run fresh; \
	else echo "lint: no Node here, so the page is not checked"; fi; \
	if [ -n "$$failed" ]; then echo -e "lint: these found something:$$failed" >&2; exit 1; fi

ui: ui/node_modules/.installed
	$(NPM) run model
	$(NPM) run build

screenshots: native ui/node_modules/.installed
	$(NPM) run screenshots

bench: release .venv-locust/.installed tools
	$(RELEASE_BIN)/python bench/run.py --gregaria $(RELEASE_BIN)/gregaria --locust .venv-locust/bin/locust \
	  $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(REPEATS),--repeats $(REPEATS)) $(if $(TOOLS),--tools $(TOOLS))

api: .venv/.installed
	GREGARIA_WRITE_OPENAPI=1 cargo test --quiet --locked --package gregaria-web --test openapi

clean:
	rm -rf .venv .venv-locust .venv-checkov .venv-release dist target bench/work ui/node_modules
