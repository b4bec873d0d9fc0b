/* error.h: how a function of this program says that it failed.
 *
 * A function that can fail returns bool and takes GError **error last: false if and only if the error is set, outputs
 * untouched on false.  The code says what the caller can do about it and maps, in one table, to an exit status and an
 * HTTP status; the message says what happened to what, in the user's words.  Whoever returns an error does not log it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum FailCode {
	FAIL_INVALID,     /* the input is wrong: change it */
	FAIL_NOT_FOUND,   /* what was named does not exist */
	FAIL_CONFLICT,    /* it exists already, or someone else holds it */
	FAIL_LIMIT,       /* a written limit was reached (base/limits.h) */
	FAIL_UNAVAILABLE, /* something outside failed: disk, database, a library that is not installed; try again later */
	FAIL_BROKEN,      /* stored bytes are not what was stored, or a bug of ours */
	FAIL_CODES
} FailCode;

/* The exit statuses of the program. */
enum { STATUS_DONE = 0, STATUS_NO = 1, STATUS_USAGE = 2, STATUS_OUTSIDE = 3 };

#define FAIL (fail_domain())
GQuark fail_domain(void);

/* Sets *error (if error is not NULL) and returns false, so that a failure is one line: return fail(error, FAIL_INVALID, ...). */
bool fail(GError **error, FailCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same for a failed system call: adds the meaning of `number` (an errno); a full disk, a read-only folder and missing
 * rights are FAIL_UNAVAILABLE, a missing file is FAIL_NOT_FOUND. */
bool fail_errno(GError **error, int number, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The exit status of the program for an error; errors of foreign domains count as FAIL_UNAVAILABLE. */
int fail_exit_status(const GError *error);

/* The HTTP status for an error. */
int fail_http_status(const GError *error);

/* The code's name as in JSON answers: "invalid", "not_found", ... */
const char *fail_name(const GError *error);
/* The code of that name; FAIL_BROKEN when there is none. */
FailCode fail_code_named(const char *name);
