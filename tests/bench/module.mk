# SPDX-License-Identifier: LGPL-2.1-or-later
# Programs of "make bench". They need nothing but libc.

BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard tests/bench/*.c))

$(BUILD)/tests/bench/%: tests/bench/%.c tests/bench/message.h
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -D_GNU_SOURCE -std=gnu17 -O2 $(WARNINGS) $(WERROR) -o $@ $<

.PHONY: bench-binaries
bench-binaries: $(BENCH_PROGRAMS)
