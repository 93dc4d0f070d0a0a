# SPDX-License-Identifier: LGPL-2.1-or-later
# libviod-vfio, for programs that use the devices. It is not a plugin: it needs only libc, and nothing of viod.

LIBDIR ?= $(PREFIX)/lib
OBJCOPY ?= objcopy

VFIO_LIB := plugins/vfio/lib
VFIO_LIB_SONAME := libviod-vfio.so.0
# On 32 bits off_t would not hold the offset of a region.
$(BUILD)/$(VFIO_LIB)/%.o: CPPFLAGS += -D_FILE_OFFSET_BITS=64
VFIO_LIB_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(VFIO_LIB)/*.c))
VFIO_LIB_EXAMPLES := $(wildcard $(VFIO_LIB)/examples/*.c)

$(BUILD)/libviod-vfio.so.$(VERSION): $(VFIO_LIB_OBJECTS) $(VFIO_LIB)/libviod-vfio.map
	$(call say,LD)$(CC) $(LDFLAGS) $(if $(SANITIZE),,-Wl,-z,defs) -shared \
		-Wl,-soname,$(VFIO_LIB_SONAME) -Wl,--version-script=$(VFIO_LIB)/libviod-vfio.map \
		-o $@ $(filter %.o,$^)

$(BUILD)/libviod-vfio.so: $(BUILD)/libviod-vfio.so.$(VERSION)
	@ln -sf libviod-vfio.so.$(VERSION) $(BUILD)/$(VFIO_LIB_SONAME)
	@ln -sf $(VFIO_LIB_SONAME) $@

# One object, so that functions that are internal to the library are not visible in a program.
$(BUILD)/libviod-vfio.a: $(VFIO_LIB_OBJECTS)
	@rm -f $@
	$(call say,AR)$(LD) -r -o $(@:.a=.o) $^ && $(OBJCOPY) --localize-hidden $(@:.a=.o) && \
		$(AR) rcs $@ $(@:.a=.o)

all: $(BUILD)/libviod-vfio.so $(BUILD)/libviod-vfio.a

.PHONY: install-vfio-lib uninstall-vfio-lib
install: install-vfio-lib
install-vfio-lib: all
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include/viod \
		$(DESTDIR)$(PREFIX)/share/doc/viod/examples
	install -m 644 $(BUILD)/libviod-vfio.so.$(VERSION) $(BUILD)/libviod-vfio.a $(DESTDIR)$(LIBDIR)/
	ln -sf libviod-vfio.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(VFIO_LIB_SONAME)
	ln -sf $(VFIO_LIB_SONAME) $(DESTDIR)$(LIBDIR)/libviod-vfio.so
	$(if $(DESTDIR),,-ldconfig $(LIBDIR))
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		$(VFIO_LIB)/libviod-vfio.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/libviod-vfio.pc
	install -m 644 plugins/vfio/viod/vfio.h $(DESTDIR)$(PREFIX)/include/viod/
	install -m 644 $(VFIO_LIB_EXAMPLES) $(DESTDIR)$(PREFIX)/share/doc/viod/examples/

uninstall: uninstall-vfio-lib
uninstall-vfio-lib:
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,libviod-vfio.so.$(VERSION) $(VFIO_LIB_SONAME) libviod-vfio.so \
		libviod-vfio.a pkgconfig/libviod-vfio.pc) $(DESTDIR)$(PREFIX)/include/viod/vfio.h

# The examples and a test for the guest, linked with the library that is installed there.
VFIO_LIB_PROGRAMS := $(patsubst $(VFIO_LIB)/examples/%.c,$(BUILD)/tests/vm/%,$(VFIO_LIB_EXAMPLES))
$(BUILD)/tests/vm/%: $(VFIO_LIB)/examples/%.c $(BUILD)/libviod-vfio.so
	$(VFIO_LIB_PROGRAM)
$(BUILD)/tests/vm/vfio-lib: tests/vm/programs/vfio-lib.c $(BUILD)/libviod-vfio.so
	$(VFIO_LIB_PROGRAM)
vm-binaries: $(VFIO_LIB_PROGRAMS)

define VFIO_LIB_PROGRAM
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -D_GNU_SOURCE -std=gnu17 -O1 $(WARNINGS) $(WERROR) -MMD -MP -MF $@.d \
		-idirafter plugins/vfio -o $@ $< -L$(BUILD) -lviod-vfio
endef

# Unit tests and the fuzzer have their own tables of system calls.
VFIO_LIB_TESTED := $(filter-out %/system.o,$(VFIO_LIB_OBJECTS))
$(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/vfio/check_vfiolib_*.c)): $(VFIO_LIB_TESTED)
$(BUILD)/tests/fuzz/fuzz_vfio $(BUILD)/tests/fuzz/fuzz_vfio.run: $(VFIO_LIB_TESTED)
