# SPDX-License-Identifier: LGPL-2.1-or-later
# One non-recursive makefile for GNU make. "make help" lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr
SYSCONFDIR ?= /etc
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config

PLUGIN_DIR := $(PREFIX)/lib/viod

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wformat-nonliteral -Wundef -Wvla -Wwrite-strings -Wpointer-arith -Wcast-function-type \
	-Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers \
	$(if $(findstring clang,$(CC)),,-Wno-format-truncation)
# WERROR=-Werror in CI; OPTIMISE and SANITIZE are set by the sanitizer build below.
WERROR ?=
OPTIMISE ?= -O2
SANITIZE ?=
HARDENING := -fstack-protector-strong $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)

CORE_PACKAGES := libsystemd libkmod jansson libconfuse libnl-3.0 nettle
# Only its header: the library is loaded when it is needed.
LOADED_PACKAGES := libpci
net_PACKAGES := libnl-3.0 libnl-genl-3.0 nettle

# Plugins see <viod/...> as it will be installed, and nothing else of viod; core and the tests see
# core's headers too, each by its folder: "model/value.h".
CPPFLAGS += -D_GNU_SOURCE -I$(BUILD)/public -DVIOD_VERSION='"$(VERSION)"' \
	-DVIOD_PLUGIN_DIR='"$(PLUGIN_DIR)"'
CFLAGS += -std=gnu17 $(OPTIMISE) -g $(WARNINGS) $(WERROR) $(HARDENING) $(SANITIZE) \
	-fvisibility=hidden -fno-common -fPIC -MD -MP
LDFLAGS += $(SANITIZE) -Wl,-z,relro,-z,now,--as-needed
CFLAGS += $(shell $(PKG_CONFIG) --cflags $(sort $(CORE_PACKAGES) $(LOADED_PACKAGES) $(net_PACKAGES) check) 2>/dev/null)
CORE_LIBS := $(shell $(PKG_CONFIG) --libs $(CORE_PACKAGES) 2>/dev/null) -ldl

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all help deps install uninstall check check-unit check-fake check-vm lint format demo bench fuzz clean
all:

# As many jobs as there are processors, unless the caller sets a number.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE = $(MAKE) --no-print-directory $(JOBS)

# "make V=1" shows whole commands.
say = $(if $(V),,@printf '  %-4s %s\n' $1 $(patsubst $(BUILD)/%,%,$@);)

# --- the daemon ----------------------------------------------------------------------------------

CORE_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard core/*/*.c))
$(BUILD)/core/%.o $(BUILD)/tests/%.o: CPPFLAGS += -Icore
LIBCORE := $(BUILD)/libcore.a

$(LIBCORE): $(filter-out $(BUILD)/core/daemon/main.o,$(CORE_OBJECTS))
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/viod: $(BUILD)/core/daemon/main.o $(LIBCORE)
	$(call say,LD)$(CC) $(LDFLAGS) -pie -o $@ $^ $(CORE_LIBS)

PUBLIC_HEADERS := $(wildcard core/viod/*.h plugins/net/viod/*.h) plugins/vfio/viod/vfio-driver.h
PUBLIC := $(addprefix $(BUILD)/public/viod/,$(notdir $(PUBLIC_HEADERS)))
define public_rule
$(BUILD)/public/viod/$(notdir $1):
	@mkdir -p $$(@D)
	@ln -sfn $(CURDIR)/$1 $$@
endef
$(foreach h,$(PUBLIC_HEADERS),$(eval $(call public_rule,$h)))

$(BUILD)/%.o: %.c | $(PUBLIC)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Otherwise make deletes the objects of tests at its end, and compiles them again each time.
.PRECIOUS: $(BUILD)/%.o

# --- plugins: each plugins/KIND/KIND-*.c and KIND-*/ is a quirk plugin, the other files are KIND.so; all of
# them are linked with the library of KIND/common/

PLUGIN_FOLDERS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard plugins/*/*.c)))))
SUB_FOLDERS := $(foreach f,$(PLUGIN_FOLDERS),$(patsubst %/,%,$(wildcard plugins/$f/$f-*/)))
SUB_PLUGINS := $(foreach f,$(PLUGIN_FOLDERS),$(basename $(notdir $(wildcard plugins/$f/$f-*.c)))) $(notdir $(SUB_FOLDERS))
PLUGINS := $(foreach p,$(PLUGIN_FOLDERS) $(SUB_PLUGINS),$(BUILD)/plugins/$p.so)

# They are enabled by default, and their quirks with them.
comma := ,
$(BUILD)/core/daemon/main.o: CPPFLAGS += -DVIOD_SHIPPED_PLUGINS='$(foreach p,$(PLUGIN_FOLDERS),"$p"$(comma))'

# There are many plugins, and most are tables of a page or two. Code and constants share pages, which halves
# the resident memory of plugins in the daemon.
PLUGIN_MAP := plugins/plugin.map
PLUGIN_LINK = $(CC) $(LDFLAGS) $(if $(SANITIZE),,-Wl,-z,defs) -shared -Wl,-z,noseparate-code \
	-Wl,--version-script=$(PLUGIN_MAP) -o $@ $(filter %.o,$^) $(filter %.a,$^)

COMMON_OF = $(if $(wildcard $(dir $1)common/*.c),$(BUILD)/$(dir $1)common.a)
COMMON = $(call COMMON_OF,plugins/$1/$1)
define folder_rules
$(BUILD)/plugins/$1/common.a: $(patsubst %.c,$(BUILD)/%.o,$(wildcard plugins/$1/common/*.c))
	@rm -f $$@
	$$(call say,AR)$$(AR) rcs $$@ $$^
$(BUILD)/plugins/$1.so: $(patsubst %.c,$(BUILD)/%.o,$(filter-out plugins/$1/$1-%,$(wildcard plugins/$1/*.c))) $(COMMON) $(PLUGIN_MAP)
	@mkdir -p $$(@D)
	$$(call say,LD)$$(PLUGIN_LINK) $(if $($1_PACKAGES),$(shell $(PKG_CONFIG) --libs $($1_PACKAGES) 2>/dev/null))
$(BUILD)/plugins/$1-%.so: $(BUILD)/plugins/$1/$1-%.o $(COMMON) $(PLUGIN_MAP)
	@mkdir -p $$(@D)
	$$(call say,LD)$$(PLUGIN_LINK)
endef
$(foreach f,$(PLUGIN_FOLDERS),$(eval $(call folder_rules,$f)))
define subfolder_rules
$(BUILD)/plugins/$(notdir $1).so: $(patsubst %.c,$(BUILD)/%.o,$(wildcard $1/*.c)) $(call COMMON_OF,$1) $(PLUGIN_MAP)
	@mkdir -p $$(@D)
	$$(call say,LD)$$(PLUGIN_LINK)
endef
$(foreach f,$(SUB_FOLDERS),$(eval $(call subfolder_rules,$f)))

all: $(BUILD)/viod $(PLUGINS)

# --- installation --------------------------------------------------------------------------------

# Type=notify-reload needs systemd 253.
SYSTEMD_VERSION := $(shell $(PKG_CONFIG) --modversion libsystemd 2>/dev/null)
OLD_SYSTEMD := $(filter 24% 250 251 252,$(firstword $(subst ., ,$(subst ~, ,$(SYSTEMD_VERSION)))))
UNIT_EDITS := -e 's|@PREFIX@|$(PREFIX)|' \
	$(if $(OLD_SYSTEMD),-e 's|^Type=notify-reload|Type=notify\nExecReload=kill -HUP $$MAINPID|')
MAN_PAGES := $(wildcard core/*/*.[578] plugins/*/*.[3578])

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PLUGIN_DIR) $(DESTDIR)$(PREFIX)/include/viod \
		$(DESTDIR)$(PREFIX)/share/pkgconfig $(DESTDIR)$(PREFIX)/lib/systemd/system \
		$(DESTDIR)$(PREFIX)/lib/systemd/catalog $(DESTDIR)$(PREFIX)/lib/systemd/network \
		$(DESTDIR)$(PREFIX)/lib/udev/rules.d \
		$(DESTDIR)$(PREFIX)/share/doc/viod/examples $(DESTDIR)$(SYSCONFDIR)/vio.d \
		$(DESTDIR)$(SYSCONFDIR)/viod.conf.d
	install -m 755 $(BUILD)/viod $(DESTDIR)$(PREFIX)/sbin/viod
	install -m 644 $(PLUGINS) $(DESTDIR)$(PLUGIN_DIR)/
	install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(PREFIX)/include/viod/
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' etc/viod.pc.in \
		>$(DESTDIR)$(PREFIX)/share/pkgconfig/viod.pc
	sed $(UNIT_EDITS) etc/viod.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/viod.service
	install -m 644 etc/viod.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/
	install -m 644 etc/70-viod.rules $(DESTDIR)$(PREFIX)/lib/udev/rules.d/
	install -m 644 etc/05-viod.network $(DESTDIR)$(PREFIX)/lib/systemd/network/
	install -m 644 etc/vio.d/*.conf $(DESTDIR)$(PREFIX)/share/doc/viod/examples/
	[ -e $(DESTDIR)$(SYSCONFDIR)/viod.conf ] || \
		install -m 644 etc/viod.conf $(DESTDIR)$(SYSCONFDIR)/viod.conf
	for page in $(MAN_PAGES); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

# Files in /etc may have been edited, so they are kept.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/viod $(addprefix $(DESTDIR)$(PLUGIN_DIR)/,$(notdir $(PLUGINS))) \
		$(addprefix $(DESTDIR)$(PREFIX)/include/viod/,$(notdir $(PUBLIC_HEADERS))) \
		$(DESTDIR)$(PREFIX)/share/pkgconfig/viod.pc \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/viod.service \
		$(DESTDIR)$(PREFIX)/lib/systemd/catalog/viod.catalog \
		$(DESTDIR)$(PREFIX)/lib/udev/rules.d/70-viod.rules \
		$(DESTDIR)$(PREFIX)/lib/systemd/network/05-viod.network
	for page in $(MAN_PAGES); do \
		rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/viod
	-rmdir $(DESTDIR)$(PLUGIN_DIR) $(DESTDIR)$(PREFIX)/include/viod $(DESTDIR)$(SYSCONFDIR)/vio.d \
		$(DESTDIR)$(SYSCONFDIR)/viod.conf.d 2>/dev/null

# --- targets for users ---------------------------------------------------------------------------

define HELP
make              build the daemon and its plugins into $(BUILD)/
make install      DESTDIR=, PREFIX=/usr, SYSCONFDIR=/etc; "make uninstall" leaves /etc alone
make demo         show viod at work in a virtual machine; KEEP=1 opens a shell in it at the end

make deps         install the dependencies of build, tests and demo (Debian 12, 13)
make check        everything below up to check-vm, preceded by deps; ends with "N passed, N failed"
make lint         static checks of the sources
make check-unit   unit tests and fuzz corpora, with sanitizers; seconds
make check-fake   the daemon on a fake kernel, with sanitizers; SEED=1, SEQUENCES=2500, STACKS=30, EVERY_CALL=1
make check-vm     scenarios in a virtual machine; SCENARIOS="10-loop 20-net", KEEP=1, VERBOSE=1, SANITIZE=1
make format       clang-format
make fuzz         search for inputs that fail; SECONDS=60
make coverage     which lines of core and plugins unit tests and fake kernel run; LEAST=90
make mutants      whether they notice small changes of the code; N=300, SEED=1, IN=core/job, WORKERS=1, LIST=FILE
make bench        time and memory, compared with a program that makes only the bare kernel calls; PROFILE=1
make clean

V=1, CC=clang, WERROR=-Werror, OPTIMISE=-O0, BUILD=DIRECTORY work with all of them.
endef

help:
	$(info $(HELP))@:

deps:
	@tests/deps

# Sub-makes: the flags of the libraries are known only after deps has installed them.
check: deps
	+@SUBMAKE="$(SUBMAKE)" tests/check lint check-unit check-fake check-vm

# SANITIZE=1: with the objects of check-unit, which are slower.
ifeq ($(SANITIZE),1)
check-vm:
	$(if $(SCENARIOS),,@tests/vm/check-run)
	+@$(SUBMAKE) BUILD=$(BUILD)/sanitized OPTIMISE=-O1 SANITIZE="$(SANITIZERS)" all vm-binaries
	+@VIOD_VM_SANITIZED=1 VIOD_VM_SLOWNESS=4 VIOD_BUILD=$(abspath $(BUILD)/sanitized) \
		tests/vm/run $(if $(VERBOSE),--verbose) $(SCENARIOS)
else
check-vm:
	$(if $(SCENARIOS),,@tests/vm/check-run)
	+@$(SUBMAKE) all vm-binaries
	+@VIOD_BUILD=$(abspath $(BUILD)) tests/vm/run $(if $(VERBOSE),--verbose) $(SCENARIOS)
endif

demo: deps
	+@$(SUBMAKE) -s all $(BUILD)/tests/vm/tsc-khz
	+@VIOD_BUILD=$(abspath $(BUILD)) tests/vm/demo

# What a profiler unwinds needs frame pointers: PROFILE=1 has a build of its own.
bench: BENCH_BUILD = $(BUILD)$(if $(PROFILE),/profile)
bench: deps
	+@$(SUBMAKE) -s $(if $(PROFILE),BUILD=$(BENCH_BUILD) OPTIMISE="$(OPTIMISE) -fno-omit-frame-pointer") \
		all vm-binaries bench-binaries
	+@VIOD_BUILD=$(abspath $(BENCH_BUILD)) tests/bench/run

lint:
	+@BUILD=$(BUILD)/lint SUBMAKE="$(SUBMAKE)" tests/lint

format:
	@tests/format

include plugins/vfio/lib/module.mk tests/module.mk tests/bench/module.mk

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

clean:
	rm -rf $(BUILD)
