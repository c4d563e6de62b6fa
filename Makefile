# Every target makes what it needs by itself.  Wanted on the machine: make, Python 3.11 or later.
PYTHON := .venv/bin/python

.PHONY: help demo test lint packages format docs bench image test-image clean

help:
	@echo "make demo     mirror and prune tags of a small OCI layout: no registry, no network"
	@echo "make test     linters, types, tests with branch coverage"
	@echo "make lint     linters and types only"
	@echo "make bench    figures of this machine"
	@echo "make format   format the code"
	@echo "make docs     write the parts of the documents that are made of the code"
	@echo "make image    the container image, by buildah or docker (BASE=NAME BASE_DIGEST=sha256:... TAG=NAME)"
	@echo "make test-image  build it on a base of its own, without a hub, and try it in containers (takes root)"
	@echo "make clean    remove everything that make made"

demo: .venv/runs
	@$(PYTHON) examples/demo

# A core each, up to four; a module stays with one worker, and so do its fixtures.  tests/conftest.py has put them in order.
WORKERS := --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder --max-worker-restart=0

test:
	@$(MAKE) --no-print-directory --jobs=2 lint packages
	$(PYTHON) -m coverage erase
	$(PYTHON) -m coverage run -m pytest $(WORKERS)
	$(PYTHON) -m coverage combine --quiet
	$(PYTHON) -m coverage report

packages:
	@sh tools/system-packages.sh

lint: .venv/develops
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy

format: .venv/develops
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

docs: .venv/runs
	$(PYTHON) -m tools.documents

bench: .venv/develops
	@sh tools/system-packages.sh
	@$(PYTHON) -m bench

image:
	@sh tools/image.sh

test-image: .venv/develops
	@sh tools/system-packages.sh buildah:buildah podman:podman debootstrap:debootstrap
	@$(PYTHON) -m tests.image.trial

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .coverage* build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

# Two stamps, newer than what they were made of: a user needs no linters.
.venv/runs: pyproject.toml tools/venv.sh
	@sh tools/venv.sh
	$(PYTHON) -m pip install --quiet --editable .
	@touch $@

.venv/develops: .venv/runs
	$(PYTHON) -m pip install --quiet --group dev
	@touch $@
