/* tokens.c: bearer tokens in the store, and finding the one that a text is. */
#include "serve/tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/json.h"

enum { ID_DIGITS = 16, SECRET_BYTES = 24, SECRET_DIGITS = 2 * SECRET_BYTES, NAME_MOST = 100 };
static const char PREFIX[] = "gyre_";

const char *const ROLE_NAMES[] = {"read", "predict", "deploy", "admin", NULL};

char *roles_text(unsigned roles)
{
	GString *text = g_string_new(NULL);
	for (unsigned i = 0; ROLE_NAMES[i]; i++)
		if (roles & 1u << i)
			g_string_append_printf(text, "%s%s", text->len ? " " : "", ROLE_NAMES[i]);
	return g_string_free(text, FALSE);
}

static unsigned roles_of(const char *text)
{
	unsigned roles = 0;
	g_auto(GStrv) names = g_strsplit(text, " ", -1);
	for (unsigned i = 0; ROLE_NAMES[i]; i++)
		if (g_strv_contains((const char *const *)names, ROLE_NAMES[i]))
			roles |= 1u << i;
	return roles;
}

/* The digest is of the secret's text as it is sent, behind the salt. */
static void hash_secret(const unsigned char *salt, const char *secret, unsigned char *ret)
{
	unsigned char bytes[TOKEN_SALT + SECRET_DIGITS];
	memcpy(bytes, salt, TOKEN_SALT);
	memcpy(bytes + TOKEN_SALT, secret, SECRET_DIGITS);
	SHA256(bytes, sizeof bytes, ret);
	OPENSSL_cleanse(bytes, sizeof bytes);
}

static void to_hex(const unsigned char *bytes, size_t size, char *to)
{
	for (size_t i = 0; i < size; i++)
		g_snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

static bool from_hex(const char *text, size_t size, unsigned char *to)
{
	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		to[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static void random_bytes(unsigned char *to, size_t size)
{
	if (getrandom(to, size, 0) != (ssize_t)size)
		g_error("the kernel gives no random numbers");
}

static bool check_name(const char *name, GError **error)
{
	size_t length = strlen(name);
	for (const char *c = name; *c; c++)
		if (!g_ascii_isalnum(*c) && !strchr("._-", *c))
			return fail(error, FAIL_INVALID, "the name of a token has letters, digits and . _ - only");
	if (length == 0 || length > NAME_MOST)
		return fail(error, FAIL_INVALID, "the name of a token has 1 to %d characters", NAME_MOST);
	return true;
}

bool token_create(Meta *m, const Token *about, const char *by, char **ret, GError **error)
{
	unsigned char id[ID_DIGITS / 2], secret[SECRET_BYTES], salt[TOKEN_SALT], hash[TOKEN_HASH];
	char id_text[ID_DIGITS + 1], secret_text[SECRET_DIGITS + 1], salt_text[2 * TOKEN_SALT + 1],
	        hash_text[2 * TOKEN_HASH + 1];
	if (!check_name(about->name, error))
		return false;
	if (!about->roles)
		return fail(error, FAIL_INVALID, "a token needs a role: --roles read,predict,deploy or admin");
	random_bytes(id, sizeof id);
	random_bytes(secret, sizeof secret);
	random_bytes(salt, sizeof salt);
	to_hex(id, sizeof id, id_text);
	to_hex(secret, sizeof secret, secret_text);
	hash_secret(salt, secret_text, hash);
	to_hex(salt, sizeof salt, salt_text);
	to_hex(hash, sizeof hash, hash_text);
	g_autofree char *roles = roles_text(about->roles);
	json_t *args = json_pack("[s,s,s,s,s,o,I,o]", id_text, about->name, roles, salt_text, hash_text, json_text(by),
	        (json_int_t)meta_now(), about->expires ? json_integer(about->expires) : json_null());
	if (!meta_run(m,
	            "INSERT INTO tokens (id, name, roles, salt, hash, by_whom, created, expires)"
	            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	            args, NULL, error))
		return false;
	*ret = g_strconcat(PREFIX, id_text, "_", secret_text, NULL);
	return true;
}

bool token_revoke(Meta *m, const char *which, int *ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m, "UPDATE tokens SET revoked = $2 WHERE (id = $1 OR name = $1) AND revoked IS NULL RETURNING id",
	            json_pack("[s,I]", which, (json_int_t)meta_now()), &rows, error))
		return false;
	if (json_array_size(rows) == 0)
		return fail(error, FAIL_NOT_FOUND, "no token in force has the name or id \"%.100s\"", which);
	*ret = (int)json_array_size(rows);
	return true;
}

bool token_list(Meta *m, json_t **ret, GError **error)
{
	size_t i;
	json_t *row, *rows;
	if (!meta_run(m,
	            "SELECT id, name, roles, by_whom AS by, created, expires, revoked FROM tokens"
	            " ORDER BY created DESC, id",
	            NULL, &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		unsigned roles = roles_of(json_get_text(row, "roles", ""));
		json_t *list = json_array();
		for (unsigned k = 0; ROLE_NAMES[k]; k++)
			if (roles & 1u << k)
				json_array_append_new(list, json_string(ROLE_NAMES[k]));
		json_object_set_new(row, "roles", list);
	}
	*ret = rows;
	return true;
}

static void token_free(void *token)
{
	g_free(((Token *)token)->name);
	g_free(token);
}

/* NULL: a row that was not written by token_create. */
static Token *token_of(const json_t *row)
{
	const char *id = json_get_text(row, "id", ""), *roles = json_get_text(row, "roles", "");
	g_autofree Token *t = g_new0(Token, 1);
	char *end;
	t->id = g_ascii_strtoull(id, &end, 16);
	if (end != id + ID_DIGITS || *end || !from_hex(json_get_text(row, "salt", ""), TOKEN_SALT, t->salt) ||
	        !from_hex(json_get_text(row, "hash", ""), TOKEN_HASH, t->hash))
		return NULL;
	t->roles = roles_of(roles);
	t->expires = json_get_int(row, "expires", 0);
	t->is_revoked = json_get_int(row, "revoked", 0) != 0;
	t->name = g_strdup(json_get_text(row, "name", ""));
	return g_steal_pointer(&t);
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = (*(const Token *const *)a)->id, y = (*(const Token *const *)b)->id;
	return x < y ? -1 : x > y;
}

bool token_read_all(Meta *m, GPtrArray **ret, GError **error)
{
	size_t i;
	json_t *row;
	json_auto_t *rows = NULL;
	if (!meta_run(m, "SELECT id, name, roles, salt, hash, expires, revoked FROM tokens", NULL, &rows, error))
		return false;
	GPtrArray *tokens = g_ptr_array_new_with_free_func(token_free);
	json_array_foreach (rows, i, row) {
		Token *t = token_of(row);
		if (t)
			g_ptr_array_add(tokens, t);
	}
	g_ptr_array_sort(tokens, by_id);
	*ret = tokens;
	return true;
}

/* "gyre_" 16 digits "_" 48 digits, and nothing else. */
static bool read_text(const char *text, uint64_t *ret_id, const char **ret_secret)
{
	enum { PREFIX_LENGTH = sizeof PREFIX - 1, SECRET_AT = PREFIX_LENGTH + ID_DIGITS + 1 };
	size_t length = strlen(text);
	if (length != SECRET_AT + SECRET_DIGITS || memcmp(text, PREFIX, PREFIX_LENGTH) != 0 ||
	        text[SECRET_AT - 1] != '_')
		return false;
	*ret_id = 0;
	for (size_t i = PREFIX_LENGTH; i < SECRET_AT - 1; i++) {
		int digit = g_ascii_xdigit_value(text[i]);
		if (digit < 0)
			return false;
		*ret_id = *ret_id << 4 | (unsigned)digit;
	}
	*ret_secret = text + SECRET_AT;
	return true;
}

const Token *token_match(const GPtrArray *tokens, const char *text)
{
	unsigned char hash[TOKEN_HASH];
	const char *secret;
	Token wanted = {0}, *key = &wanted;
	if (!read_text(text, &wanted.id, &secret) || tokens->len == 0)
		return NULL;
	Token **found = bsearch(&key, tokens->pdata, tokens->len, sizeof *tokens->pdata, by_id);
	if (!found)
		return NULL;
	hash_secret((*found)->salt, secret, hash);
	return CRYPTO_memcmp(hash, (*found)->hash, sizeof hash) == 0 ? *found : NULL;
}

bool token_is_valid(const Token *t, int64_t now)
{
	return !t->is_revoked && (!t->expires || now < t->expires);
}
