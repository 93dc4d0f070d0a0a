/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

static bool to_journal;

/* $JOURNAL_STREAM holds device and inode of the journal's end of stdout or stderr. */
void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	to_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		     fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
		     status.st_ino == inode;
}

struct fields {
	char *items[16];
	struct iovec vectors[16];
	int count;
};

static void add_field(struct fields *fields, const char *name, const char *value)
{
	char *text;

	if (!value || (size_t)fields->count == ARRAY_SIZE(fields->vectors) ||
	    asprintf(&text, "%s=%s", name, value) < 0)
		return;
	fields->items[fields->count] = text;
	fields->vectors[fields->count++] =
		(struct iovec){ .iov_base = text, .iov_len = strlen(text) };
}

static void send_journal(int priority, const struct log_about *about, const char *text,
			 const struct diag *diag)
{
	struct fields fields = { .count = 0 };
	char number[16];

	snprintf(number, sizeof(number), "%d", priority);
	add_field(&fields, "MESSAGE", text);
	add_field(&fields, "PRIORITY", number);
	add_field(&fields, "SYSLOG_IDENTIFIER", "viod");
	add_field(&fields, "MESSAGE_ID", about->message_id);
	add_field(&fields, "VIOD_PF", about->pf);
	add_field(&fields, "VIOD_KIND", about->kind);
	add_field(&fields, "VIOD_STATE", about->state);
	add_field(&fields, "CONFIG_FILE", diag && diag->file ? diag->file : about->file);
	if (about->vf != VIOD_PF) {
		snprintf(number, sizeof(number), "%d", about->vf);
		add_field(&fields, "VIOD_VF", number);
	}
	if (diag && diag->line) {
		snprintf(number, sizeof(number), "%u", diag->line);
		add_field(&fields, "CONFIG_LINE", number);
	}
	if (diag && diag->error) {
		snprintf(number, sizeof(number), "%d", diag->error);
		add_field(&fields, "ERRNO", number);
	}
	(void)sd_journal_sendv(fields.vectors, fields.count);
	for (int i = 0; i < fields.count; i++)
		free(fields.items[i]);
}

static void emit(int priority, const struct log_about *about, const struct diag *diag,
		 const char *message)
{
	_cleanup_free_ char *text = NULL;
	char vf[16] = "";

	if (about->vf != VIOD_PF)
		snprintf(vf, sizeof(vf), "vf%d: ", about->vf);
	if (asprintf(&text, "%s%s%s%s", about->pf ? about->pf : "", about->pf ? ": " : "", vf,
		     message) < 0) {
		text = NULL;
		return;
	}
	if (to_journal)
		send_journal(priority, about, text, diag);
	else
		fprintf(stderr, "viod: %s\n", text);
}

void log_line(int priority, const struct log_about *about, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (n < 0)
		message = NULL;
	emit(priority, about, NULL, message ? message : "out of memory");
}

void log_diag(const struct log_about *about, const struct diag *diag)
{
	static const int priorities[] = {
		[VIOD_ERROR] = LOG_ERR,
		[VIOD_WARNING] = LOG_WARNING,
		[VIOD_INFO] = LOG_INFO,
	};
	_cleanup_free_ char *text = diag_text(diag);
	struct log_about with_vf = *about;

	with_vf.vf = diag->vf;
	emit(priorities[diag->severity], &with_vf, diag, text ? text : "out of memory");
}

void log_diag_list(const struct log_about *about, const struct diag_list *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		log_diag(about, &diags->items[i]);
}
