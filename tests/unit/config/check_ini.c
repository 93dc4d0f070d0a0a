/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "../fixture.h"
#include "config/ini.h"

struct scanned {
	struct ini_file *scan;
	struct diag_list diags;
	int r;
};

static void scanned_clear(struct scanned *scanned)
{
	ini_free(scanned->scan);
	diag_list_clear(&scanned->diags);
}

#define _cleanup_scanned_ _cleanup_(scanned_clear)

static struct scanned scan_bytes(const char *text, size_t size, bool sections)
{
	/* A buffer of just this size lets the sanitizer see a read past its end. */
	_cleanup_free_ char *exact = malloc(MAX(size, 1u));
	struct scanned scanned = { 0 };

	memcpy(exact, text, size);
	scanned.r = ini_scan("f", exact, size, sections, &scanned.diags, &scanned.scan);
	ck_assert_ptr_nonnull(scanned.scan);
	return scanned;
}

static struct scanned scan(const char *text)
{
	return scan_bytes(text, strlen(text), true);
}

static void assert_statement(const struct scanned *scanned, size_t i, const char *key,
			     const char *value, unsigned line, unsigned column,
			     unsigned value_column)
{
	const struct ini_statement *statement = &scanned->scan->statements[i];

	ck_assert_uint_lt(i, scanned->scan->n_statements);
	ck_assert_str_eq(statement->key, key);
	ck_assert_str_eq(statement->value, value);
	ck_assert_str_eq(statement->where.file, "f");
	ck_assert_uint_eq(statement->where.line, line);
	ck_assert_uint_eq(statement->where.column, column);
	ck_assert_uint_eq(statement->value_where.line, line);
	ck_assert_uint_eq(statement->value_where.column, value_column);
}

START_TEST(statements_have_places)
{
	static const char text[] = "# comment\n"
				   "[pf]\n"
				   "name = 05:00.0\n"
				   "\n"
				   "  ; comment, = too\n"
				   "\tmax_rate=1 # a comment\n"
				   "[vf0] # here, too\n"
				   "mac =\t52:54:00:ab:cd:01 \t \n"
				   "tag = a#b;c = d\n"
				   "colour =#fff\n";
	_cleanup_scanned_ struct scanned scanned = scan(text);

	ck_assert_int_eq(scanned.r, 0);
	assert_no_diags(&scanned.diags);
	ck_assert_uint_eq(scanned.scan->n_sections, 2);
	ck_assert_str_eq(scanned.scan->sections[0].name, "pf");
	ck_assert_uint_eq(scanned.scan->sections[0].where.line, 2);
	ck_assert_uint_eq(scanned.scan->sections[0].where.column, 1);
	ck_assert_str_eq(scanned.scan->sections[1].name, "vf");
	ck_assert_uint_eq(scanned.scan->sections[1].where.line, 7);
	ck_assert_uint_eq(scanned.scan->n_statements, 5);
	assert_statement(&scanned, 0, "name", "05:00.0", 3, 1, 8);
	assert_statement(&scanned, 1, "max-rate", "1", 6, 2, 11);
	assert_statement(&scanned, 2, "mac", "52:54:00:ab:cd:01", 8, 1, 7);
	assert_statement(&scanned, 3, "tag", "a#b;c = d", 9, 1, 7);
	assert_statement(&scanned, 4, "colour", "#fff", 10, 1, 9);
	ck_assert_uint_eq(scanned.scan->statements[1].section, 0);
	ck_assert_uint_eq(scanned.scan->statements[2].section, 1);
}
END_TEST

START_TEST(empty_values_are_kept)
{
	_cleanup_scanned_ struct scanned scanned =
		scan("[pf]\nvlan =\nvlan2 =  \nvlan3 = # none\nvlan4=");

	ck_assert_int_eq(scanned.r, 0);
	assert_statement(&scanned, 0, "vlan", "", 2, 1, 7);
	assert_statement(&scanned, 1, "vlan2", "", 3, 1, 8);
	assert_statement(&scanned, 2, "vlan3", "", 4, 1, 8);
	assert_statement(&scanned, 3, "vlan4", "", 5, 1, 7);
}
END_TEST

START_TEST(marks_of_other_editors_are_tolerated)
{
	_cleanup_scanned_ struct scanned scanned =
		scan("\xef\xbb\xbf[pf]\r\nname = x\r\n# gr\xc3\xbc\xc3\x9f"
		     "e \xff\r\ntag = gr\xc3\xbcn\r\nkind = net\r");

	assert_no_diags(&scanned.diags);
	/* An editor does not count the byte order mark either. */
	ck_assert_uint_eq(scanned.scan->sections[0].where.column, 1);
	assert_statement(&scanned, 0, "name", "x", 2, 1, 8);
	assert_statement(&scanned, 1, "tag", "gr\xc3\xbcn", 4, 1, 7);
	assert_statement(&scanned, 2, "kind", "net", 5, 1, 8);
}
END_TEST

START_TEST(nothing_is_fine)
{
	static const char *const texts[] = {
		"", "\n", "\r\n\r\n", "\xef\xbb\xbf", "# x", ";", "\t"
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_scanned_ struct scanned scanned = scan(texts[i]);

		ck_assert_int_eq(scanned.r, 0);
		ck_assert_uint_eq(scanned.scan->n_sections + scanned.scan->n_statements, 0);
	}
}
END_TEST

static const struct {
	const char *header;
	bool all;
	struct ini_range ranges[3];
	size_t n_ranges, width;
} headers[] = {
	{ "[vf0]", false, { { 0, 0 } }, 1, 1 },
	{ "[vf65534]", false, { { 65534, 65534 } }, 1, 1 },
	{ "[vf0-3]", false, { { 0, 3 } }, 1, 4 },
	{ "[vf0-3,8]", false, { { 0, 3 }, { 8, 8 } }, 2, 5 },
	{ "[vf8,0-3]", false, { { 0, 3 }, { 8, 8 } }, 2, 5 },
	{ "[vf0-3,2-5,6]", false, { { 0, 6 } }, 1, 7 },
	{ "[vf1,1,1]", false, { { 1, 1 } }, 1, 1 },
	{ "[vf5-9,6,0]", false, { { 0, 0 }, { 5, 9 } }, 2, 6 },
	{ "[ vf 0 - 3 , 8 ]", false, { { 0, 3 }, { 8, 8 } }, 2, 5 },
	{ "  [\tvf007\t]  ; x", false, { { 7, 7 } }, 1, 1 },
	{ "[vf*]", true, { { 0, 0 } }, 0, SIZE_MAX },
	{ "[ vf * ]", true, { { 0, 0 } }, 0, SIZE_MAX },
};

START_TEST(headers_name_vfs)
{
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		_cleanup_scanned_ struct scanned scanned = scan(headers[i].header);
		const struct ini_section *section = scanned.scan->sections;

		assert_no_diags(&scanned.diags);
		ck_assert_uint_eq(scanned.scan->n_sections, 1);
		ck_assert_str_eq(section->name, "vf");
		ck_assert(section->all == headers[i].all);
		ck_assert_uint_eq(section->n_ranges, headers[i].n_ranges);
		for (size_t j = 0; j < section->n_ranges; j++) {
			ck_assert_uint_eq(section->ranges[j].first, headers[i].ranges[j].first);
			ck_assert_uint_eq(section->ranges[j].last, headers[i].ranges[j].last);
		}
		ck_assert_uint_eq(ini_section_width(section), headers[i].width);
		ck_assert(!section->broken);
	}
}
END_TEST

START_TEST(sections_know_their_vfs)
{
	_cleanup_scanned_ struct scanned scanned = scan("[vf3-5,8,10-11]\n[vf*]\n[pf]");
	static const bool has[] = { 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 0 };

	for (unsigned vf = 0; vf < ARRAY_SIZE(has); vf++) {
		ck_assert(ini_section_has(&scanned.scan->sections[0], vf) == has[vf]);
		ck_assert(ini_section_has(&scanned.scan->sections[1], vf));
		ck_assert(!ini_section_has(&scanned.scan->sections[2], vf));
	}
	ck_assert_uint_eq(ini_section_width(&scanned.scan->sections[2]), 0);
}
END_TEST

/* One error each, at the place, with the part. */
static const struct {
	const char *text, *place, *part;
} bad[] = {
	{ "[vf]", "f:1:2", "[vf] names no VF; write [vf0], [vf0-3], [vf0-3,8] or [vf*]" },
	{ "[vf-1]", "f:1:4", "'-1' is not a VF index or range; write [vf0]" },
	{ "[vf1-]", "f:1:4", "'1-' is not a VF index or range" },
	{ "[vf1-2-3]", "f:1:4", "'1-2-3' is not a VF index or range" },
	{ "[vf1 2]", "f:1:4", "'1 2' is not a VF index or range" },
	{ "[vf0,x]", "f:1:6", "'x' is not a VF index or range" },
	{ "[vf0,]", "f:1:6", "a VF index is missing here" },
	{ "[vf,0]", "f:1:4", "a VF index is missing here" },
	{ "[vf0,,1]", "f:1:6", "a VF index is missing here" },
	{ "[vf*,1]", "f:1:4", "'*' is not a VF index or range" },
	{ "[vf3-1]", "f:1:4", "the range 3-1 runs backwards; write 1-3" },
	{ "[vf65535]", "f:1:4", "VF index 65535 is too high; the highest is 65534" },
	{ "[vf0-99999999999999999999]", "f:1:4", "is too high; the highest is 65534" },
	{ "[vf1", "f:1:1", "the '[' is not closed; write [vf1]" },
	{ "[ pf # x", "f:1:1", "the '[' is not closed; write [pf]" },
	{ "[pf0]", "f:1:4", "[pf] has no index, because a file configures one PF; write [pf]" },
	{ "[pf] name = x", "f:1:6", "'name = x' follows a section header; write it on a line of" },
	{ "[]", "f:1:2", "[] names no section; write [pf] or [vf0]" },
	{ "[\xff]", "f:1:1", "this is not UTF-8 text" },
	{ "name = x\n[pf]", "f:1:1", "'name' stands before any section; put it below [pf]" },
	{ "[pf]\nname", "f:2:1", "'name' is neither a [section] nor key = value" },
	{ "[pf]\n  name: x", "f:2:3", "'name: x' is neither a [section] nor key = value" },
	{ "[pf]\n = x", "f:2:2", "there is no key before '='" },
	{ "[pf]\nthe name = x", "f:2:1", "'the name' is not a key; keys are letters and digits" },
	{ "[pf]\nname # old = x", "f:2:1", "'name # old' is not a key" },
	{ "[pf]\nname = \"x y\"", "f:2:8", "values are written without quotes; write x y" },
	{ "[pf]\nname = ''", "f:2:8", "values are written without quotes" },
	{ "[pf]\nname = a\xff"
	  "b",
	  "f:2:9", "this is not UTF-8 text; save the file as UTF-8" },
	{ "[pf]\nn\xff = b", "f:2:2", "this is not UTF-8 text" },
	{ "[pf]\nname = a\x1b[2J", "f:2:9", "byte 0x1b is not text" },
	{ "[pf]\n# \x07", "f:2:3", "byte 0x07 is not text" },
	{ "[pf]\rname = x\r", "f:1:5",
	  "byte 0x0d is not text; a configuration is plain UTF-8 text" },
	{ "[pf]\nname = a\x7f", "f:2:9", "byte 0x7f is not text" },
};

START_TEST(errors_have_places_and_advice)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_scanned_ struct scanned scanned = scan(bad[i].text);

		ck_assert_int_eq(scanned.r, -EBADMSG);
		assert_diag_count(&scanned.diags, 1);
		assert_diag(&scanned.diags, bad[i].place, bad[i].part);
	}
}
END_TEST

START_TEST(all_errors_are_reported_and_good_lines_kept)
{
	_cleanup_scanned_ struct scanned scanned = scan(
		"[pf]\nname x\nkind = net\n[vf-1]\nvlan = 5\n[vf2\nmac\nvlan = 6\n[foo]\nx = y\n"
		"[vf1]\nvlan = 7\n");
	const struct ini_section *sections = scanned.scan->sections;

	ck_assert_int_eq(scanned.r, -EBADMSG);
	assert_diag_count(&scanned.diags, 4);
	assert_diag(&scanned.diags, "f:2:1", "'name x' is neither");
	assert_diag(&scanned.diags, "f:4:4", "'-1' is not a VF index");
	assert_diag(&scanned.diags, "f:6:1", "not closed");
	assert_diag(&scanned.diags, "f:7:1", "'mac' is neither");
	/* Keys below an invalid header do not belong to the previous section. */
	ck_assert_uint_eq(scanned.scan->n_sections, 5);
	ck_assert_uint_eq(scanned.scan->n_statements, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(scanned.scan->statements[i].section, i);
	ck_assert(sections[0].broken);
	ck_assert(sections[1].broken);
	ck_assert_uint_eq(sections[1].n_ranges, 0);
	ck_assert_str_eq(sections[1].name, "vf");
	ck_assert(sections[2].broken);
	ck_assert_uint_eq(sections[2].n_ranges, 1);
	ck_assert(!sections[3].broken);
	ck_assert_str_eq(sections[3].name, "foo");
	ck_assert(!sections[4].broken);
}
END_TEST

START_TEST(names_of_unknown_sections_end_before_digits)
{
	_cleanup_scanned_ struct scanned scanned = scan("[vfx]\n[foo bar 3-5]\n[PF]\n[queue 0]\n");

	assert_no_diags(&scanned.diags);
	ck_assert_str_eq(scanned.scan->sections[0].name, "vfx");
	ck_assert_str_eq(scanned.scan->sections[1].name, "foo bar");
	ck_assert_str_eq(scanned.scan->sections[2].name, "PF");
	ck_assert_str_eq(scanned.scan->sections[3].name, "queue");
}
END_TEST

START_TEST(binary_files_are_refused_once)
{
	static const char junk[] = "\x7f"
				   "ELF\0\1\2\n\0\0\0\n\3\n";
	_cleanup_scanned_ struct scanned scanned = scan_bytes(junk, sizeof(junk) - 1, true);
	_cleanup_scanned_ struct scanned nul = scan_bytes("[pf]\nname = a\0b\n", 16, true);

	ck_assert_int_eq(scanned.r, -EBADMSG);
	assert_diag_count(&scanned.diags, 1);
	assert_diag(&scanned.diags, "f:1:1", "byte 0x7f is not text");
	ck_assert_int_eq(nul.r, -EBADMSG);
	assert_diag_count(&nul.diags, 1);
	assert_diag(&nul.diags, "f:2:9", "byte 0x00 is not text");
	ck_assert_uint_eq(nul.scan->n_statements, 0);
}
END_TEST

START_TEST(files_without_sections)
{
	_cleanup_scanned_ struct scanned good = scan_bytes("plugins = net\n", 14, false);
	_cleanup_scanned_ struct scanned header = scan_bytes("[pf]\nplugins = x", 16, false);

	ck_assert_int_eq(good.r, 0);
	assert_statement(&good, 0, "plugins", "net", 1, 1, 11);
	ck_assert_uint_eq(good.scan->statements[0].section, SIZE_MAX);
	ck_assert_int_eq(header.r, -EBADMSG);
	assert_diag(&header.diags, "f:1:1", "this file has no sections");
	ck_assert_uint_eq(header.scan->statements[0].section, SIZE_MAX);
}
END_TEST

/* n copies of a text. */
static char *repeated(const char *text, size_t n)
{
	size_t length = strlen(text);
	char *all = malloc(n * length + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(all + i * length, text, length);
	all[n * length] = '\0';
	return all;
}

START_TEST(many_errors_are_counted)
{
	_cleanup_free_ char *text = repeated("oops\n", CONFIG_ERRORS_MAX + 50);
	_cleanup_scanned_ struct scanned scanned = scan(text);

	assert_diag_count(&scanned.diags, CONFIG_ERRORS_MAX + 1);
	assert_diag(&scanned.diags, "f", "50 more lines are wrong");
}
END_TEST

START_TEST(large_files_take_no_time)
{
	/* A line, a key, a header, a value and a number of ranges that are each a megabyte. */
	static const struct {
		const char *head, *body;
	} shapes[] = { { "[pf]\n", "a=b\n" }, { "[pf]\n", "a" },       { "[pf]\n", "=" },
		       { "[pf]\na=", "x" },   { "[vf", "0" },	       { "[vf0", ",2,4" },
		       { "[vf0", ",0-9" },    { "", "[vf1-9]\n" },     { "[pf]\na = ", " #" },
		       { "", "[" },	      { "[pf]\n", "\xc3\xbc" } };
	uint64_t pass = cpu_usec_of_a_pass(), passes;

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		_cleanup_free_ char *body =
			repeated(shapes[i].body, (CONFIG_FILE_MAX - 20) / strlen(shapes[i].body));
		_cleanup_free_ char *text = NULL;
		uint64_t start = cpu_usec();

		ck_assert_int_ge(asprintf(&text, "%s%s]", shapes[i].head, body), 0);
		{
			_cleanup_scanned_ struct scanned scanned = scan(text);

			for (size_t j = 0; j < scanned.diags.count; j++)
				ck_assert_uint_lt(strlen(scanned.diags.items[j].text), 300);
		}
		passes = (cpu_usec() - start) / pass;
		ck_assert_msg(passes < 1000, "shape %zu: %llu passes", i,
			      (unsigned long long)passes);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		statements_have_places,
		empty_values_are_kept,
		marks_of_other_editors_are_tolerated,
		nothing_is_fine,
		headers_name_vfs,
		sections_know_their_vfs,
		errors_have_places_and_advice,
		all_errors_are_reported_and_good_lines_kept,
		names_of_unknown_sections_end_before_digits,
		binary_files_are_refused_once,
		files_without_sections,
		many_errors_are_counted,
		large_files_take_no_time,
	};

	return run_tests("scan", tests, ARRAY_SIZE(tests));
}
