/* access.c: rules of paths, and the tokens of the store as they were a second ago.
 *
 * The tokens are one array that is replaced as a whole, under a lock that only requests with a token to check take. */
#include "http/access.h"

#include <string.h>

#include "http/site.h"

const char *const ACCESS_MODES[] = {"auto", "always", "never", NULL};

enum { LOOK = ROLE_READ | ROLE_PREDICT }; /* which models there are, and what they take */

/* The first rule that fits.  A path that ends in '/' stands for all below it. */
static const struct {
	const char *method, *path;
	unsigned need;
} RULES[] = {
        {"GET", "/", 0},
        {"GET", "/livez", 0},
        {"GET", "/readyz", 0},
        {"GET", "/ping", 0},
        {"GET", "/health", 0},
        {"GET", "/version", 0},
        {"GET", "/v2/health/", 0},
        {"GET", "/metrics", ROLE_READ},
        {"GET", "/monitoring/prometheus/metrics", ROLE_READ},
        {"GET", "/v1/", LOOK},
        {"GET", "/v2", LOOK},
        {"GET", "/v2/", LOOK},
        {"GET", "/api/v1/served", LOOK},
        {"GET", "/openapi.json", LOOK},
        {"POST", "/v2/repository/index", LOOK},
        {"POST", "/v2/repository/", ROLE_DEPLOY},
        {"POST", "/v1/", ROLE_PREDICT},
        {"POST", "/v2/models/", ROLE_PREDICT},
        {"POST", "/invocations", ROLE_PREDICT},
        {"POST", "/api/v1/model/score", ROLE_PREDICT},
};

/* Ops; a name that ends in '.' stands for its group.  Else reading needs `read` and writing `admin`. */
static const struct {
	const char *name;
	unsigned need;
} OP_RULES[] = {
        {"token.", ROLE_ADMIN | ACCESS_NEEDS_TOKEN},
        {"outcome", ROLE_PREDICT},
        {"kpi.push", ROLE_PREDICT},
        {"model.promote", ROLE_DEPLOY},
        {"model.rollback", ROLE_DEPLOY},
        {"deploy", ROLE_DEPLOY},
        {"deploy.promote", ROLE_DEPLOY},
        {"deploy.rollback", ROLE_DEPLOY},
        {"deploy.share", ROLE_DEPLOY},
};

static unsigned need_of_op(const Op *op)
{
	for (size_t i = 0; i < G_N_ELEMENTS(OP_RULES); i++) {
		const char *name = OP_RULES[i].name;
		if (g_str_has_suffix(name, ".") ? g_str_has_prefix(op->name, name) : strcmp(op->name, name) == 0)
			return OP_RULES[i].need;
	}
	return op->effect == OP_READ ? ROLE_READ : ROLE_ADMIN;
}

static bool fits(const char *rule, const char *path)
{
	size_t length = strlen(rule);
	return length > 1 && rule[length - 1] == '/' ? strncmp(path, rule, length) == 0 : strcmp(path, rule) == 0;
}

unsigned access_need(const char *method, const char *path)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (size_t i = 0; i < G_N_ELEMENTS(RULES); i++)
		if (strcmp(RULES[i].method, method) == 0 && fits(RULES[i].path, path))
			return RULES[i].need;
	const Op *op = site_op(method, path);
	return op ? need_of_op(op) : ROLE_ADMIN;
}

struct Access {
	AccessMode mode;
	GRWLock lock;
	GPtrArray *tokens;
	gint asks;
};

Access *access_new(AccessMode mode)
{
	Access *a = g_new0(Access, 1);
	a->mode = mode;
	a->tokens = g_ptr_array_new();
	a->asks = mode == ACCESS_ALWAYS;
	g_rw_lock_init(&a->lock);
	return a;
}

void access_free(Access *a)
{
	g_ptr_array_unref(a->tokens);
	g_rw_lock_clear(&a->lock);
	g_free(a);
}

bool access_refresh(Access *a, Meta *m, GError **error)
{
	GPtrArray *tokens;
	if (a->mode == ACCESS_NEVER)
		return true;
	if (!token_read_all(m, &tokens, error))
		return false;
	g_rw_lock_writer_lock(&a->lock);
	GPtrArray *before = a->tokens;
	a->tokens = tokens;
	g_rw_lock_writer_unlock(&a->lock);
	if (tokens->len)
		g_atomic_int_set(&a->asks, true);
	g_ptr_array_unref(before);
	return true;
}

bool access_asks(const Access *a)
{
	return g_atomic_int_get(&a->asks);
}

/* "Bearer TOKEN"; NULL: something else. */
static const char *token_in(const char *authorization)
{
	static const char SCHEME[] = "Bearer ";
	if (!authorization || g_ascii_strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
		return NULL;
	authorization += strlen(SCHEME);
	return authorization + strspn(authorization, " ");
}

AccessAnswer access_check(Access *a, unsigned need, const char *authorization, uint64_t *ret_caller)
{
	*ret_caller = 0;
	if (need == 0)
		return ACCESS_GRANTED;
	if (!access_asks(a))
		return need & ACCESS_NEEDS_TOKEN ? ACCESS_CLOSED : ACCESS_GRANTED;
	const char *text = token_in(authorization);
	if (!text)
		return ACCESS_NO_TOKEN;
	g_rw_lock_reader_lock(&a->lock);
	const Token *t = token_match(a->tokens, text);
	AccessAnswer answer = !t || !token_is_valid(t, g_get_real_time()) ? ACCESS_BAD_TOKEN
	                      : t->roles & (need | ROLE_ADMIN)            ? ACCESS_GRANTED
	                                                                  : ACCESS_NO_ROLE;
	if (answer == ACCESS_GRANTED)
		*ret_caller = t->id;
	g_rw_lock_reader_unlock(&a->lock);
	return answer;
}

char *access_name(Access *a, uint64_t caller)
{
	char *name = NULL;
	g_rw_lock_reader_lock(&a->lock);
	for (guint i = 0; caller && i < a->tokens->len && !name; i++)
		if (((const Token *)a->tokens->pdata[i])->id == caller)
			name = g_strdup(((const Token *)a->tokens->pdata[i])->name);
	g_rw_lock_reader_unlock(&a->lock);
	return name;
}
