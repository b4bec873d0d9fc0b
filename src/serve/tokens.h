/* tokens.h: bearer tokens: who may ask a server for what.
 *
 * A token is "gyre_ID_SECRET": 16 and 48 hexadecimal digits, the secret 192 random bits.  The store has the salted SHA-256 of
 * the secret only, so who reads the store or a copy of it cannot call.  (Slow hashes are for passwords that people choose; nobody
 * tries 2^192 secrets.)  What is compared is compared in constant time; the ID, by which a row is found, is no secret. */
#pragma once

#include <stdint.h>

#include "store/meta.h"

enum {
	ROLE_READ = 1 << 0,    /* what the store and the server know: models, runs, the log, metrics */
	ROLE_PREDICT = 1 << 1, /* predictions and their outcomes */
	ROLE_DEPLOY = 1 << 2,  /* which version answers */
	ROLE_ADMIN = 1 << 3,   /* all */
};
extern const char *const ROLE_NAMES[]; /* NULL-ended, in the order of the bits */
/* Free with g_free. */
char *roles_text(unsigned roles);

enum { TOKEN_SALT = 16, TOKEN_HASH = 32 };

typedef struct Token {
	uint64_t id;
	unsigned roles;
	int64_t expires; /* us UTC; 0: never */
	bool is_revoked;
	unsigned char salt[TOKEN_SALT], hash[TOKEN_HASH];
	char *name;
} Token;

/* *ret: the token, which nobody can tell again.  expires: 0: never.  Free with g_free. */
bool token_create(Meta *m, const Token *about, const char *by, char **ret, GError **error);
/* which: an id, or a name, which takes all tokens of that name.  *ret: how many were in force; none is FAIL_NOT_FOUND. */
bool token_revoke(Meta *m, const char *which, int *ret, GError **error);
/* [{"id", "name", "roles": [...], "by", "created", "expires", "revoked"}], newest first; times in us or null. */
bool token_list(Meta *m, json_t **ret, GError **error);

/* All tokens, revoked ones too, for token_match; an array of Token sorted by id.  Free with g_ptr_array_unref. */
bool token_read_all(Meta *m, GPtrArray **ret, GError **error);
/* The token that this text is, whatever its state; NULL: none.  Nothing is allocated. */
const Token *token_match(const GPtrArray *tokens, const char *text);
bool token_is_valid(const Token *t, int64_t now);
