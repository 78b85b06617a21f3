# Each target needs Python 3.11 to 3.13, git and make, nothing else.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
# GPU=1 chooses the environment with CUDA.
VENV := $(if $(GPU),.venv-gpu,.venv)
REQUIREMENTS := $(if $(GPU),requirements-gpu.txt,requirements.txt)
BIN := $(VENV)/bin
RUN := PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH=src

# Values as typed: neither make nor the shell expands them.
override export FROM := $(value FROM)
override export PATTERN := $(value PATTERN)
override export NAME := $(value NAME)
override export N := $(or $(value N),3)
override export EACH := $(or $(value EACH),8)
override export SEED := $(or $(value SEED),1)
override export BASE := $(or $(value BASE),HEAD)

.PHONY: help app repro env recipe folder data-update data-report seeds report quality check track promote retrain keep propose dashboard study study-report trial digits sweep kills away bench figures test test-processes test-all lint types structure format lock
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

repro: env ## Set up the environment and run the stages that changed [GPU=1]
	@$(RUN) python -m sonovae check
	@$(RUN) dvc repro
	@$(RUN) python -m sonovae track || true
	@echo "sounds: data/samples/*.wav   to look at and listen to: data/samples/gallery.html, make report   figures: dvc metrics show   dashboard: make dashboard"

env: $(BIN)/.installed

$(BIN)/.installed: $(REQUIREMENTS)
	@test -n "$(PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 with venv was found: install one, or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV): some minutes, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(REQUIREMENTS)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

recipe: env ## Write a recipe to params.yaml: make recipe NAME=… [FORCE=1]; without a name, list the recipes
	@$(RUN) python -m sonovae recipe $(if $(FORCE),--force) "$$NAME"

folder: env ## Use your own recordings, a folder or archive: make folder FROM=path [PATTERN='(?P<label>…)']
	@$(RUN) python -m sonovae folder "$$FROM" "$$PATTERN"

data-update: env ## Pin the newest version of the dataset (Kaggle or archive), and show what changes
	@$(RUN) python -m sonovae data-update

data-report: env ## Write data/report.html: the recordings and their faults
	@$(RUN) python -m sonovae data-report

seeds: env ## Train with several seeds, as DVC experiments, and show how far the metrics vary [N=3]
	@$(RUN) python -m sonovae seeds "$$N"

report: env ## Open the page of the result in a browser: its numbers, figures and sounds
	@test -f data/evaluation/report.html || { echo "data/evaluation/report.html is missing: make repro writes it"; exit 2; }
	@$(RUN) python -m webbrowser -t "file://$(CURDIR)/data/evaluation/report.html"

quality: env ## Show what new sounds sound like: goals, and scores next to recordings', after make repro
	@cat data/evaluation/quality.txt 2>/dev/null || { echo "data/evaluation/quality.txt is missing: make repro writes it"; exit 2; }

check: env ## Look for faults in params.yaml and in the folder of recordings
	@$(RUN) python -m sonovae check

track: env ## Log results in dvc.lock that MLflow lacks: from DVC's cache, or made without the server
	@$(RUN) python -m sonovae track

promote: env ## Register the result in MLflow if it passes its gates; make it the champion if it is better
	@$(RUN) python -m sonovae promote

retrain: env ## Run the pipeline, compare the result with a commit's, and write what changed [BASE=HEAD PROMOTE=1]
	@$(RUN) python -m sonovae retrain --base "$$BASE" $(if $(PROMOTE),--promote)

keep: ## Commit a result's dvc.lock and metrics, and push
	@git add dvc.lock data/evaluation/metrics.json
	@git diff --cached --quiet || git commit --quiet --message "The result of $$(git rev-parse --short HEAD)"
	@git push

propose: ## Commit a newer version of the dataset, and start its retraining [with GitHub's gh]
	@git diff --quiet params.yaml || { git switch --force-create data-update && git commit --quiet --message "The newest recordings" params.yaml \
		&& git push --force --set-upstream origin data-update && gh pr create --fill --base main && gh workflow run retrain.yml --ref data-update; }

dashboard: env ## Show the results in MLflow, at http://127.0.0.1:5000 [PORT=5000]
	@mkdir -p mlruns
	@echo "results: http://127.0.0.1:$(or $(PORT),5000)/#/experiments/1/runs?workflowType=machine_learning"
	@MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(RUN) mlflow ui --host 127.0.0.1 --port $(or $(PORT),5000) \
		--workers 1 --allowed-hosts 127.0.0.1:$(or $(PORT),5000),localhost:$(or $(PORT),5000) --backend-store-uri sqlite:///$(CURDIR)/mlruns/mlflow.db

app: env ## Explore the model's sounds in a browser, at http://127.0.0.1:7860 [PORT=7860]
	@$(RUN) python -m sonovae app --port "$(or $(PORT),7860)"

study: env ## Make a listening study's sounds: real, reconstructed, generated, two controls [EACH=8 SEED=1]
	@$(RUN) python -m sonovae study --each "$$EACH" --seed "$$SEED"

study-report: env ## Write study/report.html and study/answers.csv: the listeners' ratings and their analysis
	@$(RUN) python -m sonovae study-report

trial: env ## Run a recipe at a size that two cores can do: make trial NAME=voices FROM=folder
	@$(RUN) python -m benchmarks.trials "$$NAME" "$$FROM"

digits: env ## Measure the recipe digits by three seeds on the Free Spoken Digit Dataset: make digits FROM=folder
	@$(RUN) python -m benchmarks.digits "$$FROM"

sweep: env ## Change hop, window, picture and z of the starter one at a time, and print a table
	@$(RUN) python -m benchmarks.sweep

kills: env ## Kill a training ten times, and compare it with an undisturbed one
	@$(RUN) python -m benchmarks.kills

away: env ## Kill the tracking server during a training, and compare it with one whose server stays
	@$(RUN) python -m benchmarks.away

bench: env ## Compare the stages' speed with plain code, as ratios (voices: after `make trial NAME=voices`)
	@$(RUN) python -m benchmarks.bench

figures: env ## Draw the figures of docs/, after make repro and make study
	@$(RUN) python docs/figures.py
	@FIGURES="$(CURDIR)" $(RUN) python -m pytest -q tests/app/test_pages.py -k pictured

# Two processes of one thread each: with more threads than cores, OpenMP's wait for each other.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) python -m pytest

test: env ## Run the quick tests, in two processes
	@$(PYTEST) -m "not processes" --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-processes: env ## Run the tests that start DVC, servers and browsers
	@$(PYTEST) -m processes

test-all: test test-processes ## Run all tests

lint: env ## Check the code's style
	@$(RUN) ruff check && $(RUN) ruff format --check

types: env ## Check the types
	@$(RUN) mypy

structure: env ## Show how the source is built, as figures with limits [ROWS="4 7": the places of some rows]
	@$(RUN) python -m benchmarks.structure $(ROWS)

format: env ## Format the code
	@$(RUN) ruff format && $(RUN) ruff check --fix

LOCK := uv pip compile pyproject.toml --group dev --extra team --extra cluster --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

lock: env ## Update requirements.txt and requirements-gpu.txt from pyproject.toml
	@$(RUN) $(LOCK) --extra cpu --output-file requirements.txt
	@$(RUN) $(LOCK) --extra gpu --output-file requirements-gpu.txt
