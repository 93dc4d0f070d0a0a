/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "../fixture.h"
#include "base/suggest.h"
#include "model/value.h"

union any {
	unsigned char bytes[VALUE_TEXT_MAX];
	bool truth;
	int64_t number;
	uint64_t amount;
	struct viod_mac mac;
	struct viod_driver driver;
	char text[VALUE_TEXT_MAX];
};

static const struct viod_name words[] = {
	{ "auto", 7 }, { "max", -1 }, { "Auto", 8 }, { NULL, 0 }
};

/* Each is read, and written again as out. */
static const struct {
	enum viod_type type;
	const char *in, *out;
} good[] = {
	{ VIOD_TYPE_BOOL, "on", "on" },
	{ VIOD_TYPE_BOOL, "Yes", "on" },
	{ VIOD_TYPE_BOOL, "TRUE", "on" },
	{ VIOD_TYPE_BOOL, "1", "on" },
	{ VIOD_TYPE_BOOL, "off", "off" },
	{ VIOD_TYPE_BOOL, "no", "off" },
	{ VIOD_TYPE_BOOL, "false", "off" },
	{ VIOD_TYPE_BOOL, "0", "off" },
	{ VIOD_TYPE_INT, "0", "0" },
	{ VIOD_TYPE_INT, "010", "10" }, /* ten, not eight */
	{ VIOD_TYPE_INT, "09", "9" },
	{ VIOD_TYPE_INT, "0x1F", "31" },
	{ VIOD_TYPE_INT, "4095", "4095" },
	{ VIOD_TYPE_INT, "-5", "-5" },
	{ VIOD_TYPE_INT, "max", "max" },
	{ VIOD_TYPE_INT, "MAX", "max" },
	{ VIOD_TYPE_ENUM, "auto", "auto" },
	{ VIOD_TYPE_ENUM, "Auto", "Auto" }, /* an exact match wins */
	{ VIOD_TYPE_ENUM, "AUTO", "auto" },
	{ VIOD_TYPE_RATE, "0", "0" },
	{ VIOD_TYPE_RATE, "100", "100" },
	{ VIOD_TYPE_RATE, "100M", "100" },
	{ VIOD_TYPE_RATE, "2.5G", "2500" },
	{ VIOD_TYPE_RATE, "2.50g", "2500" },
	{ VIOD_TYPE_RATE, "2000K", "2" },
	{ VIOD_TYPE_RATE, "1T", "1000000" },
	{ VIOD_TYPE_RATE, "1.0000000000000000", "1" },
	{ VIOD_TYPE_SIZE, "0", "0" },
	{ VIOD_TYPE_SIZE, "1023", "1023" },
	{ VIOD_TYPE_SIZE, "1024", "1K" },
	{ VIOD_TYPE_SIZE, "4G", "4G" },
	{ VIOD_TYPE_SIZE, "4096m", "4G" },
	{ VIOD_TYPE_SIZE, "1.5K", "1536" },
	{ VIOD_TYPE_SIZE, "16777215T", "16777215T" },
	{ VIOD_TYPE_MAC, "52:54:00:AB:cd:01", "52:54:00:ab:cd:01" },
	{ VIOD_TYPE_MAC, "52-54-00-ab-cd-01", "52:54:00:ab:cd:01" },
	{ VIOD_TYPE_MAC, "auto", "auto" },
	{ VIOD_TYPE_GUID, "00:11:22:33:44:55:66:77", "00:11:22:33:44:55:66:77" },
	{ VIOD_TYPE_GUID, "0x1122334455667788", "11:22:33:44:55:66:77:88" },
	{ VIOD_TYPE_GUID, "0Xf", "00:00:00:00:00:00:00:0f" },
	{ VIOD_TYPE_STRING, "a b", "a b" },
	{ VIOD_TYPE_STRING, "exactly 15 byte", "exactly 15 byte" },
	{ VIOD_TYPE_STRING, "", "" },
	{ VIOD_TYPE_LIST, "a,b ,  c", "a, b, c" },
	{ VIOD_TYPE_LIST, " one word ", "one word" },
	{ VIOD_TYPE_LIST, "", "" },
	{ VIOD_TYPE_DRIVER, "vfio-pci", "vfio-pci" },
	{ VIOD_TYPE_DRIVER, "8250_mid.x+y", "8250_mid.x+y" },
};

/* Each is refused, and the reason has the part. */
static const struct {
	enum viod_type type;
	const char *in, *part;
} bad[] = {
	{ VIOD_TYPE_BOOL, "maybe", "'maybe' is neither on nor off; write on or off" },
	{ VIOD_TYPE_BOOL, "", "write on or off" },
	{ VIOD_TYPE_BOOL, "on ", "write on or off" },
	{ VIOD_TYPE_INT, "five",
	  "'five' is not a number; write a number from -9 to 4095, or auto, " },
	{ VIOD_TYPE_INT, "", "is not a number" },
	{ VIOD_TYPE_INT, "-", "is not a number" },
	{ VIOD_TYPE_INT, "0x", "is not a number" },
	{ VIOD_TYPE_INT, "5 6", "is not a number" },
	{ VIOD_TYPE_INT, "1f", "is not a number" },
	{ VIOD_TYPE_INT, "+5", "is not a number" },
	{ VIOD_TYPE_INT, "4096", "'4096' is out of range; write a number from -9 to 4095" },
	{ VIOD_TYPE_INT, "-10", "out of range" },
	{ VIOD_TYPE_INT, "18446744073709551616", "out of range" },
	{ VIOD_TYPE_INT, "0x10000000000000000", "out of range" },
	{ VIOD_TYPE_INT, "-9223372036854775809", "out of range" },
	{ VIOD_TYPE_ENUM, "atuo", "'atuo' is not known here; write auto, max or Auto" },
	{ VIOD_TYPE_ENUM, "", "write auto" },
	{ VIOD_TYPE_RATE, "500K", "is not a whole number of Mbit/s" },
	{ VIOD_TYPE_RATE, "0.5", "is not a whole number of Mbit/s" },
	{ VIOD_TYPE_RATE, "1.0000001G", "is not a whole number of Mbit/s" },
	{ VIOD_TYPE_RATE, "fast", "'fast' is not a rate; write Mbit/s" },
	{ VIOD_TYPE_RATE, "", "is not a rate" },
	{ VIOD_TYPE_RATE, "-1", "is not a rate" },
	{ VIOD_TYPE_RATE, "100 M", "is not a rate" },
	{ VIOD_TYPE_RATE, "100Mbit", "is not a rate" },
	{ VIOD_TYPE_RATE, ".5G", "is not a rate" },
	{ VIOD_TYPE_RATE, "5.G", "is not a rate" },
	{ VIOD_TYPE_RATE, "99999999999999999999", "more than any link provides" },
	{ VIOD_TYPE_RATE, "18446744073710T", "more than any link provides" },
	{ VIOD_TYPE_SIZE, "lots", "'lots' is not a size; write bytes" },
	{ VIOD_TYPE_SIZE, "0.3K", "is not a whole number of bytes" },
	{ VIOD_TYPE_SIZE, "16777216T", "is too large; write a size below 16777216T" },
	{ VIOD_TYPE_MAC, "52:54:00:ab:cd", "is not a MAC address; write six octets" },
	{ VIOD_TYPE_MAC, "52:54:00:ab:cd:01:02", "is not a MAC address" },
	{ VIOD_TYPE_MAC, "52:54-00:ab:cd:01", "is not a MAC address" },
	{ VIOD_TYPE_MAC, "525400abcd01", "is not a MAC address" },
	{ VIOD_TYPE_MAC, "52:54:00:ab:cd:0g", "is not a MAC address" },
	{ VIOD_TYPE_MAC, "52:54:00:ab:cd:1", "is not a MAC address" },
	{ VIOD_TYPE_MAC, "random", "or auto, max or Auto" },
	{ VIOD_TYPE_GUID, "00:11:22:33:44:55:66", "is not a GUID; write eight octets" },
	{ VIOD_TYPE_GUID, "0x", "is not a GUID" },
	{ VIOD_TYPE_GUID, "0x12345678123456789", "is not a GUID" },
	{ VIOD_TYPE_GUID, "0x12zz", "is not a GUID" },
	{ VIOD_TYPE_GUID, "17", "is not a GUID" },
	{ VIOD_TYPE_STRING, "sixteen bytes ab", "'sixteen bytes ab' has 16 bytes; at most 15 fit" },
	{ VIOD_TYPE_LIST, "a,,b", "has an empty item" },
	{ VIOD_TYPE_LIST, "a,", "has an empty item" },
	{ VIOD_TYPE_LIST, ",", "has an empty item" },
	{ VIOD_TYPE_LIST, "aaaaaaa,aaaaaaa", "too long; at most 15 bytes fit" },
	{ VIOD_TYPE_DRIVER, "", "is not a driver name" },
	{ VIOD_TYPE_DRIVER, "../../x", "is not a driver name; write a driver such as vfio-pci" },
	{ VIOD_TYPE_DRIVER, "a/b", "is not a driver name" },
	{ VIOD_TYPE_DRIVER, ".hidden", "is not a driver name" },
	{ VIOD_TYPE_DRIVER, "-rf", "is not a driver name" },
	{ VIOD_TYPE_DRIVER, "two words", "is not a driver name" },
	{ VIOD_TYPE_DRIVER, "a123456789b123456789c123456789d123456789e123456789f123456789g123",
	  "is not a driver name" }, /* 64 bytes: no room for the NUL */
};

static struct viod_option row_of(enum viod_type type)
{
	size_t size = value_type_size(type);

	return (struct viod_option){ .type = (uint8_t)type,
				     .size = size ? (uint32_t)size : 16,
				     .min = type == VIOD_TYPE_INT ? -9 : 0,
				     .max = type == VIOD_TYPE_INT ? 4095 : 0,
				     .names = words };
}

START_TEST(sizes)
{
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_BOOL), sizeof(bool));
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_INT), 8);
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_RATE), 8);
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_SIZE), 8);
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_ENUM), 8);
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_MAC), sizeof(struct viod_mac));
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_GUID), 8);
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_STRING), 0);
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_LIST), 0);
	ck_assert_uint_eq(value_type_size(VIOD_TYPE_DRIVER), sizeof(struct viod_driver));
}
END_TEST

START_TEST(good_values_are_read_and_written)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct viod_option row = row_of(good[i].type);
		union any value, again;
		char text[VALUE_TEXT_MAX];
		char *why = NULL;

		memset(&value, 0xaa, sizeof(value));
		memset(&again, 0x55, sizeof(again));
		ck_assert_msg(value_parse(&row, good[i].in, &value, &why) == 0, "'%s': %s",
			      good[i].in, why);
		ck_assert_int_eq(value_format(&row, &value, text, sizeof(text)), 0);
		ck_assert_str_eq(text, good[i].out);
		/* What was written reads back to the same bytes, whatever lay there before. */
		ck_assert_int_eq(value_parse(&row, text, &again, &why), 0);
		ck_assert_mem_eq(&value, &again, row.size);
		ck_assert(value_satisfied(&row, &value, &again) ||
			  good[i].type == VIOD_TYPE_DRIVER);
		ck_assert_int_eq(value.bytes[row.size], 0xaa);
		ck_assert_int_eq(value_format(&row, &value, text, strlen(good[i].out)), -EMSGSIZE);
	}
}
END_TEST

START_TEST(bad_values_are_refused_with_a_reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct viod_option row = row_of(bad[i].type);
		union any value, before;
		_cleanup_free_ char *why = NULL;
		int r;

		memset(&value, 0xaa, sizeof(value));
		before = value;
		r = value_parse(&row, bad[i].in, &value, &why);
		ck_assert_msg(r == -EINVAL || r == -ERANGE, "'%s' gave %d", bad[i].in, r);
		ck_assert_ptr_nonnull(why);
		ck_assert_msg(strstr(why, bad[i].part), "'%s': %s", bad[i].in, why);
		ck_assert_mem_eq(&value, &before, sizeof(value));
	}
}
END_TEST

START_TEST(reasons_stay_short)
{
	struct viod_option row = row_of(VIOD_TYPE_INT);
	_cleanup_free_ char *why = NULL, *text = calloc(1, 100001);
	union any value;

	memset(text, 'x', 100000);
	ck_assert_int_eq(value_parse(&row, text, &value, &why), -EINVAL);
	ck_assert_uint_lt(strlen(why), 300);
}
END_TEST

START_TEST(long_tables_of_words_are_cut)
{
	struct viod_name many[101] = { 0 };
	char names[100][16];
	struct viod_option row = { .type = VIOD_TYPE_ENUM, .size = 8, .names = many };
	_cleanup_free_ char *why = NULL;
	union any value;

	for (size_t i = 0; i < 100; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "word-%zu", i);
		many[i].word = names[i];
	}
	ck_assert_int_eq(value_parse(&row, "x", &value, &why), -EINVAL);
	ck_assert(strstr(why, "word-0, word-1"));
	ck_assert(strstr(why, " ..."));
}
END_TEST

START_TEST(amounts_keep_to_bounds)
{
	struct viod_option row = { .type = VIOD_TYPE_RATE, .size = 8, .min = 10, .max = 100 };
	_cleanup_free_ char *why = NULL;
	union any value;

	ck_assert_int_eq(value_parse(&row, "101", &value, &why), -ERANGE);
	ck_assert(strstr(why, "out of range; write 10 to 100 Mbit/s"));
	free(TAKE_PTR(why));
	ck_assert_int_eq(value_parse(&row, "9", &value, &why), -ERANGE);
	ck_assert_int_eq(value_parse(&row, "100", &value, &why), 0);
	ck_assert_uint_eq(value.amount, 100);
}
END_TEST

START_TEST(pci_addresses)
{
	static const struct {
		const char *text, *full;
	} right[] = {
		{ "05:00.0", "0000:05:00.0" },
		{ "0000:05:1F.7", "0000:05:1f.7" },
		{ "10000:fF:00.1", "10000:ff:00.1" },
		{ "FFFFFFFF:00:00.0", "ffffffff:00:00.0" },
	};
	static const char *const wrong[] = { "05:00",	    "05:20.0",		 "05:00.8",
					     "105:00.0",    "100000000:05:00.0", ":05:00.0",
					     "0:0:05:00.0", "05:00.0x",		 "" };
	char text[20];
	struct bdf bdf;

	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		ck_assert_int_eq(bdf_parse(right[i].text, &bdf), 0);
		bdf_format(&bdf, text);
		ck_assert_str_eq(text, right[i].full);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_msg(bdf_parse(wrong[i], &bdf) == -EINVAL, "'%s'", wrong[i]);
	ck_assert_int_eq(bdf_parse("10000:05:1f.7", &bdf), 0);
	ck_assert_uint_eq(bdf.domain, 0x10000);
	ck_assert_uint_eq(bdf.bus, 5);
	ck_assert_uint_eq(bdf.device, 0x1f);
	ck_assert_uint_eq(bdf.function, 7);
}
END_TEST

START_TEST(values_have_their_c_types)
{
	struct viod_option row = row_of(VIOD_TYPE_MAC);
	union any value;
	char *why = NULL;

	ck_assert_int_eq(value_parse(&row, "52:54:00:ab:cd:01", &value, &why), 0);
	ck_assert_uint_eq(value.mac.octets[3], 0xab);
	ck_assert_uint_eq(value.mac.word, 0);
	ck_assert_int_eq(value_parse(&row, "auto", &value, &why), 0);
	ck_assert_uint_eq(value.mac.octets[3], 0);
	ck_assert_uint_eq(value.mac.word, 7);
	row = row_of(VIOD_TYPE_RATE);
	ck_assert_int_eq(value_parse(&row, "2.5G", &value, &why), 0);
	ck_assert_uint_eq(value.amount, 2500);
	row = row_of(VIOD_TYPE_SIZE);
	ck_assert_int_eq(value_parse(&row, "4G", &value, &why), 0);
	ck_assert_uint_eq(value.amount, 4ull << 30);
	row = row_of(VIOD_TYPE_GUID);
	ck_assert_int_eq(value_parse(&row, "00:11:22:33:44:55:66:77", &value, &why), 0);
	ck_assert_uint_eq(value.amount, 0x11223344556677);
}
END_TEST

START_TEST(drivers_satisfy_what_they_can)
{
	static const struct {
		const char *wanted, *state;
		bool native, satisfied;
	} cases[] = {
		{ "default", "igbvf", true, true },   { "default", "vfio-pci", false, false },
		{ "default", "none", true, true },    { "igbvf", "igbvf", true, true },
		{ "vfio-pci", "igbvf", true, false }, { "none", "none", false, true },
		{ "none", "igbvf", true, false },
	};
	struct viod_option row = row_of(VIOD_TYPE_DRIVER);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct viod_driver wanted = { 0 }, state = { .native = cases[i].native };

		strcpy(wanted.name, cases[i].wanted);
		strcpy(state.name, cases[i].state);
		ck_assert_msg(value_satisfied(&row, &wanted, &state) == cases[i].satisfied,
			      "%s with %s", cases[i].wanted, cases[i].state);
	}
}
END_TEST

START_TEST(text_is_equal_up_to_its_end)
{
	struct viod_option row = { .type = VIOD_TYPE_STRING, .size = 4 };

	ck_assert(value_satisfied(&row, "ab\0x", "ab\0y"));
	ck_assert(!value_satisfied(&row, "ab\0x", "ac\0x"));
	row = row_of(VIOD_TYPE_INT);
	ck_assert(!value_satisfied(&row, &(int64_t){ 1 }, &(int64_t){ 1ll << 40 }));
}
END_TEST

START_TEST(text_without_an_end_is_written_safely)
{
	struct viod_option row = { .type = VIOD_TYPE_STRING, .size = 4 };
	char text[VALUE_TEXT_MAX];
	struct viod_driver driver;

	ck_assert_int_eq(value_format(&row, "abcd", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "abcd");
	row = row_of(VIOD_TYPE_DRIVER);
	memset(&driver, 'x', sizeof(driver));
	ck_assert_int_eq(value_format(&row, &driver, text, sizeof(text)), 0);
	ck_assert_uint_eq(strlen(text), VIOD_NAME_MAX);
}
END_TEST

START_TEST(the_nearest_word_is_found)
{
	static const char *const keys[] = { "mac",   "vlan",	 "vlan-proto", "max-rate",
					    "trust", "spoofchk", "vfs",	       "mtu" };
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{ "vlna", "vlan" },	   { "vln", "vlan" },	 { "vlann", "vlan" },
		{ "VLAN", "vlan" },	   { "trsut", "trust" }, { "spoof", "spoofchk" },
		{ "maxrate", "max-rate" }, { "vf", "vfs" },	 { "mcu", "mtu" },
		{ "zebra", NULL },	   { "", NULL },	 { "x", NULL },
		{ "rate", NULL },
	};
	char *huge = calloc(1, 100001);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *nearest = nearest_word(cases[i].word, keys, ARRAY_SIZE(keys));

		ck_assert_msg(streq(nearest, cases[i].nearest), "%s: %s", cases[i].word, nearest);
	}
	memset(huge, 'v', 100000);
	ck_assert_ptr_null(nearest_word(huge, keys, ARRAY_SIZE(keys)));
	ck_assert_ptr_null(nearest_word("vlan", (const char *const[]){ huge }, 1));
	free(huge);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		sizes,
		good_values_are_read_and_written,
		bad_values_are_refused_with_a_reason,
		reasons_stay_short,
		long_tables_of_words_are_cut,
		amounts_keep_to_bounds,
		pci_addresses,
		values_have_their_c_types,
		drivers_satisfy_what_they_can,
		text_is_equal_up_to_its_end,
		text_without_an_end_is_written_safely,
		the_nearest_word_is_found,
	};

	return run_tests("value", tests, ARRAY_SIZE(tests));
}
