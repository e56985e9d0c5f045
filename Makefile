# SPDX-License-Identifier: Apache-2.0
#
# make            build everything             make install      DESTDIR=, PREFIX=
# make check      all tests                    make demo         see it work, on a throw-away machine
# make check-unit only the tests that need no machine
# make lint       formatting and static checks make fmt          format the code
# make bench      how fast it is, beside PID 1 at best and networkd-dispatcher
# V=1 shows commands, SANITIZE=1 builds with ASan and UBSan, CC=clang works too.

VERSION = 0.1.0

PREFIX ?= /usr/local
DESTDIR ?=

SBINDIR = $(PREFIX)/sbin
UNITDIR = $(PREFIX)/lib/systemd/system
GENERATORDIR = $(PREFIX)/lib/systemd/system-generators
CATALOGDIR = $(PREFIX)/lib/systemd/catalog
TMPFILESDIR = $(PREFIX)/lib/tmpfiles.d
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/network-broker

BUILD = build$(if $(SANITIZE),-sanitize)

CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wformat=2 -Wshadow -Wundef -Wvla -Wwrite-strings -Wpointer-arith \
	-Wno-missing-field-initializers -Wno-unused-parameter -Werror=return-type -Werror=vla
CWARNINGS = -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=missing-prototypes
HARDENING = -fstack-protector-strong -D_FORTIFY_SOURCE=2
ifdef SANITIZE
HARDENING = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
DEFINES = -D_GNU_SOURCE -DVERSION='"$(VERSION)"'

BASE_CFLAGS = -std=gnu11 -fPIE -fvisibility=hidden -fno-strict-aliasing $(WARNINGS) $(CWARNINGS) $(HARDENING) \
	$(DEFINES) -iquote common
BASE_CXXFLAGS = -std=c++17 -fPIE -fvisibility=hidden $(WARNINGS) $(HARDENING) $(DEFINES) -iquote common
LINK_HARDENING = -Wl,-z,relro,-z,now,--as-needed $(filter -fsanitize=%,$(HARDENING))
BASE_LDFLAGS = -pie $(LINK_HARDENING)

ifneq ($(V),1)
Q = @
ifeq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
say = @printf '  %-8s%s\n' "$(1)" "$(2)";
endif
endif

# pkg-config name and Debian package of each library; one list for the check and for its message.
LIBRARIES = libsystemd:libsystemd-dev libmnl:libmnl-dev libcjson:libcjson-dev tomlplusplus:libtomlplusplus-dev \
	yaml-0.1:libyaml-dev
LIBRARY_PACKAGES = $(foreach l,$(LIBRARIES),$(lastword $(subst :, ,$(l))))
library_name = $(firstword $(subst :, ,$(1)))
missing := $(foreach l,$(LIBRARIES),$(shell pkg-config --exists $(call library_name,$(l)) 2>/dev/null || \
	echo $(lastword $(subst :, ,$(l)))))
needs_libraries := $(filter-out clean fmt uninstall check check-% demo bench help test-packages lint,$(or $(MAKECMDGOALS),all))
ifneq ($(needs_libraries),)
ifneq ($(shell command -v pkg-config >/dev/null || echo missing),)
$(error pkg-config is missing: apt-get install pkg-config)
endif
ifneq ($(strip $(missing)),)
$(error libraries are missing: apt-get install $(strip $(missing)))
endif
endif

# What each program links, beside common/.
LIBS_nb-generator = -lstdc++ $(shell pkg-config --libs yaml-0.1)
LIBS_nb-watch = $(shell pkg-config --libs libsystemd libmnl libcjson)
LIBS_nb-start = $(shell pkg-config --libs libsystemd)
LIBS_nb-run =
LIBS_nb-rules =
LIBS_nb-lease =
LIBS_nb-resolve = $(shell pkg-config --libs libsystemd)

# What starts once an event is linked statically, which is 0.13 ms earlier than with a dynamic linker, and where it is
# there with the C library musl, which is 0.4 ms earlier again on a virtual machine: the other one asks the processor what
# it is, and a hypervisor has to answer. Empty MUSL takes the other one, and empty STATIC the dynamic linker too. musl has
# no checks of _FORTIFY_SOURCE, and leaves what is to be read-only after relocation to common/relro.c.
SHORT_LIVED = nb-run nb-rules
STATIC ?= $(if $(SANITIZE),,-static-pie)
MUSL_TRIPLET := $(subst -gnu,-musl,$(subst -pc-,-,$(shell $(CC) -dumpmachine 2>/dev/null)))
MUSL_LIBDIR ?= /usr/lib/$(MUSL_TRIPLET)
MUSL_INCLUDEDIR ?= /usr/include/$(MUSL_TRIPLET)
MUSL ?= $(if $(STATIC),$(wildcard $(MUSL_LIBDIR)/rcrt1.o))
# The headers of the kernel are where those of the other C library are, and come last.
MUSL_CFLAGS := -D_LARGEFILE64_SOURCE -nostdinc -isystem $(MUSL_INCLUDEDIR) \
	-isystem $(shell $(CC) -print-file-name=include 2>/dev/null) -idirafter /usr/include/$(subst -musl,-gnu,$(MUSL_TRIPLET)) \
	-idirafter /usr/include
SHORT_LIVED_TREE = $(BUILD)$(if $(MUSL),/musl)
MUSL_START = -nostdlib $(addprefix $(MUSL_LIBDIR)/,rcrt1.o crti.o)
MUSL_END = -Wl,--start-group $(MUSL_LIBDIR)/libc.a -lgcc -Wl,--end-group $(MUSL_LIBDIR)/crtn.o
SHORT_LIVED_LDFLAGS = $(or $(STATIC),-pie) $(LINK_HARDENING) $(if $(MUSL),$(MUSL_START))
SHORT_LIVED_LIBS = $(if $(MUSL),$(MUSL_END))

# One folder a program; generator/ makes nb-generator. main.c holds run(), the rest is also linked by the tests.
DIRS = common generator nb-watch nb-start nb-run nb-rules nb-lease nb-resolve
PROGRAM_DIRS = $(patsubst %/main.c,%,$(wildcard $(addsuffix /main.c,$(filter-out common,$(DIRS)))))
program_name = $(patsubst generator,nb-generator,$(1))
PROGRAMS = $(foreach d,$(PROGRAM_DIRS),$(BUILD)/bin/$(call program_name,$(d)))
objects = $(addprefix $(2)/,$(patsubst %.c,%.o,$(patsubst %.cc,%.o,$(sort $(wildcard $(1)/*.c $(1)/*.cc)))))
archive = $(2)/$(1)/lib.a
archives = $(if $(filter-out common,$(1)),$(call archive,$(1),$(2))) $(call archive,common,$(2))

# One folder a PREFIX, as both may be built at once: that of `make` and that of the test machines.
UNIT_BUILD = $(BUILD)/units$(PREFIX)
UNITS = $(patsubst units/%.in,$(UNIT_BUILD)/%,$(wildcard units/*.in)) $(filter-out %.in,$(wildcard units/*))
MANPAGES = $(wildcard man/*.[1-9])
TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*/test-*.c))
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/*/fuzz-*.c))
TOOLS = $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(wildcard tests/tools/*.c))

.PHONY: all build install uninstall clean check check-unit check-generator check-system demo bench lint fmt fuzz \
	tools test-packages test-layer bench-layer check-all check-rules check-sanitize check-fuzz check-man format-check \
	clang-build clang-tidy cppcheck
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) $(UNITS)
build: all

-include $(shell find $(BUILD) -path '$(BUILD)/machine' -prune -o -type f -name '*.d' -print 2>/dev/null)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) -iquote $(<D) -MMD -MP -c -o $@ $<

$(BUILD)/musl/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(BASE_CFLAGS) $(MUSL_CFLAGS) $(CFLAGS) -iquote $(<D) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) $(CPPFLAGS) $(BASE_CXXFLAGS) $(CXXFLAGS) -iquote $(<D) -MMD -MP -c -o $@ $<

define archive_rule
$(call archive,$(1),$(2)): $(filter-out %/main.o,$(call objects,$(1),$(2)))
	@mkdir -p $$(@D)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcsD $$@ $$^
endef
$(foreach d,$(DIRS),$(eval $(call archive_rule,$(d),$(BUILD))))
$(foreach d,$(if $(MUSL),common $(SHORT_LIVED)),$(eval $(call archive_rule,$(d),$(BUILD)/musl)))

define program_rule
$(BUILD)/bin/$(call program_name,$(1)): $(2)/$(1)/main.o $(call archives,$(1),$(2))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$($(3)LDFLAGS) $$(LDFLAGS) -o $$@ $$^ $$($(4))
endef
$(foreach d,$(filter-out $(SHORT_LIVED),$(PROGRAM_DIRS)),$(eval $(call \
	program_rule,$(d),$(BUILD),BASE_,LIBS_$(call program_name,$(d)))))
$(foreach d,$(SHORT_LIVED),$(eval $(call program_rule,$(d),$(SHORT_LIVED_TREE),SHORT_LIVED_,SHORT_LIVED_LIBS)))

$(UNIT_BUILD)/%: units/%.in Makefile
	@mkdir -p $(@D)
	$(Q)sed -e 's|@SBINDIR@|$(SBINDIR)|g' $< > $@

# tests/unit/DIR/test-X.c links what the program of DIR links, without its main.c.
define test_rule
$(BUILD)/tests/unit/$(1)/%: $(BUILD)/tests/unit/$(1)/%.o $(call archives,$(1),$(BUILD))
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(BASE_LDFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LIBS_$(call program_name,$(1))) -lcmocka
endef
$(foreach d,$(DIRS),$(eval $(call test_rule,$(d))))
$(BUILD)/tests/unit/%.o: BASE_CFLAGS += -iquote $(firstword $(subst /, ,$(patsubst tests/unit/%,%,$<)))
LIBS_common =

# Small programs that the system tests need inside a machine.
$(BUILD)/tests/tools/%: tests/tools/%.c $(call archive,common,$(BUILD))
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(BASE_LDFLAGS) -o $@ $^ $(LIBS_nb-watch)
tools: $(TOOLS)

install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(UNITDIR) $(DESTDIR)$(GENERATORDIR) $(DESTDIR)$(TMPFILESDIR) \
		$(DESTDIR)$(SYSUSERSDIR) $(DESTDIR)$(CATALOGDIR) $(DESTDIR)$(DOCDIR)
	install -m 0755 $(filter-out %/nb-generator,$(PROGRAMS)) $(DESTDIR)$(SBINDIR)
	install -m 0755 $(BUILD)/bin/nb-generator $(DESTDIR)$(GENERATORDIR)
	ln -srf $(DESTDIR)$(GENERATORDIR)/nb-generator $(DESTDIR)$(SBINDIR)/nb-generator
	install -m 0644 $(UNITS) $(DESTDIR)$(UNITDIR)
	ln -sf nb-watch.service $(DESTDIR)$(UNITDIR)/network-broker.service
	install -m 0644 tmpfiles/network-broker.conf $(DESTDIR)$(TMPFILESDIR)
	install -m 0644 conf/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/network-broker.conf
	$(if $(wildcard conf/*.catalog),install -m 0644 $(wildcard conf/*.catalog) $(DESTDIR)$(CATALOGDIR))
	for page in $(MANPAGES); do \
		install -D -m 0644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit; done
	install -m 0644 conf/network-broker.toml $(wildcard docs/*.json) $(DESTDIR)$(DOCDIR)
ifeq ($(DESTDIR),)
	systemd-sysusers $(SYSUSERSDIR)/network-broker.conf
	systemd-tmpfiles --create $(TMPFILESDIR)/network-broker.conf
	-journalctl --update-catalog
	systemctl daemon-reload
	@! systemctl --quiet is-active nb-watch.service nb-start.service || \
		echo 'What runs is still the old one: systemctl try-restart nb-start nb-watch'
endif

# The configuration, the scripts and the users stay, see README.md.
uninstall:
ifeq ($(DESTDIR),)
# To the end, before what ends it is gone: nb-rules takes its rules away.
	-systemctl disable network-broker.target
	-systemctl stop network-broker.target nb-watch.service nb-start.socket nb-start.service nb-stop.service \
		nb-keep.path nb-keep.service
	-systemctl stop 'nb-run@*.service' 'nb-rules@*.service' 'nb-lease@*.path'
endif
	rm -f $(addprefix $(DESTDIR)$(SBINDIR)/,$(sort $(notdir $(PROGRAMS)))) \
		$(DESTDIR)$(GENERATORDIR)/nb-generator \
		$(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS)) network-broker.service) \
		$(DESTDIR)$(TMPFILESDIR)/network-broker.conf $(DESTDIR)$(SYSUSERSDIR)/network-broker.conf \
		$(addprefix $(DESTDIR)$(CATALOGDIR)/,$(notdir $(wildcard conf/*.catalog))) \
		$(foreach p,$(MANPAGES),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(notdir $(p)))
	rm -rf $(DESTDIR)$(DOCDIR)
ifeq ($(DESTDIR),)
	-journalctl --update-catalog
	-systemctl daemon-reload
endif

clean:
	rm -rf build build-sanitize

check-unit: $(TESTS)
	@for t in $(TESTS); do echo "# $$t"; $$t || exit; done

# Folders of configuration and what must come of it.
check-generator: all
	$(Q)tests/generator/run $(BUILD)/bin/nb-generator > $(BUILD)/generator.tap || \
		{ grep -v '^ok' $(BUILD)/generator.tap; exit 1; }

# tests/fuzz/DIR/fuzz-X.c likewise, with libFuzzer; `make fuzz` builds them in a tree of their own.
define fuzz_rule
$(BUILD)/tests/fuzz/$(1)/%: $(BUILD)/tests/fuzz/$(1)/%.o $(call archives,$(1),$(BUILD))
	$$(call say,LD,$$@)
	$$(Q)$$(CXX) -fsanitize=fuzzer $$(BASE_LDFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LIBS_$(call program_name,$(1)))
endef
$(foreach d,$(DIRS),$(eval $(call fuzz_rule,$(d))))
$(BUILD)/tests/fuzz/%.o: BASE_CFLAGS += -iquote $(firstword $(subst /, ,$(patsubst tests/fuzz/%,%,$<)))
fuzzers: $(FUZZERS)

WITH_FUZZER = BUILD=build/fuzz CC=clang CXX=clang++ \
	HARDENING='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
fuzz: test-packages
	$(Q)$(MAKE) -s $(JOBS) $(WITH_FUZZER) fuzzers

# A few seconds each, from the samples in the folder of its name if there is one; what it finds fails the build.
FUZZ_SECONDS = 5
check-fuzz: fuzz
	@printf '%s\n' $(patsubst $(BUILD)/tests/fuzz/%,%,$(FUZZERS)) | xargs -P $(shell nproc) -I FUZZ sh -c ' \
		echo "# fuzz FUZZ, $(FUZZ_SECONDS) s"; mkdir -p build/fuzz/corpus/FUZZ; \
		samples=; [ ! -d tests/fuzz/FUZZ ] || samples=tests/fuzz/FUZZ; \
		build/fuzz/tests/fuzz/FUZZ -max_total_time=$(FUZZ_SECONDS) -timeout=60 -verbosity=0 -print_final_stats=0 \
			-artifact_prefix=build/fuzz/ build/fuzz/corpus/FUZZ $$samples > build/fuzz/corpus/FUZZ.log 2>&1 || \
			{ cat build/fuzz/corpus/FUZZ.log; exit 1; }'

# The installed product as the system tests lay it over a machine's root, with the small programs they need.
test-layer: all tools
	$(Q)rm -rf $(BUILD)/machine
	$(Q)umask 022 && $(MAKE) -s install DESTDIR=$(abspath $(BUILD)/machine) PREFIX=/usr >/dev/null
	$(Q)install -d $(BUILD)/machine/usr/lib/network-broker-tests
	$(if $(TOOLS),$(Q)install -m 0755 $(TOOLS) $(BUILD)/machine/usr/lib/network-broker-tests)

# nb-rules on the kernel of this machine, in network namespaces.
check-rules: all
	$(Q)NB_RULES=$(abspath $(BUILD)/bin/nb-rules) $(PYTEST) tests/rules

# Several modules side by side; what each printed comes in one piece. Without exec, a signal would end the shell only.
PYTEST = /usr/bin/python3 -m pytest -q -p no:cacheprovider
check-system: test-layer
	$(Q)exec env NB_TEST_LAYER=$(abspath $(BUILD)/machine) tests/machine/run-tests $(PYTEST)

# The libraries are looked up anew once they are there.
demo:
	$(Q)tests/install-packages demo $(LIBRARY_PACKAGES)
	$(Q)$(MAKE) --no-print-directory -s test-layer
	$(Q)/usr/bin/python3 tests/demo $(BUILD)/machine

# Measured on machines like those of the tests. Options go into BENCH, see `tests/bench/bench --help`.
BENCH_TOOLS = $(addprefix $(BUILD)/tests/bench/,stamp spawn spawn-short-lived bus)
bench:
	$(Q)tests/install-packages demo $(LIBRARY_PACKAGES)
	$(Q)$(MAKE) --no-print-directory -s bench-layer
	$(Q)tests/bench/bench --build $(abspath $(BUILD)) --layer $(abspath $(BUILD)/machine) \
		--json $(abspath $(BUILD)/bench.json) $(BENCH)

bench-layer: test-layer $(BENCH_TOOLS)
	$(Q)install -m 0755 $(BENCH_TOOLS) $(BUILD)/machine/usr/lib/network-broker-tests

# Without a C library, so that nothing is before its first instruction.
$(BUILD)/tests/bench/stamp: tests/bench/stamp.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out -fPIE,$(BASE_CFLAGS)) $(CFLAGS) -fno-stack-protector -static -nostdlib -o $@ $<

$(BUILD)/tests/bench/spawn: tests/bench/spawn.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) -static -o $@ $<

# The same, linked as nb-run is.
$(BUILD)/tests/bench/spawn-short-lived: $(SHORT_LIVED_TREE)/tests/bench/spawn.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SHORT_LIVED_LDFLAGS) $(LDFLAGS) -o $@ $^ $(SHORT_LIVED_LIBS)

$(BUILD)/tests/bench/bus: tests/bench/bus.c $(call archive,common,$(BUILD))
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(BASE_LDFLAGS) -o $@ $^ $(LIBS_nb-watch)

# All tests.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
CHECKS = check-unit check-sanitize check-generator check-rules check-man lint check-fuzz check-system
check: test-packages
	@echo "== make all"
	@$(MAKE) --no-print-directory -s $(JOBS) all
	@MAKE='$(MAKE)' JOBS='$(JOBS)' tests/run-checks $(BUILD) $(CHECKS)

test-packages:
	$(Q)tests/install-packages check $(LIBRARY_PACKAGES)

check-sanitize:
	$(Q)$(MAKE) -s SANITIZE=1 check-unit

# Each page is sound, and names every option that its program's --help shows.
check-man: all
	@! mandoc -T lint -W warning $(MANPAGES) | grep -v 'missing date'
	@for p in $(PROGRAMS); do page=man/$${p##*/}.8; \
		mandoc -T ascii $$page | col -b > $(BUILD)/page || exit; \
		$$p --help > $(BUILD)/help || { echo "$$p --help fails"; exit 1; }; \
		for option in $$(grep -oE -e '--[a-z][a-z-]+' $(BUILD)/help | sort -u); do \
			grep -qF -e "$$option" $(BUILD)/page || \
				{ echo "$$page: does not name $$option of $$p --help"; exit 1; }; done; done

C_FILES = $(foreach d,$(DIRS) tests/unit/* tests/fuzz/* tests/tools tests/bench,$(wildcard $(d)/*.c $(d)/*.h $(d)/*.cc))
lint: format-check clang-build clang-tidy cppcheck

# Other releases of clang-format lay some lines out otherwise.
format-check:
	$(Q)case "$$(clang-format --version)" in \
	*'version 14.'*) clang-format --dry-run -Werror $(C_FILES);; \
	*) echo "the formatting is not checked: that needs clang-format 14" >&2;; esac

fmt:
	$(Q)clang-format -i $(C_FILES)

clang-build:
	$(Q)$(MAKE) -s BUILD=build/clang CC=clang CXX=clang++ CFLAGS='-O2 -g -Werror' CXXFLAGS='-O2 -g -Werror' \
		all $(patsubst $(BUILD)/%,build/clang/%,$(TESTS))

# One process a file: in a row, release 14 confuses the argument lists of one with those of another.
clang-tidy:
	$(Q)printf '%s\n' $(filter %.c,$(C_FILES)) | xargs -P $(shell nproc) -I FILE sh -c \
		'clang-tidy --quiet FILE -- $(filter-out -DVERSION%,$(BASE_CFLAGS)) -DVERSION=\"$(VERSION)\" -w -iquote $$(basename $$(dirname FILE)) $(TIDY_INCLUDES) 2>/dev/null || \
			{ echo "clang-tidy: FILE"; exit 1; }'
TIDY_INCLUDES = $(shell pkg-config --cflags libsystemd libmnl libcjson 2>/dev/null)

# It knows no cleanup attribute, hence the first two; a variable set to an invalid value first is our way.
cppcheck:
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=memleak --suppress=resourceLeak --suppress=unreadVariable -D_GNU_SOURCE '-DVERSION="$(VERSION)"' \
		-Icommon $(filter %.c,$(C_FILES))
