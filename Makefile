# The commands of this project; CI runs the same ones.
.PHONY: run test lint bench clean format

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin

run: ## Start SalesPilots at http://127.0.0.1:8000 with no key, account or server
	@$(PYTHON) scripts/setup.py run
	@$(BIN)/salespilots run --host $(HOST) --port $(PORT)

test: ## Run every test
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python -m pytest $(ARGS)

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

clean: ## Remove what can be made again; never the data folder
	rm -rf .venv build dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
