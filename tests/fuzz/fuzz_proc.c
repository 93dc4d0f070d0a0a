/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of /proc that any user chooses: names of processes and cgroups, fdinfo. What is made of
 * them can be written to a log and to JSON. */
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "device/processes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void describe(const char *text, struct viod_holder *holder)
{
	struct viod_holders holders = { 0 };
	char line[256];
	json_t *json;

	snprintf(holder->process, sizeof(holder->process), "%s", text);
	snprintf(holder->what, sizeof(holder->what), "%s", text);
	if (holders_add(&holders, holder) < 0)
		return;
	holder_text(&holders.items[0], line, sizeof(line));
	json = json_string(line);
	/* holder_text() cuts the line, but not what it is made of. */
	if (strlen(line) < sizeof(line) - 1 && !json)
		abort();
	json_decref(json);
	holders_clear(&holders);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), address[16];
	struct viod_holder holder = { .pid = 7 };
	unsigned flags;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	(void)process_flags_of(text, &flags);
	if (process_address_of(text, "vfio-device-syspath:", address, sizeof(address)) == 0 &&
	    (strchr(address, '/') || strchr(address, '\n')))
		abort();
	process_unit_of(text, holder.unit, sizeof(holder.unit));
	describe((const char *)text, &holder);
	free(text);
	return 0;
}
