# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that proves viod. Unit tests and corpora run from a second build with sanitizers.

SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/check_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TEST_PLUGINS := $(patsubst tests/plugins/%.c,$(BUILD)/tests/plugins/%.so,$(wildcard tests/plugins/*.c))

# <check.h> of a test is the library's; core has a header of that name, too.
$(BUILD)/tests/%.o: private CPPFLAGS := $(patsubst -Icore,-iquote core -idirafter core,$(CPPFLAGS))

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(LIBCORE)
	$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS) $(shell $(PKG_CONFIG) --libs check 2>/dev/null)

$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(LIBCORE)
	$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS)

# -fvisibility and the version script are left to the file: some of these are bad on purpose.
$(BUILD)/tests/plugins/%.so: $(BUILD)/tests/plugins/%.o
	$(CC) $(LDFLAGS) -shared -o $@ $<

.PRECIOUS: $(BUILD)/tests/unit/%.o $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/plugins/%.o

.PHONY: unit-binaries
unit-binaries: $(UNIT_TESTS) $(addprefix $(BUILD)/tests/fuzz/,$(FUZZERS)) $(TEST_PLUGINS) $(PLUGINS)

check-unit:
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/sanitized OPTIMISE=-O1 SANITIZE="$(SANITIZERS)" \
		unit-binaries
	@tests/unit/run $(BUILD)/sanitized
