/* test_access.c: which role a path needs, held against the tables of protocols and ops, what tokens open, and that the
 * log of who called keeps whole lines. */
#include "http/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/file.h"
#include "http/openapi.h"
#include "http/server_inside.h"
#include "http/site.h"

/* A path that a protocol lists and no rule knows would be shut but for admins. */
static void test_routes(void)
{
	for (const Protocol *const *p = PROTOCOLS; *p; p++)
		for (const Route *r = (*p)->routes; r && r->path; r++) {
			g_test_message("%s %s", r->method, r->path);
			unsigned need = access_need(r->method, r->path);
			g_assert_true(need == 0 || need & ~(unsigned)ROLE_ADMIN);
			if (strcmp(r->method, "POST") == 0)
				g_assert_cmpuint(need, !=, 0);
		}
}

/* Only these ops that write are for callers that neither deploy nor rule. */
static bool is_for_clients(const Op *op)
{
	return strcmp(op->name, "outcome") == 0 || strcmp(op->name, "kpi.push") == 0;
}

static void test_ops(void)
{
	for (const Op *const *o = OPS; *o; o++) {
		const Op *op = *o;
		g_autofree char *path = g_strconcat("/api/v1/", op->name, NULL);
		unsigned need = access_need(op->effect == OP_READ ? "GET" : "POST", path);
		g_test_message("%s: %u", op->name, need);
		g_assert_cmpuint(need, !=, 0);
		if (!op->remote || g_str_has_prefix(op->name, "token."))
			g_assert_false(need & (ROLE_READ | ROLE_PREDICT | ROLE_DEPLOY));
		else if (op->effect == OP_READ)
			g_assert_cmpuint(need, ==, ROLE_READ);
		else if (is_for_clients(op))
			g_assert_cmpuint(need, ==, ROLE_PREDICT);
		else
			g_assert_false(need & (ROLE_READ | ROLE_PREDICT));
		g_assert_true((need & ACCESS_NEEDS_TOKEN) ==
		              (g_str_has_prefix(op->name, "token.") && op->remote ? ACCESS_NEEDS_TOKEN : 0));
	}
}

static void test_unknown(void)
{
	static const char *const PATHS[] = {"", "/nothing", "/v2/%72epository/models/m/load", "/V2/models/m/infer",
	        "/v3/", "/metrics/", "/livez/", "//livez", "/api/v1", "/api/v1/none", "/invocations/"};
	static const char *const METHODS[] = {"POST", "PUT", "DELETE", "get", ""};
	for (size_t i = 0; i < G_N_ELEMENTS(PATHS); i++)
		g_assert_cmpuint(access_need("POST", PATHS[i]), ==, ROLE_ADMIN);
	for (size_t i = 0; i < G_N_ELEMENTS(METHODS); i++)
		g_assert_cmpuint(access_need(METHODS[i], "/metrics"), ==, ROLE_ADMIN);
	g_assert_cmpuint(access_need("HEAD", "/metrics"), ==, ROLE_READ);
}

typedef struct Fixture {
	char *folder;
	Meta *meta;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
	(void)unused;
	f->folder = g_dir_make_tmp("gyre-access-XXXXXX", NULL);
	g_assert_true(meta_open(f->folder, &f->meta, NULL));
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	(void)unused;
	meta_close(f->meta);
	file_remove(f->folder, NULL);
	g_free(f->folder);
}

static char *make(Fixture *f, const char *name, unsigned roles, int64_t expires)
{
	char *text;
	Token about = {.name = (char *)name, .roles = roles, .expires = expires};
	g_assert_true(token_create(f->meta, &about, "me", &text, NULL));
	char *header = g_strconcat("Bearer ", text, NULL);
	g_free(text);
	return header;
}

static AccessAnswer ask(Access *a, unsigned need, const char *header)
{
	uint64_t caller;
	AccessAnswer answer = access_check(a, need, header, &caller);
	g_assert_true((caller != 0) == (answer == ACCESS_GRANTED && need != 0 && access_asks(a)));
	return answer;
}

static void test_tokens(Fixture *f, gconstpointer unused)
{
	(void)unused;
	int count;
	g_autoptr(Access) a = access_new(ACCESS_AUTO);
	g_assert_true(access_refresh(a, f->meta, NULL) && !access_asks(a));
	g_assert_cmpint(ask(a, ROLE_DEPLOY, NULL), ==, ACCESS_GRANTED);
	g_assert_cmpint(ask(a, ROLE_ADMIN | ACCESS_NEEDS_TOKEN, NULL), ==, ACCESS_CLOSED);
	g_autofree char *predict = make(f, "p", ROLE_PREDICT, 0), *admin = make(f, "a", ROLE_ADMIN, 0),
	                *late = make(f, "l", ROLE_PREDICT | ROLE_READ, meta_now() - 1),
	                *gone = make(f, "g", ROLE_ADMIN, 0);
	g_assert_true(token_revoke(f->meta, "g", &count, NULL) && count == 1);
	g_assert_true(access_refresh(a, f->meta, NULL) && access_asks(a));
	g_assert_cmpint(ask(a, 0, NULL), ==, ACCESS_GRANTED);
	g_assert_cmpint(ask(a, ROLE_PREDICT, NULL), ==, ACCESS_NO_TOKEN);
	g_assert_cmpint(ask(a, ROLE_PREDICT, "Basic YTpi"), ==, ACCESS_NO_TOKEN);
	g_assert_cmpint(ask(a, ROLE_PREDICT, predict), ==, ACCESS_GRANTED);
	g_assert_cmpint(ask(a, ROLE_PREDICT | ROLE_READ, predict), ==, ACCESS_GRANTED);
	g_assert_cmpint(ask(a, ROLE_READ, predict), ==, ACCESS_NO_ROLE);
	g_assert_cmpint(ask(a, ROLE_ADMIN | ACCESS_NEEDS_TOKEN, predict), ==, ACCESS_NO_ROLE);
	g_assert_cmpint(ask(a, ROLE_DEPLOY, admin), ==, ACCESS_GRANTED);
	g_assert_cmpint(ask(a, ROLE_ADMIN | ACCESS_NEEDS_TOKEN, admin), ==, ACCESS_GRANTED);
	g_assert_cmpint(ask(a, ROLE_READ, late), ==, ACCESS_BAD_TOKEN);
	g_assert_cmpint(ask(a, ROLE_READ, gone), ==, ACCESS_BAD_TOKEN);
	for (size_t i = strlen("Bearer "); predict[i]; i++) { /* every letter counts */
		g_autofree char *other = g_strdup(predict);
		other[i] = other[i] == '0' ? '1' : '0';
		g_assert_cmpint(ask(a, ROLE_PREDICT, other), ==, ACCESS_BAD_TOKEN);
	}
	g_autofree char *longer = g_strconcat(predict, "0", NULL), *shorter = g_strndup(predict, strlen(predict) - 1);
	g_assert_cmpint(ask(a, ROLE_PREDICT, longer), ==, ACCESS_BAD_TOKEN);
	g_assert_cmpint(ask(a, ROLE_PREDICT, shorter), ==, ACCESS_BAD_TOKEN);
}

/* Who had tokens does not become open when the last one is gone. */
static void test_all_revoked(Fixture *f, gconstpointer unused)
{
	(void)unused;
	int count;
	g_free(make(f, "x", ROLE_READ, 0));
	g_free(make(f, "x", ROLE_READ, 0));
	g_assert_true(token_revoke(f->meta, "x", &count, NULL) && count == 2);
	g_assert_false(token_revoke(f->meta, "x", &count, NULL));
	g_autoptr(Access) a = access_new(ACCESS_AUTO);
	g_autoptr(Access) never = access_new(ACCESS_NEVER);
	g_assert_true(access_refresh(a, f->meta, NULL) && access_refresh(never, f->meta, NULL));
	g_assert_cmpint(ask(a, ROLE_READ, NULL), ==, ACCESS_NO_TOKEN);
	g_assert_cmpint(ask(never, ROLE_READ, NULL), ==, ACCESS_GRANTED);
}

/* What cannot be taken apart is named. */
static void test_paths(void)
{
	static const char *const BAD[] = {
	        "/v2/models/lo%00ans", "/v2/%zz", "/v2/%ff", "/v2/a%2fb", "/1/2/3/4/5/6/7/8/9/10/11/12/13"};
	PathParts p;
	g_assert_true(path_split("/v2/models/a%20b", &p, NULL) && p.count == 3);
	g_assert_cmpstr(p.part[2], ==, "a b");
	path_clear(&p);
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_false(path_split(BAD[i], &p, &error));
		g_assert_error(error, FAIL, FAIL_NOT_FOUND);
		g_assert_nonnull(strstr(error->message, BAD[i]));
	}
}

static guint64 count(const char *text, const char *line)
{
	guint64 found = 0;
	for (const char *at = text; (at = strstr(at, line)); at++)
		found += at == text || at[-1] == '\n';
	return found;
}

/* The disk is full in the middle of a line: what could not be written is counted, and whole lines follow when there is room again. */
static void test_log_full(void)
{
	static const char LINE[] = "{\"path\":\"/v1/models/loans:predict\",\"status\":200}\n";
	enum { SIZE = sizeof LINE - 1, WRITTEN = 2, HALF = SIZE / 2 };
	g_autofree char *folder = g_dir_make_tmp("gyre-access-XXXXXX", NULL), *text = NULL;
	g_autofree char *path = g_build_filename(folder, "access.log", NULL);
	g_autoptr(GString) three = g_string_new(NULL);
	struct rlimit before, tight;
	AccessLog *l;
	int64_t until = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
	for (int i = 0; i < 3; i++)
		g_string_append(three, LINE);
	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	tight = (struct rlimit){.rlim_cur = WRITTEN * SIZE + HALF, .rlim_max = before.rlim_max};
	g_assert_true(access_log_open(path, &l, NULL));
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &tight), ==, 0);
	access_log_add(l, three);
	while (!access_log_dropped(l) && g_get_monotonic_time() < until)
		g_usleep(1000);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	g_assert_cmpuint(access_log_dropped(l), ==, 1);
	access_log_add(l, three);
	access_log_close(l);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpuint(count(text, LINE), ==, WRITTEN + 3);
	g_assert_true(file_remove(folder, NULL));
}

/* Without brackets nobody can tell where an address ends and its port begins. */
static void test_peers(void)
{
	char name[PEER_NAME_BYTES];
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(4711)};
	struct sockaddr_in6 six = {
	        .sin6_family = AF_INET6, .sin6_port = htons(4711), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer_name((const struct sockaddr *)&four, name);
	g_assert_cmpstr(name, ==, "127.0.0.1:4711");
	peer_name((const struct sockaddr *)&six, name);
	g_assert_cmpstr(name, ==, "[::1]:4711");
	peer_name(NULL, name);
	g_assert_cmpstr(name, ==, "?:0");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/access/routes", test_routes);
	g_test_add_func("/access/ops", test_ops);
	g_test_add_func("/access/unknown", test_unknown);
	g_test_add("/access/tokens", Fixture, NULL, set_up, test_tokens, tear_down);
	g_test_add_func("/access/paths", test_paths);
	g_test_add_func("/access/peers", test_peers);
	g_test_add_func("/access/log-full", test_log_full);
	g_test_add("/access/all-revoked", Fixture, NULL, set_up, test_all_revoked, tear_down);
	return g_test_run();
}
