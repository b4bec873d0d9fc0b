/* access.h: who may ask for what: the roles a path needs, and the token a request carries.
 *
 * A path needs one role of a few, or nobody is asked (health).  What no rule knows needs `admin`, so a path that is added is shut
 * until a rule opens it.  Paths are taken as sent: one that hides letters behind percent signs matches no rule.
 *
 * Whether tokens are asked for at all: `auto` begins with the first token that is in the store, and never ends (revoked ones
 * count), for a server that becomes open by itself is one nobody watches. */
#pragma once

#include "serve/tokens.h"

typedef enum AccessMode { ACCESS_AUTO, ACCESS_ALWAYS, ACCESS_NEVER } AccessMode;
extern const char *const ACCESS_MODES[]; /* "auto", "always", "never", NULL */

/* The roles of which a caller needs one; 0: nobody is asked. */
enum {
	ACCESS_NEEDS_TOKEN = 1 << 8
}; /* ... and an open server does not do it at all: tokens are made by whom one knows */
unsigned access_need(const char *method, const char *path);

typedef struct Access Access;

Access *access_new(AccessMode mode);
void access_free(Access *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Access, access_free)
/* Looks at the store's tokens; those in use stay when it cannot be read. */
bool access_refresh(Access *a, Meta *m, GError **error);
bool access_asks(const Access *a);

typedef enum AccessAnswer {
	ACCESS_GRANTED,
	ACCESS_NO_TOKEN,
	ACCESS_BAD_TOKEN,
	ACCESS_NO_ROLE,
	ACCESS_CLOSED
} AccessAnswer;
/* authorization: the header, or NULL.  *ret_caller: the id of the token, 0: none was asked for. */
AccessAnswer access_check(Access *a, unsigned need, const char *authorization, uint64_t *ret_caller);
/* Whose token it is; free with g_free; NULL: nobody's. */
char *access_name(Access *a, uint64_t caller);
