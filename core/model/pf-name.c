/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/pf-name.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "model/value-private.h"

#define MAC_PREFIX "mac:"
/* ALTIFNAMSIZ of <linux/if.h>, with the NUL. */
#define INTERFACE_MAX 128
/* Parts of an address: domain, bus, device and function. */
#define PARTS_MAX 4

static const struct viod_option mac_row = { .type = VIOD_TYPE_MAC,
					    .size = sizeof(struct viod_mac),
					    .key = "name" };

/* --- an address with a mistake ---------------------------------------------------------------- */

/* Hexadecimal numbers and what separates them. */
struct parts {
	unsigned long numbers[PARTS_MAX];
	size_t digits[PARTS_MAX];
	size_t count;
	char separators[PARTS_MAX + 1];
};

static bool split(const char *text, struct parts *parts)
{
	*parts = (struct parts){ 0 };
	for (;;) {
		size_t digits = strspn(text, "0123456789abcdefABCDEF");

		if (!digits || digits > 8 || parts->count == PARTS_MAX)
			return false;
		parts->digits[parts->count] = digits;
		parts->numbers[parts->count++] = strtoul(text, NULL, 16);
		text += digits;
		if (!*text)
			return true;
		if (*text != ':' && *text != '.')
			return false;
		parts->separators[parts->count - 1] = *text++;
	}
}

/* The address that the parts from first on, and a function, are meant to be; NULL if they are none.
 */
static const char *meant(const struct parts *parts, size_t first, unsigned long function,
			 char ret_text[static 20])
{
	const unsigned long *numbers = parts->numbers + first;
	struct bdf bdf = { .domain = first ? (uint32_t)parts->numbers[0] : 0,
			   .bus = (uint8_t)numbers[0],
			   .device = (uint8_t)numbers[1],
			   .function = (uint8_t)function };

	if (numbers[0] > 0xff || numbers[1] > 0x1f || function > 7)
		return NULL;
	bdf_format(&bdf, ret_text);
	/* As short as it was written. */
	return first ? ret_text : ret_text + strlen("0000:");
}

static int refuse_parts(const char *text, const struct parts *parts, char **ret_why)
{
	const char *separators = parts->separators, *right = NULL;
	/* Of "05:00:0" the last part is the function, of "0000:05:00" the first is the domain. */
	bool no_domain = parts->digits[0] <= 2;
	size_t last = parts->count - 1, first = last > 1 && (last > 2 || !no_domain);
	char address[20];

	if (streq(separators, ":") || (streq(separators, "::") && !no_domain)) {
		right = meant(parts, first, 0, address);
		if (right)
			return value_refuse(ret_why,
					    "'" QUOTED
					    "' is an address without a function; write %s, "
					    "or another function of that device",
					    text, right);
	} else if (streq(separators, "::") || streq(separators, ":::")) {
		right = meant(parts, first, parts->numbers[last], address);
		if (right)
			return value_refuse(
				ret_why, "'" QUOTED "' has a colon before the function; write %s",
				text, right);
	} else if (streq(separators, ":.") || streq(separators, "::.")) {
		if (parts->numbers[last] > 7)
			return value_refuse(ret_why,
					    "'" QUOTED "' has function %lx; a device has functions "
					    "0 to 7",
					    text, parts->numbers[last]);
		if (parts->numbers[last - 1] > 0x1f)
			return value_refuse(
				ret_why, "'" QUOTED "' has device %lx; a bus has devices 00 to 1f",
				text, parts->numbers[last - 1]);
	}
	return -EAGAIN;
}

static int refuse_address(const char *text, char **ret_why)
{
	_cleanup_free_ char *ignored = NULL;
	struct viod_mac mac;
	struct parts parts;
	int r = -EAGAIN;

	if (value_parse(&mac_row, text, &mac, &ignored) == 0)
		return value_refuse(ret_why,
				    "'" QUOTED "' is an Ethernet address; write mac:" QUOTED, text,
				    text);
	if (split(text, &parts))
		r = refuse_parts(text, &parts, ret_why);
	if (r != -EAGAIN)
		return r;
	return value_refuse(ret_why,
			    "'" QUOTED "' is no PCI address, and no interface has a colon in its "
			    "name; an address is BUS:DEVICE.FUNCTION as lspci prints it, such as "
			    "05:00.0 or 0000:05:00.0",
			    text);
}

static int parse_mac_name(const char *text, struct viod_mac *ret_mac, char **ret_why)
{
	static const uint8_t none[6];
	int r = value_parse(&mac_row, text, ret_mac, ret_why);

	if (r < 0)
		return r;
	if ((ret_mac->octets[0] & 1) || memcmp(ret_mac->octets, none, sizeof(none)) == 0)
		return value_refuse(ret_why,
				    "no interface has the address '" QUOTED
				    "'; write the permanent "
				    "address of the PF, as 'ip -d link' prints it",
				    text);
	return 0;
}

/* --- anything --------------------------------------------------------------------------------- */

static int refuse_path(const char *text, char **ret_why)
{
	const char *last = strrchr(text, '/') + 1;
	struct pf_name name;

	/* One level: what follows the last slash has none. */
	if (*last && pf_name_parse(last, &name, NULL) == 0)
		return value_refuse(ret_why,
				    "'" QUOTED "' is a path; write the name of the device alone: "
				    "" QUOTED,
				    text, last);
	return value_refuse(ret_why,
			    "'" QUOTED "' is a path; write a PCI address such as 05:00.0, or the "
			    "name of an interface",
			    text);
}

static int refuse_interface(const char *text, char **ret_why)
{
	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			return value_refuse(ret_why,
					    "the name has a control character; write a PCI address "
					    "or the name of an interface");
	if (!*text || streq(text, ".") || streq(text, ".."))
		return value_refuse(ret_why,
				    "'%s' is no name of a device; write a PCI address such as "
				    "05:00.0, or the name of an interface",
				    text);
	if (strlen(text) >= INTERFACE_MAX)
		return value_refuse(ret_why,
				    "'" QUOTED "' has %zu bytes; the name of an interface has at "
				    "most %d",
				    text, strlen(text), INTERFACE_MAX - 1);
	return 0;
}

int pf_name_parse(const char *text, struct pf_name *ret_name, char **ret_why)
{
	_cleanup_free_ char *ignored = NULL;
	char **why = ret_why ? ret_why : &ignored;
	int r;

	*ret_name = (struct pf_name){ .type = PF_NAME_ADDRESS };
	if (bdf_parse(text, &ret_name->address) == 0)
		return 0;
	if (strpbrk(text, " \t,;"))
		return value_refuse(why,
				    "'" QUOTED "' is more than one name; a file configures one PF, "
				    "so write a file for each",
				    text);
	if (strchr(text, '/'))
		return refuse_path(text, why);
	if (strncmp(text, MAC_PREFIX, strlen(MAC_PREFIX)) == 0) {
		ret_name->type = PF_NAME_MAC;
		return parse_mac_name(text + strlen(MAC_PREFIX), &ret_name->mac, why);
	}
	if (strchr(text, ':'))
		return refuse_address(text, why);
	r = refuse_interface(text, why);
	ret_name->type = PF_NAME_INTERFACE;
	return r;
}
