# The two commands a newcomer needs are `make nightly` and `make test`; each sets up .venv from locked versions first.
LANDING ?=
DATA_ROOT ?=
AS_OF ?=
PORT ?= 3000
PYTHON ?= python3
BIN := .venv/bin
OPTIONS = $(if $(LANDING),--landing "$(LANDING)") $(if $(DATA_ROOT),--data-root "$(DATA_ROOT)")
export OMP_NUM_THREADS = 1

.PHONY: nightly ui test acceptance bench lint sample lock setup clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml deploy/setup.sh
	@PYTHON="$(PYTHON)" bash deploy/setup.sh

nightly: .venv/.ready
	@$(BIN)/openmineral nightly $(OPTIONS) $(if $(AS_OF),--as-of "$(AS_OF)")

ui: .venv/.ready
	@$(BIN)/openmineral ui --port $(PORT) $(OPTIONS)

lint: .venv/.ready
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

test: .venv/.ready
	@$(BIN)/pytest -n 2 --dist loadgroup -m "not acceptance"

acceptance: .venv/.ready
	@bash deploy/setup.sh dev,acceptance
	@$(BIN)/pytest -m acceptance --timeout 1800

bench: .venv/.ready
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script; done

sample: .venv/.ready
	@$(BIN)/python data/make_sample.py

lock:
	@bash deploy/lock.sh

clean:
	rm -rf .venv data/runtime
