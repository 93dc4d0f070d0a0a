/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a line of the log is written, and with which fields. */
#include "base/log.h"

#include <sys/mman.h>
#include <sys/uio.h>

#include "../fixture.h"

/* --- a journal ------------------------------------------------------------------------------- */

static char *fields[32];
static int n_fields;

static void journal_forget(void)
{
	while (n_fields)
		free(fields[--n_fields]);
}

/* Instead of libsystemd's. */
#pragma GCC visibility push(default)
int sd_journal_sendv_with_location(const char *file, const char *line, const char *function,
				   const struct iovec *vectors, int count);
int sd_journal_sendv_with_location(const char *file, const char *line, const char *function,
				   const struct iovec *vectors, int count)
{
	journal_forget();
	for (int i = 0; i < count; i++)
		fields[n_fields++] = strndup(vectors[i].iov_base, vectors[i].iov_len);
	return 0;
}
#pragma GCC visibility pop

/* The value of a field of the last line; NULL if it has none. */
static const char *field(const char *name)
{
	size_t length = strlen(name);

	for (int i = 0; i < n_fields; i++)
		if (strncmp(fields[i], name, length) == 0 && fields[i][length] == '=')
			return fields[i] + length + 1;
	return NULL;
}

/* --- the end of stderr ----------------------------------------------------------------------- */

struct end {
	int saved, fd;
};

static void end_new(struct end *end)
{
	end->fd = memfd_create("stderr", MFD_CLOEXEC);
	end->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	ck_assert_int_ge(dup2(end->fd, STDERR_FILENO), 0);
	journal_forget();
}

/* What was written to it. The caller frees. */
static char *end_text(struct end *end)
{
	char *text = NULL;
	size_t size = 0;

	ck_assert_int_ge(dup2(end->saved, STDERR_FILENO), 0);
	close(end->saved);
	ck_assert_int_eq(lseek(end->fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(read_fd(end->fd, 1 << 16, &text, &size), 0);
	close(end->fd);
	return text;
}

/* As systemd sets it for a service; some number is added to the inode. */
static void set_stream(int more)
{
	struct stat status;
	char text[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino + (unsigned)more);
	setenv("JOURNAL_STREAM", text, 1);
	log_open();
}

static const struct log_about about = { .pf = "0000:01:00.0",
					.kind = "net",
					.state = "configured",
					.file = "/etc/vio.d/a.conf",
					.message_id = LOG_ID_CONFIGURED,
					.vf = 3 };

START_TEST(a_service_logs_fields)
{
	_cleanup_free_ char *text = NULL;
	struct end end;

	end_new(&end);
	set_stream(0);
	log_line(LOG_NOTICE, &about, "%d %s", 2, "lines");
	text = end_text(&end);
	ck_assert_str_eq(text, "");
	ck_assert_str_eq(field("MESSAGE"), "0000:01:00.0: vf3: 2 lines");
	ck_assert_str_eq(field("PRIORITY"), "5");
	ck_assert_str_eq(field("SYSLOG_IDENTIFIER"), "viod");
	ck_assert_str_eq(field("MESSAGE_ID"), LOG_ID_CONFIGURED);
	ck_assert_str_eq(field("VIOD_PF"), "0000:01:00.0");
	ck_assert_str_eq(field("VIOD_KIND"), "net");
	ck_assert_str_eq(field("VIOD_STATE"), "configured");
	ck_assert_str_eq(field("VIOD_VF"), "3");
	ck_assert_str_eq(field("CONFIG_FILE"), "/etc/vio.d/a.conf");
	ck_assert_ptr_null(field("CONFIG_LINE"));
	ck_assert_ptr_null(field("ERRNO"));
}
END_TEST

START_TEST(what_is_not_known_is_no_field)
{
	const struct log_about nothing = { .vf = VIOD_PF };
	_cleanup_free_ char *text = NULL;
	struct end end;

	end_new(&end);
	set_stream(0);
	log_line(LOG_ERR, &nothing, "one");
	text = end_text(&end);
	ck_assert_str_eq(field("MESSAGE"), "one");
	ck_assert_str_eq(field("PRIORITY"), "3");
	ck_assert_int_eq(n_fields, 3);
}
END_TEST

START_TEST(a_diagnostic_has_its_own_place)
{
	static const struct {
		enum viod_severity severity;
		const char *priority;
	} cases[] = { { VIOD_ERROR, "3" }, { VIOD_WARNING, "4" }, { VIOD_INFO, "6" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct viod_where where = { "/etc/vio.d/b.conf", 14, 8 };
		_cleanup_diags_ struct diag_list list = { 0 };
		_cleanup_free_ char *text = NULL;
		struct end end;

		diag_add(&list, cases[i].severity, 7, &where, EBUSY, "wrong");
		diag_add(&list, cases[i].severity, VIOD_PF, NULL, 0, "without a place");
		end_new(&end);
		set_stream(0);
		log_diag(&about, &list.items[0]);
		ck_assert_str_eq(field("MESSAGE"),
				 "0000:01:00.0: vf7: /etc/vio.d/b.conf:14:8: wrong");
		ck_assert_str_eq(field("PRIORITY"), cases[i].priority);
		ck_assert_str_eq(field("VIOD_VF"), "7");
		ck_assert_str_eq(field("CONFIG_FILE"), "/etc/vio.d/b.conf");
		ck_assert_str_eq(field("CONFIG_LINE"), "14");
		ck_assert_int_eq(atoi(field("ERRNO")), EBUSY);
		log_diag(&about, &list.items[1]);
		ck_assert_str_eq(field("MESSAGE"), "0000:01:00.0: without a place");
		ck_assert_ptr_null(field("VIOD_VF"));
		ck_assert_str_eq(field("CONFIG_FILE"), "/etc/vio.d/a.conf");
		ck_assert_ptr_null(field("CONFIG_LINE"));
		ck_assert_ptr_null(field("ERRNO"));
		text = end_text(&end);
		ck_assert_str_eq(text, "");
	}
}
END_TEST

/* stderr may have been redirected since systemd made the stream, or there is no systemd. */
START_TEST(another_stderr_gets_plain_lines)
{
	static const char *const streams[] = { NULL, "", "nonsense", "1", "1:1" };

	for (size_t i = 0; i <= ARRAY_SIZE(streams); i++) {
		_cleanup_free_ char *text = NULL;
		struct end end;

		end_new(&end);
		if (i == ARRAY_SIZE(streams))
			set_stream(1);
		else if (streams[i])
			setenv("JOURNAL_STREAM", streams[i], 1);
		else
			unsetenv("JOURNAL_STREAM");
		log_open();
		log_line(LOG_NOTICE, &about, "a line");
		log_line(LOG_ERR, &(struct log_about){ .vf = VIOD_PF }, "another");
		text = end_text(&end);
		ck_assert_str_eq(text, "viod: 0000:01:00.0: vf3: a line\nviod: another\n");
		ck_assert_int_eq(n_fields, 0);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_service_logs_fields,
		what_is_not_known_is_no_field,
		a_diagnostic_has_its_own_place,
		another_stderr_gets_plain_lines,
	};
	int failed = run_tests("log", tests, ARRAY_SIZE(tests));

	journal_forget();
	return failed;
}
