# One command opens the course: make lab. One command proves it: make test.
# Every command does its own set-up in .venv, once, and again when a requirement changes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP    := $(BIN)/python -m pip install --disable-pip-version-check

# Jupyter refuses to run as root, as containers do, unless told.
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

# Kernels and test workers start by the dozen: what they import is compiled once, also where a container says otherwise.
unexport PYTHONDONTWRITEBYTECODE

# Extra arguments, as in: make lab LAB_ARGS="--no-browser --port=8899"
LAB_ARGS    ?=
PYTEST_ARGS ?=
PROCESSORS  ?=
VERSIONS    ?=
CHAPTERS    ?= all
FOLDERS     ?=
TEACHER_ARGS ?=

# The chapter to print, as in: make print CHAPTER=05
CHAPTER ?=

# The browser that the browser tests drive.
CHROMIUM ?= $(firstword $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,$(shell command -v $(name))))

.DEFAULT_GOAL := help
.PHONY: help lab test test-browser test-swap test-binder test-processors test-versions notebooks check-form bench \
  badge pictures site print wheel peers
.PHONY: solved blank closed slides class-progress

help:
	@echo "make lab              open the course in JupyterLab"
	@echo "make test             run every test but the browser's"
	@echo "make test-browser     drive the chapters in headless Chromium"
	@echo "make test-swap        run the chapters on their solutions and other right answers, and what takes long"
	@echo "make test-processors  run the chapters and every number as other processors would (an hour)"
	@echo "make test-versions    run the chapters on the newest Python, NumPy and matplotlib that install here"
	@echo "make test-binder      build the Binder recipe's environment, and the README's, from nothing"
	@echo "make notebooks        run every chapter and write it in its normal form"
	@echo "make bench            measure the speed of nnlib beside its peers, and the chapters' memory"
	@echo "make badge            write the links to Binder into README.md"
	@echo "make pictures         record the pictures of README.md anew"
	@echo "make site             build the saved chapters as static pages, in build/site"
	@echo "make print CHAPTER=05 write one chapter as one HTML file to print, in build/print"
	@echo "make wheel            build nnlib as a package, in dist"
	@echo "For teachers, with CHAPTERS=05 or \"03 04 05\" or all:"
	@echo "make solved           copy chapters with the solutions in, run, every check passed"
	@echo "make blank            copy chapters without answers"
	@echo "make closed           copy chapters in which solution() is off"
	@echo "make slides           make slides of the questions and figures of chapters"
	@echo "make class-progress   make a table of a class's progress: FOLDERS=the folders of my_answers, or zips"

lab: $(STAMPS)/course
	$(BIN)/jupyter lab --notebook-dir=. notebooks/00_start_here.ipynb $(ROOT_FLAG) $(LAB_ARGS)

test: $(STAMPS)/test
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m codespell_lib
	$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: check-chromium
check-chromium:
	@test -n "$(CHROMIUM)" || { \
	  echo "The browser tests need Chromium. Debian: apt-get install chromium. macOS: brew install chromium."; \
	  echo "Elsewhere: make $(MAKECMDGOALS) CHROMIUM=/path/to/chrome"; exit 1; }

test-browser: $(STAMPS)/test $(STAMPS)/browser | check-chromium
	CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest -n 2 --dist=worksteal tests/browser $(PYTEST_ARGS)

test-binder: $(STAMPS)/test
	$(BIN)/python -m pytest -n 0 -m slow tests $(PYTEST_ARGS)

test-swap: $(STAMPS)/test
	$(BIN)/python -m pytest -m "swap or long" -n 2 --dist=worksteal tests $(PYTEST_ARGS)

# For one of them: make test-processors PROCESSORS=Prescott. For every day: PROCESSORS=--quick
test-processors: $(STAMPS)/test
	$(BIN)/python tests/tools/processors.py $(PROCESSORS)

test-versions: $(STAMPS)/test
	$(BIN)/python tests/tools/versions.py $(VERSIONS) $(addprefix --processor ,$(PROCESSORS)) $(VENV)/newest

notebooks: $(STAMPS)/test
	$(BIN)/python tests/tools/notebooks.py

check-form: $(STAMPS)/test
	$(BIN)/python tests/tools/notebooks.py --check

bench: $(STAMPS)/test $(STAMPS)/peers
	@set -e; for script in tests/bench/*.py; do $(BIN)/python $$script; done

# For instance: make closed CHAPTERS="04 05" TEACHER_ARGS="--to ../monday --clear"
solved: $(STAMPS)/course
	$(BIN)/python -m nnlib.classroom solved $(CHAPTERS) $(TEACHER_ARGS)

blank: $(STAMPS)/course
	$(BIN)/python -m nnlib.classroom blank $(CHAPTERS) $(TEACHER_ARGS)

closed: $(STAMPS)/course
	$(BIN)/python -m nnlib.classroom closed $(CHAPTERS) $(TEACHER_ARGS)

slides: $(STAMPS)/course
	$(BIN)/python -m nnlib.classroom slides $(CHAPTERS) $(TEACHER_ARGS)

class-progress: $(STAMPS)/course
	$(BIN)/python -m nnlib.classroom progress $(FOLDERS) $(TEACHER_ARGS)

badge: check-python
	$(PYTHON) tests/tools/badge.py

pictures: $(STAMPS)/browser | check-chromium
	CHROMIUM="$(CHROMIUM)" $(BIN)/python tests/tools/pictures.py

# Broken links and whatever else Sphinx warns of are errors.
site: $(STAMPS)/site
	$(VENV)/site/bin/sphinx-build -q -E -W --keep-going -c .github/site . build/site
	@echo "The site is in build/site; open build/site/index.html"

print: $(STAMPS)/course
	@ls notebooks/$(CHAPTER)_*.ipynb >/dev/null 2>&1 || { echo "Which chapter? make print CHAPTER=05"; exit 1; }
	$(BIN)/jupyter nbconvert --to html --template print --TemplateExporter.extra_template_basedirs=.github/site \
	  --output-dir build/print notebooks/$(CHAPTER)_*.ipynb
	@echo "Formulas are drawn by MathJax, which the page loads from the network."

wheel: $(STAMPS)/venv
	$(BIN)/python -m pip wheel --disable-pip-version-check --no-deps --wheel-dir dist .

peers: $(STAMPS)/peers

# --- set-up ---------------------------------------------------------------------------------------------------

.PHONY: check-python
check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The course needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }

$(STAMPS)/venv: | check-python
	@echo "== Making the environment $(VENV) with $$($(PYTHON) --version) =="
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/course: requirements.txt pyproject.toml $(STAMPS)/venv
	@echo "== Installing what the course runs on (about a minute the first time) =="
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -e .
	@$(BIN)/python -c "import matplotlib.font_manager"
	@# Or JupyterLab asks about its news over the first chapter.
	@$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements"
	@touch $@

$(STAMPS)/test: $(STAMPS)/course
	@echo "== Installing the test tools =="
	$(PIP) -r requirements.txt -e ".[test]"
	@touch $@

$(STAMPS)/browser: $(STAMPS)/course
	@echo "== Installing the browser driver =="
	$(PIP) -r requirements.txt -e ".[browser]"
	@touch $@

$(STAMPS)/peers: $(STAMPS)/course
	@echo "== Installing the peers, PyTorch and scikit-learn (large) =="
	$(PIP) -r requirements.txt -e ".[peers]"
	@touch $@

$(STAMPS)/site: .github/site/requirements.txt $(STAMPS)/venv
	@echo "== Making an environment for the site (Sphinx, myst-nb) =="
	@$(PYTHON) -m venv $(VENV)/site
	$(VENV)/site/bin/python -m pip install --disable-pip-version-check -r .github/site/requirements.txt
	@touch $@
