# make demo    the whole product on this machine, on port PORT (8000), with its data in DATA_DIR (.data)
# make test    everything, on throw-away servers, in a real browser too
# make cover   make test with branch coverage, which takes longer
# make prove   the long sets whole, of which make test runs samples; prints their figures (WHAT=tests/faults: only those)
# make setup   only installs · make check · make fix · make bench SIZE=M
# Needs Python 3.11 or later (PYTHON=… names one) and nothing else.

export PYTHON PORT DATA_DIR
# Compiling every package anew at each start would cost seconds: let Python keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE
SIZE ?= M
RUN = .venv/bin/python -m
TEMPLATES = $$(find templates -name '*.html')

.PHONY: help setup demo test cover prove check fix bench
help:
	@sed -n 's/^# //p' Makefile

setup:
	@sh devstack/setup.sh dev

demo:
	@sh devstack/setup.sh run && exec $(RUN) devstack.demo

test:
	@sh devstack/setup.sh dev
	@$(RUN) devstack.browser >/dev/null
	@exec $(RUN) pytest -n 2 --dist worksteal

cover:
	@sh devstack/setup.sh dev
	@$(RUN) devstack.browser >/dev/null
	@exec $(RUN) pytest -n 2 --dist worksteal --cov --cov-report=term:skip-covered

prove:
	@sh devstack/setup.sh dev
	@exec $(RUN) pytest -m prove -s $(WHAT)

check:
	@sh devstack/setup.sh dev
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	.venv/bin/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	NO_DATABASE=1 SECRET_KEY=for-checks-only $(RUN) mypy
	.venv/bin/djade --target-version 5.2 --check $(TEMPLATES)
	$(RUN) djhtml --tabwidth 2 --check $(TEMPLATES)
	.venv/bin/python manage.py makemigrations --check --dry-run
	$(RUN) devstack.compose web python manage.py check --deploy --fail-level WARNING
	BASE_URL=https://crm.example.jp $(RUN) devstack.compose web python manage.py check --deploy --fail-level WARNING

fix:
	@sh devstack/setup.sh dev
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	.venv/bin/djade --target-version 5.2 $(TEMPLATES)
	$(RUN) djhtml --tabwidth 2 $(TEMPLATES)

bench:
	@sh devstack/setup.sh dev
	@exec $(RUN) benchmarks.run --size $(SIZE)
