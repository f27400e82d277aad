# Two commands set up a fresh machine: `make run` and `make test`. Everything lives in .venv and data/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export HEADCAT_DATABASE_URL ?= sqlite:///$(CURDIR)/data/catalog.sqlite
export HEADCAT_DATA ?= $(CURDIR)/data
# Language models beside the checkout are verified too; without them those that headcat builds or ships are.
export HEADCAT_MODEL_FOLDERS ?= $(wildcard $(CURDIR)/../shared/models)

.PHONY: install run test lint format clean

install: $(STAMP)

# torch comes first and pinned: anything that depends on it could otherwise draw in another build.
$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "headcat needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[dev]'
	touch $(STAMP)

run: install
	$(BIN)/headcat db upgrade
	$(BIN)/headcat seed
	$(BIN)/headcat detectors --save > /dev/null
	$(BIN)/headcat verify --all
	$(BIN)/headcat serve

# Modules whose annotated shapes are enforced while testing: those that work on arrays. Checking every small function
# of ingest makes the tests several times slower and finds what the type checker finds.
comma := ,
empty :=
ARRAYS := architectures baselines decoding detectors engine evidence headvis interventions liveness loaded_model measure \
	metrics scoring statistics weights prompts.copies prompts.four_times prompts.natural_text prompts.needles \
	prompts.repeated_random_tokens prompts.segments prompts.windows
CHECKED := $(subst $(empty) ,$(comma),$(strip $(ARRAYS:%=ingest.%)))

test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --jaxtyping-packages=$(CHECKED),annotation_check.checked

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build data *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
