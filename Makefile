# Makefile: the front door.  Meson and Ninja build; the scripts named here do the rest.

PREFIX ?= /usr/local
DESTDIR ?=

# What `make check` and `make bench` are told: make check ARGS='-v journey'
ARGS ?=

help:
	@echo 'make build              install what is missing (Debian, npm) and build the program: build/gyre'
	@echo 'make demo               the main job on 3 million flights, then their months one by one: served, watched, retrained'
	@echo 'make check              every test; ends with "N passed, N failed, N skipped"'
	@echo 'make check ARGS=NAME    the tests whose name contains NAME (-v shows their output)'
	@echo 'make check-tsan         the server under load on a program built with ThreadSanitizer (builds once more)'
	@echo 'make bench              measurements beside other programs, as ratios'
	@echo 'make bench-automl       quality at equal time beside other AutoML systems (hours); writes docs/quality.md'
	@echo 'make install PREFIX=DIR install the program (default /usr/local; DESTDIR is honoured)'
	@echo 'make clean              remove what was built'

build:
	@deps/install build
	@test -f build/build.ninja || meson setup build
	@ninja -C build gyre

demo: build
	@examples/flights/demo
	@examples/flights/live/demo

check:
	@deps/install check
	@tests/build
	@tests/run $(ARGS)

check-tsan:
	@deps/install check
	@tests/tsan $(ARGS)

bench: build
	@deps/install bench
	@bench/run $(ARGS)

bench-automl: build
	@bench/automl/run $(ARGS)
	@bench/automl/report

install: build
	@meson configure build -Dprefix='$(abspath $(PREFIX))'
	@ninja -C build --quiet gyre src/libgyre.so.0.0.0
	@DESTDIR='$(DESTDIR)' meson install -C build --no-rebuild --quiet
	@echo 'installed $(DESTDIR)$(abspath $(PREFIX))/bin/gyre'

clean:
	rm -rf build build-asan build-clang build-tsan

.PHONY: help build demo check check-tsan bench bench-automl install clean
