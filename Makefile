# make demo: see the package work. make test: check it. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt

# The demo's options: a folder of CameraRGB/CameraMask pairs instead of the built-in street,
# seconds to run (0: until Ctrl-C), and where its pictures go.
DATA ?=
SECONDS ?= $(if $(CI),30,0)
OUT ?= demo_output
# Empty for a demo without the live page for web browsers.
VIEW ?= yes

# Test processes at a time.
JOBS ?= 2
# Pythons that pyenv has but does not show on the PATH.
PYTHONS = $(wildcard $(shell pyenv root 2>/dev/null)/versions/3.1*/bin/python)

.PHONY: demo test matrix lint bench docs clean

demo: $(VENV)/.demo
	@exec $(BIN)/unet-perception demo --data "$(DATA)" --seconds $(SECONDS) --out "$(OUT)" $(if $(VIEW),,--no-view)

test: $(VENV)/.test lint
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

# Other Pythons, ROS distributions and library versions: tox.ini. A Python that is not here is skipped.
matrix: $(VENV)/.test
	$(BIN)/tox run $(if $(PYTHONS),--discover $(PYTHONS)) $(ARGS)

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

$(VENV)/.demo: setup.py constraints.txt | $(BIN)/python
	$(PIP) --editable '.[ros,cpu,carla]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo setup.py constraints.txt
	$(PIP) --editable '.[ros,cpu,train,tensorboard,carla,dev]'
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info demo_output
