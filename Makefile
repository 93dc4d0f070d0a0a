# SPDX-License-Identifier: LGPL-2.1-or-later
# One non-recursive GNU make. "make help" lists what a person types.

VERSION := 0.1.0
PREFIX ?= /usr
SYSCONFDIR ?= /etc
BUILD ?= build
CC ?= gcc
PKG_CONFIG ?= pkg-config

PLUGIN_DIR := $(PREFIX)/lib/viod

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wformat-nonliteral -Wundef -Wvla -Wwrite-strings -Wpointer-arith -Wcast-function-type \
	-Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers -Wno-format-truncation
# WERROR=-Werror in CI; OPTIMISE and SANITIZE are set by the sanitizer build below.
WERROR ?=
OPTIMISE ?= -O2
SANITIZE ?=
HARDENING := -fstack-protector-strong $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)

CORE_PACKAGES := libsystemd libkmod jansson libconfuse libpci libnl-3.0
net_PACKAGES := libnl-3.0 libnl-route-3.0

CPPFLAGS += -D_GNU_SOURCE -Icore -DVIOD_VERSION='"$(VERSION)"' \
	-DVIOD_PLUGIN_DIR='"$(PLUGIN_DIR)"'
CFLAGS += -std=gnu17 $(OPTIMISE) -g $(WARNINGS) $(WERROR) $(HARDENING) $(SANITIZE) \
	-fvisibility=hidden -fno-common -fPIC -MMD -MP
LDFLAGS += $(SANITIZE) -Wl,-z,relro,-z,now,--as-needed
CFLAGS += $(shell $(PKG_CONFIG) --cflags $(sort $(CORE_PACKAGES) $(net_PACKAGES) check) 2>/dev/null)
CORE_LIBS := $(shell $(PKG_CONFIG) --libs $(CORE_PACKAGES) 2>/dev/null) -ldl

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all help deps install uninstall check check-unit check-vm lint format demo bench fuzz clean
all:

# --- the daemon ----------------------------------------------------------------------------------

CORE_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard core/*.c))
LIBCORE := $(BUILD)/libcore.a

$(LIBCORE): $(filter-out $(BUILD)/core/main.o,$(CORE_OBJECTS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/viod: $(BUILD)/core/main.o $(LIBCORE)
	$(CC) $(LDFLAGS) -pie -o $@ $^ $(CORE_LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# --- plugins: plugins/KIND/KIND-*.c is a sub-plugin each, the other files of the folder are KIND.so ----

PLUGIN_FOLDERS := $(notdir $(patsubst %/,%,$(wildcard plugins/*/)))
SUB_PLUGINS := $(foreach f,$(PLUGIN_FOLDERS),$(basename $(notdir $(wildcard plugins/$f/$f-*.c))))
PLUGINS := $(foreach p,$(PLUGIN_FOLDERS) $(SUB_PLUGINS),$(BUILD)/plugins/$p.so)

PLUGIN_LINK = $(CC) $(LDFLAGS) $(if $(SANITIZE),,-Wl,-z,defs) -shared \
	-Wl,--version-script=plugins/plugin.map -o $@ $(filter %.o,$^)

define folder_rules
$(BUILD)/plugins/$1.so: $(patsubst %.c,$(BUILD)/%.o,$(filter-out plugins/$1/$1-%,$(wildcard plugins/$1/*.c))) plugins/plugin.map
	@mkdir -p $$(@D)
	$$(PLUGIN_LINK) $(if $($1_PACKAGES),$(shell $(PKG_CONFIG) --libs $($1_PACKAGES) 2>/dev/null))
$(BUILD)/plugins/$1-%.so: $(BUILD)/plugins/$1/$1-%.o plugins/plugin.map
	@mkdir -p $$(@D)
	$$(PLUGIN_LINK)
endef
$(foreach f,$(PLUGIN_FOLDERS),$(eval $(call folder_rules,$f)))

all: $(BUILD)/viod $(PLUGINS)

include tests/module.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean:
	rm -rf $(BUILD)
