# `make` alone lists the targets.
JOBS ?= $(shell nproc)
PYTHON = $(firstword $(wildcard build/python/bin/python) python3)
CONFIGURE = cmake -DCMAKE_PREFIX_PATH="$$(cat build/torch_prefix)" --preset

# The installer puts CMake here where the system's is too old.
export PATH := $(CURDIR)/build/python/bin:$(PATH)

# All studies, one after the other, with the options $(1). If one fails the others still run, and make fails at the end.
run_studies = @failed=; for study in experiments/*/study.sh; do \
    echo "== $$study"; $$study $(1) || failed="$$failed $$study"; done; \
  test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

.PHONY: help set-up demo build test references fresh torture studies studies-short sanitize format lint headers docs clean

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

set-up:  ## install what the build needs, and configure it
	@third_party/install
	@$(CONFIGURE) release

demo: set-up  ## set up, build the program and compare six autoencoders on MNIST
	@cmake --build --preset release -j $(JOBS) --target aelab
	build/release/aelab compare experiments/which-autoencoder/comparison.json
	@printf '\nChange experiments/which-autoencoder/comparison.json, or train one: %s\n' \
	  'build/release/aelab run experiments/first-run/run.json'

build: set-up  ## set up and build everything: build/release/aelab
	@cmake --build --preset release -j $(JOBS)

test:  ## set up, build and run all tests
	@third_party/install --tests
	@$(CONFIGURE) release
	@cmake --build --preset release -j $(JOBS)
	@ctest --preset release -j $(JOBS)
	@$(PYTHON) tests/skips.py build/release/tests.xml

references: build  ## install SAELens, dictionary_learning and sparsify; make tests/references/golden anew, load our exports
	@tests/references/install
	@build/references/bin/python tests/references/make_references.py
	@build/references/bin/python tests/references/check_exports.py

fresh:  ## as root: set up, build, demo, install and test on a bare system
	@tests/fresh/fresh.sh

torture: build  ## run tests/torture for hours; every test run does it for a minute
	@third_party/install --tests
	@AELAB_TORTURE=1 ctest --preset release --timeout 36000 -R '^torture'

studies: build  ## run all studies of experiments/: hours; finished runs are kept
	$(call run_studies)

studies-short: build  ## run them at their smallest sizes: minutes; the results are not meaningful
	$(call run_studies,--short)

sanitize:  ## build and test what needs no LibTorch under the address and undefined-behavior sanitizers
	@third_party/install
	@cmake --preset sanitize
	@cmake --build --preset sanitize -j $(JOBS)
	@ctest --preset sanitize -j $(JOBS)

format:  ## format all sources
	@git ls-files --cached --others --exclude-standard '*.h' '*.cc' | xargs -r clang-format -i

lint:  ## check the sources with clang-tidy, as .clang-tidy says
	@third_party/install
	@$(CONFIGURE) release > build/configure.log || (cat build/configure.log; exit 1)
	@ls build/release/CMakeFiles/aelab*.dir/Unity/*.cxx | xargs -P $(JOBS) -n 1 \
	  clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-fno-openmp

headers:  ## compile every public header alone, if it changed since the last time
	@third_party/install
	@$(CONFIGURE) release > build/configure.log || (cat build/configure.log; exit 1)
	@AELAB_PROGRAM=build/release/aelab AELAB_SOURCE_DIR=. $(PYTHON) tests/contract/headers_test.py --compile

docs:  ## write the API reference: build/docs/html; needs doxygen
	@command -v doxygen > /dev/null || (echo 'make docs needs doxygen: apt-get install doxygen'; exit 1)
	@mkdir -p build
	@AELAB_VERSION=$$(sed -n 's/^project(aelab VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt) doxygen
	@echo build/docs/html/index.html

clean:  ## remove build/
	rm -rf build
