/* error.c: errors with a code that says what the caller can do.  One table maps codes to exit and HTTP statuses. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_status, http_status;
} CODES[FAIL_CODES] = {
        [FAIL_INVALID] = {"invalid", STATUS_USAGE, 400},
        [FAIL_NOT_FOUND] = {"not_found", STATUS_USAGE, 404},
        [FAIL_CONFLICT] = {"conflict", STATUS_USAGE, 409},
        [FAIL_LIMIT] = {"limit", STATUS_USAGE, 413},
        [FAIL_UNAVAILABLE] = {"unavailable", STATUS_OUTSIDE, 503},
        [FAIL_BROKEN] = {"broken", STATUS_OUTSIDE, 500},
};

GQuark fail_domain(void)
{
	return g_quark_from_static_string("gyre");
}

bool fail(GError **error, FailCode code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (error)
		*error = g_error_new_valist(FAIL, (int)code, format, args);
	va_end(args);
	return false;
}

bool fail_errno(GError **error, int number, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	FailCode code = number == ENOENT || number == ENOTDIR ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE;
	return fail(error, code, "%s: %s", what, g_strerror(number));
}

static FailCode code_of(const GError *error)
{
	if (error->domain != FAIL || error->code < 0 || error->code >= FAIL_CODES)
		return FAIL_UNAVAILABLE;
	return (FailCode)error->code;
}

int fail_exit_status(const GError *error)
{
	return CODES[code_of(error)].exit_status;
}

int fail_http_status(const GError *error)
{
	return CODES[code_of(error)].http_status;
}

const char *fail_name(const GError *error)
{
	return CODES[code_of(error)].name;
}

FailCode fail_code_named(const char *name)
{
	for (int i = 0; i < FAIL_CODES; i++)
		if (strcmp(CODES[i].name, name) == 0)
			return (FailCode)i;
	return FAIL_BROKEN;
}
