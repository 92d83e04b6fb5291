# Every target sets itself up: a virtual environment in .venv, with what the target needs and
# nothing else. What is needed is installed again only when pyproject.toml has changed.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help demo test native-test fuzz mutate lint types bench clean

help:
	@echo "make demo    differentiate, check and fit a real program on real data"
	@echo "make test    run the tests"
	@echo "make native-test  run the checks of the tests on compiled code, and count what compiles"
	@echo "make fuzz    random programs for ten minutes; ARGS='--seconds 3600 --seed 7' for another hour"
	@echo "make mutate  break symgrad in 400 ways and see whether the tests notice; ARGS=--help"
	@echo "make lint    ruff"
	@echo "make types   mypy"
	@echo "make bench   measure against hand-written gradients, HIPS autograd, JAX and others; ARGS='--quick --only heat'"
	@echo "make clean   remove the environment and what was built"

demo: $(VENV)/.has-demo
	$(RUN) examples/demo.py

test: $(VENV)/.has-test
	$(RUN) -m pytest $(ARGS)

native-test: $(VENV)/.has-test
	rm -f build/native-test.jsonl && mkdir -p build
	SYMGRAD_TEST_BACKEND=numba SYMGRAD_TEST_REPORT=build/native-test.jsonl \
		$(RUN) -m pytest tests/test_programs.py tests/constructs $(ARGS); \
		$(RUN) -m tests.native.report build/native-test.jsonl

fuzz: $(VENV)/.has-test
	$(RUN) -m tests.fuzz $(ARGS)

mutate: $(VENV)/.has-test
	$(RUN) -W ignore -m tests.mutation $(ARGS)

lint: $(VENV)/.has-lint
	$(RUN) -m ruff check .

types: $(VENV)/.has-lint
	$(RUN) -m mypy

bench: $(VENV)/.has-bench
	$(RUN) -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist examples/build

$(RUN):
	@test -n "$(PYTHON)" || { echo "symgrad needs Python 3.11 or later: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# one stamp for each extra of pyproject.toml
$(VENV)/.has-%: pyproject.toml | $(RUN)
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@
