# make demo: see the package work. make test: check it. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet
# Only what stands in the lock, byte for byte; setuptools goes in first and builds the rest.
LOCKED := $(PIP) --no-deps --require-hashes --no-build-isolation --use-pep517

# Much faster than pip, for the many packages of the tests; keeps what it fetched for the matrix.
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

# The demo's options: a folder of CameraRGB/CameraMask pairs instead of the built-in street,
# seconds to run (0: until Ctrl-C), and where its pictures go.
DATA ?=
SECONDS ?= $(if $(CI),30,0)
OUT ?= demo_output
# Empty for a demo without the live page for web browsers.
VIEW ?= yes

# Test processes at a time: many tests wait for others' processes more than they compute.
JOBS ?= $(shell expr $$(nproc) + 1)
# LONG=yes: repeat more often what goes wrong by chance.
LONG ?=
# Pythons that pyenv has but does not show on the PATH.
PYTHONS = $(wildcard $(shell pyenv root 2>/dev/null)/versions/3.1*/bin/python)

# QUICK=yes: of the matrix what takes seconds, for CI; two environments at a time, since each is set up
# on one core.
QUICK ?=
QUICK_MATRIX = bare,py310-oldest-quick,py312-jazzy-quick,py313-kilted-quick

.PHONY: demo test check matrix lint bench docs lock licences audit dist release-check clean

demo: $(VENV)/.demo
	@exec $(BIN)/unet-perception demo --data "$(DATA)" --seconds $(SECONDS) --out "$(OUT)" $(if $(VIEW),,--no-view)

test: $(VENV)/.test lint
	LONG=$(LONG) $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

# Lint and the tests of what changed since main, in less than a minute; what it leaves out it says.
check: lint
	$(BIN)/python test/changed.py --numprocesses $(JOBS) --dist loadfile $(ARGS)

# Other Pythons, ROS distributions and library versions: tox.ini. A Python that is not here is skipped.
matrix: $(VENV)/.test
	$(BIN)/tox $(if $(QUICK),run-parallel --parallel 2 --parallel-no-spinner -e $(QUICK_MATRIX),run) $(if $(PYTHONS),--discover $(PYTHONS)) $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo build/docs/index.html

bench: $(VENV)/.test
	$(BIN)/unet-perception bench
	$(BIN)/python benchmarks/around.py
	$(BIN)/python benchmarks/street.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: setup.py requirements/build.txt requirements/demo.txt | $(BIN)/python
	$(LOCKED) --requirement requirements/build.txt
	$(LOCKED) --requirement requirements/demo.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.demo requirements/installer.txt requirements/test.txt requirements/torch.txt
	$(LOCKED) --requirement requirements/installer.txt
	$(UV) --no-deps --require-hashes --no-build-isolation --requirement requirements/test.txt
	$(PIP) --requirement requirements/torch.txt
	@touch $@

# Versions and hashes of all dependencies; UPGRADE=--upgrade takes the newest.
lock: $(VENV)/.test
	$(BIN)/python release/lock.py $(UPGRADE)

licences: $(VENV)/.test
	$(BIN)/python release/licences.py

# Known weaknesses in what make demo installs; asks PyPI, or with AUDIT='-s osv' OSV.
audit: $(VENV)/.test
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements/demo.txt $(AUDIT)

# Wheel, sdist and bill of materials of the last commit.
dist: $(VENV)/.test
	$(BIN)/python release/artefacts.py
	$(BIN)/python release/sbom.py

# The wheel in an empty environment, from the lock alone, shows the demo.
release-check: dist
	$(BIN)/python release/check.py --python $(PYTHON)

clean:
	rm -rf $(VENV) build dist *.egg-info demo_output
