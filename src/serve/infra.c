/* infra.c: a version tried in a scratch server.
 *
 * A busy machine is no fault of the version: of up to ten rounds the one with the lowest 99th percentile counts. */
#include "serve/infra.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"
#include "serve/child.h"
#include "serve/loopback.h"
#include "serve/predlog.h"
#include "serve/served_check.h"
#include "stats/quantiles.h"

enum { ROWS = 50, ROUNDS = 10, ROUNDS_S = 20, START_S = 120, ANSWER_S = 30, STOP_S = 5, ENGINE_MB = 256 };

typedef struct Trial {
	const InfraInput *in;
	Served *candidate, *stable;
	json_t *rows;
	const char *from;
	bool is_asked; /* requests for the model are on record */
	double start_ms, p50_ms, p99_ms;
	unsigned answered;
} Trial;

static void trial_clear(Trial *t)
{
	served_unref(t->candidate);
	served_unref(t->stable);
	json_decref(t->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trial, trial_clear)

static bool load(const InfraInput *in, int version, Served **ret, GError **error)
{
	json_auto_t *about = NULL;
	g_autofree char *reference = g_strdup_printf("%s@%d", in->model, version), *path = NULL;
	const char *digest;
	return registry_get(in->meta, reference, &about, error) &&
	       (digest = json_get_text(about, "digest", ""), blobs_path(in->blobs, digest, &path, error)) &&
	       served_load(in->model, version, digest, path, ret, error);
}

/* The newest answered requests, of any version: their columns by the candidate's names.  What the version then in use had no number
 * for is nothing to hold a candidate to. */
static bool read_log(Trial *t, json_t **ret, GError **error)
{
	EngineLimits limits = {.threads = 1, .memory_mb = ENGINE_MB};
	g_autoptr(Engine) e = NULL;
	g_autoptr(GString) columns = g_string_new(NULL);
	json_auto_t *renamed = NULL;
	if (!predlog_renamed(t->in->state_folder, t->in->model, &renamed, error))
		return false;
	for (size_t i = 0; i < t->candidate->inputs; i++) {
		const char *input = t->candidate->input_names[i];
		g_autofree char *column = predlog_input_sql(renamed, input), *name = sql_name(input);
		g_string_append_printf(columns, "%s%s AS %s", i ? ", " : "", column, name);
	}
	g_autofree char *sql = g_strdup_printf("SELECT %s FROM predictions WHERE _gyre_error IS NULL AND prediction IS "
	                                       "NOT NULL AND _gyre_route <> 'shadow' ORDER BY _gyre_time DESC, "
	                                       "_gyre_id LIMIT %d",
	        columns->str, ROWS);
	t->is_asked = engine_open(&limits, &e, error) &&
	              predlog_view(e, t->in->state_folder, t->in->model, "predictions", error);
	return t->is_asked && engine_rows(e, sql, ret, error);
}

/* No log, or none with these columns: then the example has to do. */
static void find_rows(Trial *t)
{
	g_autoptr(GError) problem = NULL;
	json_t *rows = NULL;
	if (t->candidate->inputs && read_log(t, &rows, &problem) && json_array_size(rows)) {
		t->rows = rows;
		t->from = "log";
		return;
	}
	json_decref(rows);
	t->rows = json_array();
	t->from = "example";
	json_array_append_new(t->rows, served_example(t->candidate));
}

/* What it says of a request may quote it: the reason is kept on record, and tells which request, and no more. */
static bool ask(Loopback *l, const GPtrArray *requests, unsigned i, GError **error)
{
	unsigned status;
	g_autofree char *body = NULL;
	unsigned number = i % requests->len;
	if (!loopback_post(l, "/api/v1/model/score", requests->pdata[number], &status, &body, NULL))
		return fail(error, FAIL_BROKEN, "it gives no answer to stored request %u", number + 1);
	return status == 200 ||
	       fail(error, FAIL_BROKEN, "it answers stored request %u with status %u", number + 1, status);
}

static bool time_round(Trial *t, Loopback *l, const GPtrArray *requests, GError **error)
{
	g_autoptr(Quantiles) took = quantiles_new();
	for (unsigned i = 0; i < t->in->requests; i++) {
		int64_t begun = g_get_monotonic_time();
		if (!ask(l, requests, i, error))
			return false;
		quantiles_add(took, (double)(g_get_monotonic_time() - begun) / 1000);
		t->answered++;
	}
	double slow = quantiles_at(took, 0.99);
	if (isnan(t->p99_ms) || slow < t->p99_ms) {
		t->p50_ms = quantiles_at(took, 0.5);
		t->p99_ms = slow;
	}
	return true;
}

static GPtrArray *requests_of(const Trial *t)
{
	GPtrArray *requests = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *model = g_strdup_printf("%s@%d", t->in->model, t->in->version);
	size_t i;
	json_t *row;
	json_array_foreach (t->rows, i, row) {
		json_auto_t *request = json_pack("{s:s,s:[O]}", "model", model, "rows", row);
		g_ptr_array_add(requests, json_canonical(request));
	}
	return requests;
}

static bool ask_all(Trial *t, unsigned port, GError **error)
{
	g_autoptr(Loopback) l = NULL;
	g_autoptr(GPtrArray) requests = requests_of(t);
	if (!loopback_open(port, ANSWER_S, &l, NULL))
		return fail(error, FAIL_BROKEN, "its server ended before the first request");
	int64_t until = g_get_monotonic_time() + (int64_t)ROUNDS_S * G_USEC_PER_SEC;
	for (int round = 0; round < ROUNDS && (round == 0 || g_get_monotonic_time() < until); round++) {
		if (!time_round(t, l, requests, error))
			return false;
		if (isnan(t->in->limit_ms) || t->p99_ms <= t->in->limit_ms)
			return true;
	}
	return fail(error, FAIL_CONFLICT,
	        "99 %% of its answers take up to %.3g ms; the goal (latency_p99_ms) allows %.3g ms", t->p99_ms,
	        t->in->limit_ms);
}

static bool try_server(Trial *t, GError **error)
{
	g_autofree char *model = g_strdup_printf("%s@%d", t->in->model, t->in->version);
	/* Any program on this machine reaches it, and nobody is asked for a token: so it does nothing but predict. */
	const char *const words[] = {"serve", model, "--port", "0", "--no-log", "--threads", "1", "--grace-s", "0",
	        "--auth", "never", "--no-ops", "--project", t->in->state_folder, NULL};
	int64_t begun = g_get_monotonic_time();
	unsigned port;
	Child child;
	if (!child_start(words, &child, error))
		return false;
	bool ok = child_port(&child, START_S, &port, error);
	t->start_ms = (double)(g_get_monotonic_time() - begun) / 1000;
	ok = ok && ask_all(t, port, error);
	child_stop(&child, STOP_S);
	return ok;
}

/* The stable version may be gone or broken itself: that is nothing against the candidate. */
static bool try_all(Trial *t, GError **error)
{
	double slowest;
	if (!load(t->in, t->in->version, &t->candidate, error))
		return false;
	if (t->in->stable && load(t->in, t->in->stable, &t->stable, NULL) &&
	        !served_fits(t->candidate, t->stable, error))
		return false;
	find_rows(t);
	return served_replay(t->candidate, t->rows, &slowest, error) && try_server(t, error);
}

static json_t *report(const Trial *t, const char *why_not)
{
	json_auto_t *none = json_array();
	return json_pack("{s:b,s:o,s:i,s:s*,s:o,s:o,s:o,s:o,s:O}", "pass", why_not == NULL, "reason",
	        json_text(why_not), "requests", (int)t->answered, "from", t->from, "start_ms", json_number(t->start_ms),
	        "p50_ms", json_number(t->p50_ms), "p99_ms", json_number(t->p99_ms), "limit_ms",
	        json_number(t->in->limit_ms), "rows", t->rows ? t->rows : none);
}

bool infra_check(const InfraInput *in, json_t **ret, GError **error)
{
	g_auto(Trial) t = {.in = in, .start_ms = NAN, .p50_ms = NAN, .p99_ms = NAN};
	g_autoptr(GError) problem = NULL;
	if (!try_all(&t, &problem) && problem->code == FAIL_UNAVAILABLE) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	*ret = report(&t, problem ? problem->message : NULL);
	return true;
}

/* Where no server ever was there is no log, and no engine is needed to know it. */
static bool has_log(const InfraInput *in)
{
	g_autofree char *folder = g_strdup_printf("%s/predictions/model=%s", in->state_folder, in->model);
	return g_file_test(folder, G_FILE_TEST_IS_DIR);
}

static bool answers(Trial *t, GError **error)
{
	double slowest;
	if (!load(t->in, t->in->version, &t->candidate, error))
		return false;
	if (has_log(t->in))
		find_rows(t);
	if (t->is_asked && t->in->stable && load(t->in, t->in->stable, &t->stable, NULL) &&
	        !served_fits(t->candidate, t->stable, error))
		return false;
	return served_replay(t->candidate, t->rows, &slowest, error); /* its example was answered when it was loaded */
}

bool infra_answers(const InfraInput *in, char **ret_why_not, GError **error)
{
	g_auto(Trial) t = {.in = in};
	g_autoptr(GError) problem = NULL;
	if (!answers(&t, &problem) && problem->code == FAIL_UNAVAILABLE) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	*ret_why_not = problem ? g_strdup(problem->message) : NULL;
	return true;
}
