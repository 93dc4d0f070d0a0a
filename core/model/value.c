/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "model/value-private.h"

static const struct {
	const char *word;
	bool value;
} bool_words[] = {
	{ "on", true },	  { "off", false },   { "yes", true }, { "no", false },
	{ "true", true }, { "false", false }, { "1", true },   { "0", false },
};

size_t value_type_size(enum viod_type type)
{
	switch (type) {
	case VIOD_TYPE_BOOL:
		return sizeof(bool);
	case VIOD_TYPE_INT:
	case VIOD_TYPE_ENUM:
		return sizeof(int64_t);
	case VIOD_TYPE_RATE:
	case VIOD_TYPE_SIZE:
	case VIOD_TYPE_GUID:
		return sizeof(uint64_t);
	case VIOD_TYPE_MAC:
		return sizeof(struct viod_mac);
	case VIOD_TYPE_DRIVER:
		return sizeof(struct viod_driver);
	case VIOD_TYPE_TABLE:
		return sizeof(struct viod_table);
	case VIOD_TYPE_STRING:
	case VIOD_TYPE_LIST:
	case VIOD_TYPE_MAX_:
		break;
	}
	return 0;
}

/* --- words ---------------------------------------------------------------------------------- */

/* An exact match first: a vendor's words may differ in case alone. */
static const struct viod_name *find_word(const struct viod_name *names, const char *text)
{
	for (const struct viod_name *name = names; name && name->word; name++)
		if (streq(name->word, text))
			return name;
	for (const struct viod_name *name = names; name && name->word; name++)
		if (strcasecmp(name->word, text) == 0)
			return name;
	return NULL;
}

static const char *find_value(const struct viod_name *names, int64_t value)
{
	for (const struct viod_name *name = names; name && name->word; name++)
		if (name->value == value)
			return name->word;
	return NULL;
}

/* "a, b or c", for "write %s"; shortened if a vendor's table is long. */
static void list_words(const struct viod_name *names, char *ret_text, size_t size)
{
	size_t used = 0;

	*ret_text = '\0';
	for (const struct viod_name *name = names; name && name->word; name++) {
		const char *join = name == names ? "" : name[1].word ? ", " : " or ";

		if (used + strlen(join) + strlen(name->word) + sizeof(" ...") > size) {
			(void)snprintf(ret_text + used, size - used, " ...");
			return;
		}
		used += (size_t)snprintf(ret_text + used, size - used, "%s%s", join, name->word);
	}
}

/* --- one parser and one formatter for each type ---------------------------------------------- */

static int parse_bool(const struct viod_option *option, const char *text, void *ret_value,
		      char **ret_why)
{
	for (size_t i = 0; i < ARRAY_SIZE(bool_words); i++)
		if (strcasecmp(bool_words[i].word, text) == 0) {
			*(bool *)ret_value = bool_words[i].value;
			return 0;
		}
	return value_refuse(ret_why, "'" QUOTED "' is neither on nor off; write on or off", text);
}

static int format_bool(const struct viod_option *option, const void *value, char *ret_text)
{
	return copy_text(ret_text, VALUE_TEXT_MAX, *(const bool *)value ? "on" : "off");
}

/* Decimal (010 is ten), or hexadecimal with 0x. -ERANGE beyond 64 bits. */
static int parse_integer(const char *text, int64_t *ret_value)
{
	bool negative = *text == '-', overflow = false;
	unsigned base = 10;
	uint64_t value = 0;

	text += negative;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned digit;

		if (!isxdigit((unsigned char)*text))
			return -EINVAL;
		digit = isdigit((unsigned char)*text)
				? (unsigned)(*text - '0')
				: (unsigned)(tolower((unsigned char)*text) - 'a') + 10;
		if (digit >= base)
			return -EINVAL;
		overflow |= __builtin_mul_overflow(value, base, &value) ||
			    __builtin_add_overflow(value, digit, &value);
	}
	if (overflow || value > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

static int parse_int(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why)
{
	const struct viod_name *name = find_word(option->names, text);
	char words[200];
	int64_t value;
	int r;

	if (name) {
		*(int64_t *)ret_value = name->value;
		return 0;
	}
	r = parse_integer(text, &value);
	if (r == 0 && value >= option->min && value <= option->max) {
		*(int64_t *)ret_value = value;
		return 0;
	}
	list_words(option->names, words, sizeof(words));
	(void)value_refuse(ret_why, "'" QUOTED "' is %s; write a number from %lld to %lld%s%s",
			   text, r == -EINVAL ? "not a number" : "out of range",
			   (long long)option->min, (long long)option->max, *words ? ", or " : "",
			   words);
	return r == -EINVAL ? -EINVAL : -ERANGE;
}

static int format_int(const struct viod_option *option, const void *value, char *ret_text)
{
	int64_t number = *(const int64_t *)value;
	const char *word = find_value(option->names, number);

	if (word)
		return copy_text(ret_text, VALUE_TEXT_MAX, word);
	if (number < 0)
		*ret_text++ = '-';
	value_format_digits(number < 0 ? 0 - (uint64_t)number : (uint64_t)number, ret_text);
	return 0;
}

static int parse_enum(const struct viod_option *option, const char *text, void *ret_value,
		      char **ret_why)
{
	const struct viod_name *name = find_word(option->names, text);
	char words[200];

	if (name) {
		*(int64_t *)ret_value = name->value;
		return 0;
	}
	list_words(option->names, words, sizeof(words));
	return value_refuse(ret_why, "'" QUOTED "' is not known here; write %s", text, words);
}

/* n octets of two digits each, all separated by the same character. */
static int parse_octets(const char *text, const char *separators, uint8_t *ret_octets, size_t n)
{
	char separator = '\0';
	uint8_t octets[8];

	for (size_t i = 0; i < n; i++) {
		int high = value_hex_digit(text[0]);
		int low = high < 0 ? -1 : value_hex_digit(text[1]);

		if (low < 0)
			return -EINVAL;
		octets[i] = (uint8_t)(high << 4 | low);
		text += 2;
		if (i == 0 && *text && strchr(separators, *text))
			separator = *text;
		if (*text != (i + 1 < n ? separator : '\0') || (i + 1 < n && !separator))
			return -EINVAL;
		text += i + 1 < n;
	}
	memcpy(ret_octets, octets, n);
	return 0;
}

/* Without printf(), which needs ten times as long: a job formats thousands of addresses. */
static void format_octets(const uint8_t *octets, size_t n, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*ret_text++ = digits[octets[i] >> 4];
		*ret_text++ = digits[octets[i] & 0xf];
		*ret_text++ = i + 1 < n ? ':' : '\0';
	}
}

static int parse_mac(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why)
{
	const struct viod_name *name = find_word(option->names, text);
	struct viod_mac mac = { 0 };
	char words[200];

	if (name)
		mac.word = (uint16_t)name->value;
	if (name || parse_octets(text, ":-", mac.octets, sizeof(mac.octets)) == 0) {
		*(struct viod_mac *)ret_value = mac;
		return 0;
	}
	list_words(option->names, words, sizeof(words));
	return value_refuse(ret_why,
			    "'" QUOTED "' is not a MAC address; write six octets such as "
			    "52:54:00:ab:cd:01%s%s",
			    text, *words ? ", or " : "", words);
}

static int format_mac(const struct viod_option *option, const void *value, char *ret_text)
{
	const struct viod_mac *mac = value;
	const char *word = mac->word ? find_value(option->names, mac->word) : NULL;

	if (word)
		return copy_text(ret_text, VALUE_TEXT_MAX, word);
	format_octets(mac->octets, sizeof(mac->octets), ret_text);
	return 0;
}

static int parse_guid(const struct viod_option *option, const char *text, void *ret_value,
		      char **ret_why)
{
	size_t digits = strncasecmp(text, "0x", 2) == 0 ? strspn(text + 2, "0123456789abcdefABCDEF")
							: 0;
	uint8_t octets[8];
	uint64_t guid = 0;

	if (digits > 0 && digits <= 16 && !text[2 + digits]) {
		guid = strtoull(text + 2, NULL, 16);
	} else if (parse_octets(text, ":", octets, sizeof(octets)) == 0) {
		for (size_t i = 0; i < sizeof(octets); i++)
			guid = guid << 8 | octets[i];
	} else {
		return value_refuse(ret_why,
				    "'" QUOTED "' is not a GUID; write eight octets such as "
				    "00:11:22:33:44:55:66:77, or 0x0011223344556677",
				    text);
	}
	*(uint64_t *)ret_value = guid;
	return 0;
}

static int format_guid(const struct viod_option *option, const void *value, char *ret_text)
{
	uint64_t guid = *(const uint64_t *)value;
	uint8_t octets[8];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(guid >> (56 - 8 * i));
	format_octets(octets, sizeof(octets), ret_text);
	return 0;
}

/* Parse hexadecimal digits; *text is advanced past them. */
static int parse_hex_part(const char **text, size_t max_digits, uint32_t max, uint32_t *ret_value)
{
	size_t digits = strspn(*text, "0123456789abcdefABCDEF");
	uint32_t value;

	if (digits == 0 || digits > max_digits)
		return -EINVAL;
	value = (uint32_t)strtoul(*text, NULL, 16);
	if (value > max)
		return -EINVAL;
	*text += digits;
	*ret_value = value;
	return 0;
}

int bdf_parse(const char *text, struct bdf *ret_bdf)
{
	const char *colon = strchr(text, ':');
	uint32_t domain = 0, bus, device, function;

	if (colon && strchr(colon + 1, ':') &&
	    (parse_hex_part(&text, 8, UINT32_MAX, &domain) < 0 || *text++ != ':'))
		return -EINVAL;
	if (parse_hex_part(&text, 2, 0xff, &bus) < 0 || *text++ != ':' ||
	    parse_hex_part(&text, 2, 0x1f, &device) < 0 || *text++ != '.' ||
	    parse_hex_part(&text, 1, 7, &function) < 0 || *text)
		return -EINVAL;
	*ret_bdf = (struct bdf){ .domain = domain,
				 .bus = (uint8_t)bus,
				 .device = (uint8_t)device,
				 .function = (uint8_t)function };
	return 0;
}

void bdf_format(const struct bdf *bdf, char ret_text[static 20])
{
	(void)snprintf(ret_text, 20, "%04x:%02x:%02x.%x", bdf->domain, bdf->bus, bdf->device,
		       bdf->function);
}

static int parse_string(const struct viod_option *option, const char *text, void *ret_value,
			char **ret_why)
{
	size_t length = strlen(text);

	if (length >= option->size)
		return value_refuse(ret_why, "'" QUOTED "' has %zu bytes; at most %u fit", text,
				    length, option->size - 1);
	memset(ret_value, 0, option->size);
	memcpy(ret_value, text, length);
	return 0;
}

static int format_string(const struct viod_option *option, const void *value, char *ret_text)
{
	size_t length = strnlen(value, option->size);

	if (length >= VALUE_TEXT_MAX)
		return -EMSGSIZE;
	memcpy(ret_text, value, length);
	ret_text[length] = '\0';
	return 0;
}

static int parse_list(const struct viod_option *option, const char *text, void *ret_value,
		      char **ret_why)
{
	_cleanup_free_ char *list = calloc(1, option->size);
	size_t used = 0;

	if (!list) {
		*ret_why = NULL;
		return -ENOMEM;
	}
	for (const char *item = text; *text; item += *item == ',') {
		size_t length, join = item == text ? 0 : 2;

		item += strspn(item, " \t");
		length = strcspn(item, ",");
		while (length > 0 && (item[length - 1] == ' ' || item[length - 1] == '\t'))
			length--;
		if (length == 0)
			return value_refuse(ret_why,
					    "'" QUOTED
					    "' has an empty item; separate the items with one "
					    "comma each",
					    text);
		if (used + join + length >= option->size)
			return value_refuse(ret_why,
					    "'" QUOTED "' is too long; at most %u bytes fit", text,
					    option->size - 1);
		memcpy(list + used, ", ", join);
		memcpy(list + used + join, item, length);
		used += join + length;
		item += strcspn(item, ",");
		if (!*item)
			break;
	}
	memcpy(ret_value, list, option->size);
	return 0;
}

/* The name becomes part of a sysfs path and the name of a module to load. */
static int parse_driver(const struct viod_option *option, const char *text, void *ret_value,
			char **ret_why)
{
	struct viod_driver driver = { 0 };
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && (i == 0 || !strchr("_-.+", text[i])))
			length = 0;
	if (length == 0 || copy_text(driver.name, sizeof(driver.name), text) < 0)
		return value_refuse(ret_why,
				    "'" QUOTED
				    "' is not a driver name; write a driver such as vfio-pci, or "
				    "default or none",
				    text);
	*(struct viod_driver *)ret_value = driver;
	return 0;
}

static int format_driver(const struct viod_option *option, const void *value, char *ret_text)
{
	const struct viod_driver *driver = value;
	size_t length = strnlen(driver->name, sizeof(driver->name));

	memcpy(ret_text, driver->name, length);
	ret_text[length] = '\0';
	return 0;
}

static int parse_table(const struct viod_option *option, const char *text, void *ret_value,
		       char **ret_why)
{
	return value_refuse(ret_why, "'" QUOTED "' is a table, which no text describes", text);
}

static int format_table(const struct viod_option *option, const void *value, char *ret_text)
{
	value_table_text(option, value, value_format, ret_text, VALUE_TEXT_MAX);
	return 0;
}

static const struct {
	int (*parse)(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why);
	int (*format)(const struct viod_option *option, const void *value, char *ret_text);
} types[VIOD_TYPE_MAX_] = {
	[VIOD_TYPE_BOOL] = { parse_bool, format_bool },
	[VIOD_TYPE_INT] = { parse_int, format_int },
	[VIOD_TYPE_RATE] = { value_parse_rate, value_format_rate },
	[VIOD_TYPE_SIZE] = { value_parse_size, value_format_size },
	[VIOD_TYPE_ENUM] = { parse_enum, format_int },
	[VIOD_TYPE_MAC] = { parse_mac, format_mac },
	[VIOD_TYPE_GUID] = { parse_guid, format_guid },
	[VIOD_TYPE_STRING] = { parse_string, format_string },
	[VIOD_TYPE_LIST] = { parse_list, format_string },
	[VIOD_TYPE_DRIVER] = { parse_driver, format_driver },
	[VIOD_TYPE_TABLE] = { parse_table, format_table },
};

int value_parse(const struct viod_option *option, const char *text, void *ret_value, char **ret_why)
{
	return types[option->type].parse(option, text, ret_value, ret_why);
}

int value_format(const struct viod_option *option, const void *value, char *ret_text, size_t size)
{
	char text[VALUE_TEXT_MAX];
	int r;

	if (size >= VALUE_TEXT_MAX)
		return types[option->type].format(option, value, ret_text);
	r = types[option->type].format(option, value, text);
	return r < 0 ? r : copy_text(ret_text, size, text);
}

bool value_satisfied(const struct viod_option *option, const void *wanted, const void *state)
{
	const struct viod_driver *driver = wanted, *bound = state;

	switch ((enum viod_type)option->type) {
	case VIOD_TYPE_DRIVER:
		if (driver_is_default(driver))
			return bound->native;
		return strncmp(driver->name, bound->name, sizeof(bound->name)) == 0;
	case VIOD_TYPE_STRING:
	case VIOD_TYPE_LIST:
		/* A plugin may leave any bytes after the NUL. */
		return strncmp(wanted, state, option->size) == 0;
	case VIOD_TYPE_TABLE:
		return value_tables_equal(option, wanted, state, value_satisfied);
	default:
		return memcmp(wanted, state, option->size) == 0;
	}
}

bool value_is_word(const struct viod_option *option, const void *value)
{
	if (option->type == VIOD_TYPE_MAC)
		return ((const struct viod_mac *)value)->word;
	for (const struct viod_name *name = option->names; name && name->word; name++)
		if (*(const int64_t *)value == name->value)
			return true;
	return false;
}
