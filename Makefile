# make run   starts the product with demo users and cases, and says where to open it
# make test  runs the tests, and the acceptance tests once more on PostgreSQL
# make test-faults kills processes at random points, a thousand times, on both databases (docs/reference/faults.md)
# make check lint, types, import contract, diagrams, tests
# make screenshots opens every page in Chromium and takes its picture
# make bench measures against the limits of the machine
.PHONY: run test test-faults screenshots lint check bench clean

# What is run on PostgreSQL, too; tests of the store, of jobs and of faults run on both databases by themselves.
ACCEPTANCE = tests/processes tests/events tests/handlers tests/actions tests/invariants tests/web tests/cli \
	tests/test_semantics.py tests/test_engine_driver.py

run:
	@tools/venv
	@tools/printing
	@.venv/bin/gongkai serve --demo

test:
	@tools/venv test
	@tools/printing
	@tools/browser
	@tools/database
	@.venv/bin/python -m pytest -n auto
	@.venv/bin/python -m pytest -n auto --database postgresql $(ACCEPTANCE)

# Seeds are new each time; those of a failure are in its name: FAULTS_SEED=… FAULTS_RUNS=1 make test-faults
test-faults:
	@tools/venv test
	@tools/database
	@FAULTS_SEED=$${FAULTS_SEED:-$$(date +%s)} FAULTS_RUNS=$${FAULTS_RUNS:-500} \
		sh -c 'echo "seeds $$FAULTS_SEED to $$(($$FAULTS_SEED + $$FAULTS_RUNS - 1)), on SQLite and PostgreSQL"; \
		exec .venv/bin/python -m pytest -n auto tests/faults'

# Pictures of every page, by demo users, for wide screens and phones: var/screenshots; the best in docs/pictures
screenshots:
	@tools/venv test
	@tools/browser
	@.venv/bin/python tools/screenshots.py

lint:
	@tools/venv test,check
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/djlint engine/web/templates --lint --quiet
	.venv/bin/lint-imports
	.venv/bin/gongkai check processes
	.venv/bin/gongkai trace --strict

check: lint test

bench:
	@tools/venv
	@.venv/bin/python -m bench

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var
