/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Foreign names, such as paths, must not contain line breaks. */
static void PRINTF_LIKE(2, 0)
	append(struct viod_vfio_error *error, const char *format, va_list arguments)
{
	size_t used = strlen(error->text);

	(void)vsnprintf(error->text + used, sizeof(error->text) - used, format, arguments);
	for (char *c = error->text + used; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void PRINTF_LIKE(2, 3) append_text(struct viod_vfio_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(error, format, arguments);
	va_end(arguments);
}

int vfio_call_failed(struct viod_vfio_error *error, int code, const char *call, const char *format,
		     ...)
{
	va_list arguments;

	if (!error)
		return code;
	*error = (struct viod_vfio_error){ .code = code };
	(void)snprintf(error->call, sizeof(error->call), "%s", call);
	append_text(error, "%s: ", call);
	va_start(arguments, format);
	append(error, format, arguments);
	va_end(arguments);
	errno = -code;
	append_text(error, ": %m");
	return code;
}

int vfio_refuse(struct viod_vfio_error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return code;
	*error = (struct viod_vfio_error){ .code = code };
	va_start(arguments, format);
	append(error, format, arguments);
	va_end(arguments);
	return code;
}

int vfio_contradiction(struct viod_vfio_error *error, const char *call, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return -EPROTO;
	*error = (struct viod_vfio_error){ .code = -EPROTO };
	(void)snprintf(error->call, sizeof(error->call), "%s", call);
	append_text(error, "%s: the kernel's answer contradicts itself: ", call);
	va_start(arguments, format);
	append(error, format, arguments);
	va_end(arguments);
	return -EPROTO;
}

int vfio_advise(struct viod_vfio_error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return code;
	append_text(error, "; ");
	va_start(arguments, format);
	append(error, format, arguments);
	va_end(arguments);
	return error->code;
}

int vfio_no_memory(struct viod_vfio_error *error)
{
	return vfio_refuse(error, -ENOMEM, "out of memory");
}
