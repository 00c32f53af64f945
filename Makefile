# The commands of this project; CI runs the same ones.
.PHONY: run test lint bench soak clean format

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
JOBS ?= 2
BIN := .venv/bin

run: ## Start SalesPilots at http://127.0.0.1:8000 with no key, account or server
	@$(PYTHON) scripts/setup.py run
	@$(BIN)/salespilots run --host $(HOST) --port $(PORT)

test: ## Run every test, JOBS at a time
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: ## Format check, lint, types, import rules
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: ## Measure on this machine; prints a table and writes bench/latest.json
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python -m bench $(ARGS)

soak: ## Let it die five thousand times and more, for hours; goes on where it was ended
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python -m soak $(ARGS)

clean: ## Remove what can be made again; never the data folder
	rm -rf .venv build dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
