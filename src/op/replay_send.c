/* replay_send.c: rows sent to a server in requests: a thread a connection, which takes the next request's number and sends it. */
#include "op/replay_send.h"

#include <stdlib.h>
#include <string.h>

#include "base/curl_calls.h"
#include "base/error.h"
#include "serve/json_out.h"

#if CURL_HAS_HEADERS

enum { CONNECT_SECONDS = 5, TOTAL_SECONDS = 120, ANSWER_BYTES = 64 << 20 };

typedef struct Sending {
	const ReplayJob *job;
	const CurlCalls *curl;
	size_t requests;
	gint next;
	double *seconds; /* of each request */
	GMutex mutex;
	ReplayDone done;
	GError *error; /* the first connection that broke */
} Sending;

static size_t keep_answer(const char *bytes, size_t size, size_t count, void *context)
{
	GString *answer = context;
	if (answer->len + size * count > ANSWER_BYTES)
		return 0;
	g_string_append_len(answer, bytes, (gssize)(size * count));
	return size * count;
}

/* One exchange over a connection that stays open.  body NULL: GET. */
typedef struct Exchange {
	const char *url, *path, *token, *id, *time;
	const GString *body;
} Exchange;

static struct curl_slist *headers_of(const CurlCalls *curl, const Exchange *x)
{
	struct curl_slist *list = curl->slist_append(NULL, "Expect:");
	const char *const named[][2] = {
	        {"Authorization: Bearer", x->token}, {"X-Request-Id:", x->id}, {"X-Gyre-Time:", x->time}};
	for (size_t i = 0; i < G_N_ELEMENTS(named); i++) {
		g_autofree char *line = named[i][1] ? g_strdup_printf("%s %s", named[i][0], named[i][1]) : NULL;
		list = line ? curl->slist_append(list, line) : list;
	}
	return x->body ? curl->slist_append(list, "Content-Type: application/json") : list;
}

static bool exchange(
        const CurlCalls *curl, CURL *c, const Exchange *x, long *ret_status, GString *answer, GError **error)
{
	g_autofree char *url = g_strconcat(x->url, x->path, NULL);
	struct curl_slist *headers = headers_of(curl, x);
	g_string_truncate(answer, 0);
	curl->easy_setopt(c, CURLOPT_URL, url);
	curl->easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl->easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl->easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl->easy_setopt(c, CURLOPT_TIMEOUT, (long)TOTAL_SECONDS);
	curl->easy_setopt(c, CURLOPT_WRITEFUNCTION, keep_answer);
	curl->easy_setopt(c, CURLOPT_WRITEDATA, answer);
	if (x->body) {
		curl->easy_setopt(c, CURLOPT_POSTFIELDS, x->body->str);
		curl->easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)x->body->len);
	} else {
		curl->easy_setopt(c, CURLOPT_HTTPGET, 1L);
	}
	CURLcode code = curl->easy_perform(c);
	curl->slist_free_all(headers);
	if (code != CURLE_OK)
		return fail(error, FAIL_UNAVAILABLE, "%s: %s", x->url, curl->easy_strerror(code));
	curl->easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_status);
	return true;
}

bool replay_get(const char *url, const char *token, const char *path, char **ret, GError **error)
{
	const CurlCalls *curl;
	g_autoptr(GString) answer = g_string_new(NULL);
	Exchange x = {.url = url, .path = path, .token = token};
	long status = 0;
	if (!curl_calls(&curl, error))
		return false;
	CURL *c = curl->easy_init();
	bool ok = exchange(curl, c, &x, &status, answer, error);
	curl->easy_cleanup(c);
	if (ok && status != 200)
		return fail(error, FAIL_UNAVAILABLE, "%s%s answered with status %ld: %.200s", url, path, status,
		        answer->str);
	if (ok)
		*ret = g_string_free(g_steal_pointer(&answer), FALSE);
	return ok;
}

/* {"model", "outcomes": [{"id", "value", "observed"}...]} of the rows of a request; how many. */
static size_t put_outcomes(GString *to, const ReplayJob *job, const char *id, size_t from, size_t count)
{
	size_t written = 0;
	g_string_assign(to, "{\"model\":");
	out_text(to, job->model);
	g_string_append(to, ",\"outcomes\":[");
	for (size_t i = from; i < from + count; i++) {
		g_autofree char *value = column_text(job->outcome, i);
		g_autofree char *row = count > 1 ? g_strdup_printf("%s/%zu", id, i - from) : g_strdup(id);
		if (!value)
			continue;
		g_string_append(to, written++ ? ",{\"id\":" : "{\"id\":");
		out_text(to, row);
		g_string_append(to, ",\"value\":");
		out_text(to, value);
		if (job->time && !column_is_missing(job->time, i))
			g_string_append_printf(
			        to, ",\"observed\":%" G_GINT64_FORMAT, (gint64)(job->time->ints[i] + job->delay));
		g_string_append_c(to, '}');
	}
	g_string_append(to, "]}");
	return written;
}

static void note(Sending *s, size_t rows, size_t outcomes, const char *problem)
{
	g_mutex_lock(&s->mutex);
	s->done.rows += rows;
	s->done.outcomes += outcomes;
	s->done.failed += problem != NULL;
	if (problem && !s->done.problem)
		s->done.problem = g_strndup(problem, 300);
	g_mutex_unlock(&s->mutex);
}

static bool send_one(Sending *s, CURL *c, size_t request, GString *body, GString *answer, GError **error)
{
	const ReplayJob *job = s->job;
	size_t from = request * job->batch, count = MIN(job->batch, job->rows->rows - from);
	g_autofree char *id = g_strdup_printf("%s-%zu", job->prefix, request), *path = job->form->path(job->model);
	g_autofree char *at =
	        job->time && !column_is_missing(job->time, from) ? time_text(job->time->ints[from]) : NULL;
	g_autofree char *time = at ? g_strdelimit(g_strconcat(at, "Z", NULL), " ", 'T') : NULL;
	long status = 0;
	g_string_truncate(body, 0);
	job->form->write(body, job->model, job->rows, job->columns, from, count);
	Exchange x = {.url = job->url, .path = path, .token = job->token, .id = id, .time = time, .body = body};
	int64_t begun = g_get_monotonic_time();
	if (!exchange(s->curl, c, &x, &status, answer, error))
		return false;
	s->seconds[request] = (double)(g_get_monotonic_time() - begun) / 1e6;
	if (status != 200 || !job->outcome) {
		note(s, status == 200 ? count : 0, 0, status == 200 ? NULL : answer->str);
		return true;
	}
	size_t outcomes = put_outcomes(body, job, id, from, count);
	Exchange after = {.url = job->url, .path = "/api/v1/outcome", .token = job->token, .body = body};
	if (outcomes && !exchange(s->curl, c, &after, &status, answer, error))
		return false;
	note(s, count, status == 200 ? outcomes : 0, status == 200 ? NULL : answer->str);
	return true;
}

static gpointer connection(gpointer sending)
{
	Sending *s = sending;
	CURL *c = s->curl->easy_init();
	g_autoptr(GString) body = g_string_new(NULL), answer = g_string_new(NULL);
	GError *error = NULL;
	for (;;) {
		size_t request = (size_t)g_atomic_int_add(&s->next, 1);
		if (request >= s->requests || g_atomic_pointer_get(&s->error))
			break;
		if (!send_one(s, c, request, body, answer, &error))
			break;
	}
	if (error && !g_atomic_pointer_compare_and_exchange(&s->error, NULL, error))
		g_error_free(error);
	s->curl->easy_cleanup(c);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void finish(Sending *s, int64_t begun)
{
	s->done.requests = s->requests;
	s->done.seconds = (double)(g_get_monotonic_time() - begun) / 1e6;
	if (!s->requests)
		return;
	qsort(s->seconds, s->requests, sizeof *s->seconds, by_size);
	s->done.p50_ms = 1000 * s->seconds[(s->requests - 1) / 2];
	s->done.p99_ms = 1000 * s->seconds[(s->requests - 1) * 99 / 100];
}

bool replay_send(const ReplayJob *job, ReplayDone *ret, GError **error)
{
	Sending s = {.job = job, .requests = (job->rows->rows + job->batch - 1) / job->batch};
	unsigned count = MAX(job->connections, 1u);
	g_autofree GThread **threads = g_new(GThread *, count);
	if (!curl_calls(&s.curl, error))
		return false;
	s.seconds = g_new0(double, s.requests + 1);
	g_mutex_init(&s.mutex);
	int64_t begun = g_get_monotonic_time();
	for (unsigned i = 0; i < count; i++)
		threads[i] = g_thread_new("replay", connection, &s);
	for (unsigned i = 0; i < count; i++)
		g_thread_join(threads[i]);
	finish(&s, begun);
	g_mutex_clear(&s.mutex);
	g_free(s.seconds);
	*ret = s.done;
	if (!s.error)
		return true;
	replay_done_clear(ret);
	g_propagate_error(error, s.error);
	return false;
}

#else

bool replay_send(const ReplayJob *job, ReplayDone *ret, GError **error)
{
	return curl_absent(error);
}

bool replay_get(const char *url, const char *token, const char *path, char **ret, GError **error)
{
	return curl_absent(error);
}

#endif

void replay_done_clear(ReplayDone *d)
{
	g_clear_pointer(&d->problem, g_free);
}
