# The commands of everyday work. `make help` lists them.
#
# Everything a command needs and does not find, installer/linux/setup.sh brings on Debian, Ubuntu
# and Fedora. Nothing asks and nothing reads standard input.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# A toolchain that rustup put in the home folder counts, in a shell that was not restarted too.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

system := $(shell uname -s)
target_dir = $(or $(CARGO_TARGET_DIR),target)

# $(call setup,ROLE): on Linux installs what is missing; elsewhere says what is needed.
ifeq ($(system),Linux)
setup = @installer/linux/setup.sh $(1)
else ifeq ($(system),Darwin)
setup = @echo "On macOS you need Xcode's command line tools (xcode-select --install) and Rust, see README.md" >&2
else
setup = @echo "On Windows you need Visual Studio's C++ build tools (or MinGW-w64) and Rust, see README.md" >&2
endif

.PHONY: help run test check format-check lint docs bench package check-packages check-windows check-macos deny

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

run: ## build the program and watch it work, on a look-alike of Duo's service
	$(call setup,build)
	$(call setup,run)
	@echo "Building; the first time takes some minutes" >&2
	@cargo build --release --locked
	@$(target_dir)/release/duo-integrator demo

# What people get is the release binary, so that is what opens windows in the tests.
test: ## install what the tests need and run all of them
	$(call setup,test)
	@echo "Building what is tested" >&2
	@cargo build --release --locked
	@DUO_INTEGRATOR_PROGRAM=$(abspath $(target_dir))/release/duo-integrator cargo test --locked

check: format-check lint docs ## what a change must pass beside the tests

format-check: ## is everything formatted
	$(call setup,check)
	@echo "Checking the format" >&2
	@cargo fmt --all --check

lint: ## clippy, with warnings denied, for every set of features
	$(call setup,check)
	@echo "Running clippy" >&2
	@cargo clippy --locked --all-targets --quiet -- -D warnings
	@echo "Running clippy without window and tray" >&2
	@cargo clippy --locked --lib --bins --no-default-features --quiet -- -D warnings
	@echo "Running clippy without window" >&2
	@cargo clippy --locked --lib --bins --no-default-features --features tray --quiet -- -D warnings

docs: ## build the reference, with broken links denied
	$(call setup,build)
	@echo "Building the reference" >&2
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet

bench: ## measure
	$(call setup,build)
	@cargo bench --locked

ifeq ($(system),Linux)
make_packages = installer/linux/package.sh $(target_dir)/release/duo-integrator
else ifeq ($(system),Darwin)
make_packages = installer/macos/bundle.sh target/packages $(target_dir)/release/duo-integrator
else
make_packages = echo "The packages for Windows are put together where wixl is: installer/windows/build.sh PROGRAM.exe" >&2
endif

package: ## build the program and make what this system can: .deb, .rpm and .tar.gz, or an app for macOS
	$(call setup,build)
	$(call setup,package)
	@echo "Building; the first time takes some minutes" >&2
	@cargo build --release --locked
	@$(make_packages)

check-packages: package ## try the packages for Linux in a bare Debian, without a compiler
	@scripts/check-packages.sh

check-windows: ## compile for Windows; try program, packages and service under Wine, or what can be had of that
	$(call setup,check)
	@[ $(system) != Linux ] || installer/linux/setup.sh windows || true
	@scripts/check-other-systems.sh windows
	@scripts/windows/try.sh $(target_dir)/other-systems/windows-real/x86_64-pc-windows-gnu/debug/duo-integrator.exe

check-macos: ## type-check for macOS, and check the layout of the app
	$(call setup,check)
	@scripts/check-other-systems.sh macos
	@echo "Checking the layout of the app, with a stand-in for the program" >&2
	@folder=$$(mktemp -d) && trap "rm -rf '$$folder'" EXIT && installer/macos/bundle.sh "$$folder" .ci/run && \
		scripts/check-macos-bundle.py "$$folder/Duo Security Integrator.app"

deny: ## licenses, unwanted and foreign crates, known vulnerabilities
	@command -v cargo-deny >/dev/null || { echo "This needs cargo-deny: cargo install cargo-deny --locked" >&2; exit 1; }
	@cargo deny check licenses bans sources
	@cargo deny check advisories || echo "Known vulnerabilities could not be checked, or there are some: the lines above say which" >&2
