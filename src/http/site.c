/* site.c: takes each request to the protocol whose path it has, and puts what goes wrong in that protocol's words. */
#include "http/site.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "http/cors.h"
#include "http/envelope.h"
#include "http/metrics.h"

const Protocol *const PROTOCOLS[] = {
        &PROTOCOL_TF_SERVING,
        &PROTOCOL_INFERENCE,
        &PROTOCOL_MLFLOW,
        &PROTOCOL_GYRE,
        &PROTOCOL_HEALTH,
        &PROTOCOL_OPENAPI,
        NULL,
};

static bool takes(const Protocol *p, const char *path)
{
	for (const char *const *prefix = p->prefixes; *prefix; prefix++)
		if (g_str_has_suffix(*prefix, "/") && strlen(*prefix) > 1 ? g_str_has_prefix(path, *prefix)
		                                                          : strcmp(path, *prefix) == 0)
			return true;
	return false;
}

const Protocol *protocol_of(const char *path)
{
	for (const Protocol *const *p = PROTOCOLS; *p; p++)
		if (takes(*p, path))
			return *p;
	return NULL;
}

static const Op *remote_op(const char *name)
{
	const Op *op = op_find(name);
	return op && op->remote ? op : NULL;
}

/* Writing to what is read by GET has an op of its own: POST /api/v1/kpi is kpi.push. */
const Op *site_op(const char *method, const char *path)
{
	static const char BELOW[] = "/api/v1/";
	if (!g_str_has_prefix(path, BELOW))
		return NULL;
	g_autofree char *name = g_strdup(path + strlen(BELOW));
	g_strdelimit(name, "/", '.');
	g_strdelimit(name, "-", '_');
	const Op *op = remote_op(name);
	if (!op || op->effect == OP_WRITE || strcmp(method, "POST") != 0)
		return op;
	g_autofree char *push_name = g_strconcat(name, ".push", NULL);
	const Op *push = remote_op(push_name);
	return push ? push : op;
}

static void refuse_plainly(unsigned status, const char *sentence, Reply *reply)
{
	reply->status = status;
	reply_json(reply, json_pack("{s:{s:s,s:o}}", "error", "code",
	                          status == 404   ? "not_found"
	                          : status == 401 ? "unauthorized"
	                          : status == 403 ? "forbidden"
	                                          : "invalid",
	                          "message", json_text(sentence)));
}

const char *visit_route(const Visit *v)
{
	return v->route;
}

static PredLogEntry entry_of(const Visit *v)
{
	return (PredLogEntry){.id = v->id,
	        .protocol = v->protocol->name,
	        .route = visit_route(v),
	        .begun = v->begun,
	        .time = v->time,
	        .is_timed = v->is_timed};
}

/* Before the visit lets go of the table, which holds the model's name. */
static void count(const Visit *v)
{
	const Served *s = v->served;
	MetricsKey key = {.model = s ? s->name : "",
	        .version = s ? s->version : 0,
	        .route = s ? visit_route(v) : "",
	        .protocol = v->protocol ? v->protocol->name : "none",
	        .code = v->reply->status};
	metrics_count(v->site->metrics, &key, g_get_monotonic_time() - v->begun, v->rows);
}

/* A route of a deployment, once a request. */
static void count_route(const Visit *v, const Scores *scores)
{
	if (!v->rollout || strcmp(v->route, "version") == 0)
		return;
	RolloutRoute route = strcmp(v->route, ROLLOUT_NAMES[ROLLOUT_CANARY]) == 0 ? ROLLOUT_CANARY : ROLLOUT_STABLE;
	rollout_count(v->rollout, route, g_get_monotonic_time() - v->begun, scores);
}

/* Clients that are told to come back are told when. */
static void refuse(const Visit *v, const GError *error)
{
	unsigned status = v->reply->status != 200 ? v->reply->status : (unsigned)fail_http_status(error);
	if (v->served && v->rows == 0)
		count_route(v, NULL);
	if (v->served && v->site->log) {
		PredLogEntry entry = entry_of(v);
		predlog_add_error(v->site->log, &entry, v->served, error->message);
	}
	g_string_truncate(v->reply->body, 0);
	v->reply->type = "application/json";
	if (status == 503)
		reply_header(v->reply, "Retry-After", "1");
	(v->protocol ? v->protocol->refuse : refuse_plainly)(status, error->message, v->reply);
	v->reply->status = status;
}

static bool handle(Visit *v, GError **error)
{
	if (!v->protocol)
		return visit_no_such_path(v, error);
	return v->protocol->handle(v, error);
}

static void finish(Visit *v, const Request *request)
{
	envelope_close(v);
	count(v);
	envelope_log(v, request);
	visit_unpin(v);
}

void site_handle(void *site, const Request *request, Reply *reply)
{
	g_autoptr(GError) error = NULL;
	g_auto(Envelope) envelope = {0};
	Visit v = {.site = site,
	        .request = request,
	        .reply = reply,
	        .protocol = protocol_of(request->path),
	        .route = "",
	        .begun = request->whole};
	if (!cors_preflight(v.site->cors, request, reply)) {
		bool ok = envelope_open(&v, &envelope, &error);
		v.request = &envelope.plain;
		if (!ok || !handle(&v, &error))
			refuse(&v, error);
	}
	finish(&v, request);
}

/* RFC 6750: how a token is asked for, and why one that was given is not enough. */
static unsigned challenge(AccessAnswer answer, unsigned need, const char **ret_why, Reply *reply)
{
	static const char REALM[] = "Bearer realm=\"gyre\"";
	g_autofree char *roles = roles_text(need);
	g_autofree char *how =
	        answer == ACCESS_NO_TOKEN ? g_strdup(REALM)
	        : answer == ACCESS_BAD_TOKEN
	                ? g_strconcat(REALM, ", error=\"invalid_token\"", NULL)
	                : g_strconcat(REALM, ", error=\"insufficient_scope\", scope=\"", roles, "\"", NULL);
	reply_header(reply, "WWW-Authenticate", how);
	*ret_why = answer == ACCESS_NO_TOKEN    ? "this server asks for a token: send \"Authorization: Bearer TOKEN\""
	           : answer == ACCESS_BAD_TOKEN ? "the token is not known here, or not in force any more"
	           : answer == ACCESS_CLOSED    ? "a server that asks nobody for a token makes none: use gyre token"
	                                        : "the token lacks the role this needs";
	return answer == ACCESS_NO_TOKEN || answer == ACCESS_BAD_TOKEN ? 401 : 403;
}

bool site_admit(void *site, Request *request, Reply *reply)
{
	Site *s = site;
	const char *why;
	/* Making tokens is never open; browsers ask (OPTIONS) without the page's token, and get no more than a list. */
	if (!access_asks(s->access) && !g_str_has_prefix(request->path, "/api/v1/token"))
		return true;
	if (s->cors && strcmp(request->method, "OPTIONS") == 0)
		return true;
	unsigned need = access_need(request->method, request->path);
	AccessAnswer answer = access_check(s->access, need, request_header(request, "Authorization"), &request->caller);
	if (answer == ACCESS_GRANTED)
		return true;
	reply->status = challenge(answer, need, &why, reply);
	site_refuse(site, request, why, reply);
	return false;
}

void site_refuse(void *site, const Request *request, const char *sentence, Reply *reply)
{
	unsigned status = reply->status;
	Visit v = {.site = site,
	        .request = request,
	        .reply = reply,
	        .protocol = protocol_of(request->path),
	        .route = "",
	        .begun = request->whole};
	(v.protocol ? v.protocol->refuse : refuse_plainly)(status, sentence, reply);
	reply->status = status;
	finish(&v, request);
}

bool site_is_ready(const Site *s)
{
	return !__atomic_load_n(s->draining, __ATOMIC_RELAXED) && fleet_is_ready(s->fleet);
}

const RouteTable *visit_routes(Visit *v)
{
	if (!v->routes)
		v->routes = fleet_pin(v->site->fleet);
	return v->routes;
}

void visit_unpin(Visit *v)
{
	if (v->routes)
		fleet_unpin(v->site->fleet);
	v->routes = NULL;
}

bool visit_find(Visit *v, const char *model, const char *version, const Served **ret, GError **error)
{
	v->route = version ? "version" : ROLLOUT_NAMES[ROLLOUT_STABLE];
	return route_find(visit_routes(v), model, version, ret, error);
}

/* Ids are kept, shown and compared: what could not be typed is not taken. */
static bool is_id(const char *id)
{
	size_t length = id ? strlen(id) : 0;
	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(id[i]) && !strchr("._:-", id[i]))
			return false;
	return length > 0 && length < ID_BYTES;
}

static void write_id(char *to, uint64_t number)
{
	for (int i = 0; i < 16; i++)
		to[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
	to[16] = '\0';
}

static void take_id(Visit *v)
{
	const char *given = request_header(v->request, "X-Request-Id");
	if (*v->id)
		return;
	if (is_id(given))
		g_strlcpy(v->id, given, sizeof v->id);
	else
		write_id(v->id, rng_hash(v->site->seed, __atomic_add_fetch(&v->site->count, 1, __ATOMIC_RELAXED)));
	reply_header(v->reply, "X-Request-Id", v->id);
}

/* What decides which version a caller gets. */
static const char *key_of(const Visit *v)
{
	const char *sticky = rollout_sticky(v->rollout), *value = sticky ? request_header(v->request, sticky) : NULL;
	return value && *value ? value : v->id;
}

bool visit_choose(Visit *v, const char *model, const char *version, const Served **ret, GError **error)
{
	if (!visit_find(v, model, version, ret, error))
		return false;
	const ModelEntry *e = v->routes->rollouts ? route_model(v->routes, model) : NULL;
	if (!e || !e->rollout)
		return true;
	take_id(v);
	v->rollout = e->rollout;
	if (!version && rollout_is_canary(v->rollout, key_of(v))) {
		v->route = ROLLOUT_NAMES[ROLLOUT_CANARY];
		*ret = rollout_candidate(v->rollout);
	}
	reply_header(v->reply, "X-Gyre-Route", v->route);
	return true;
}

Batch *visit_batch(Visit *v, const Served *s)
{
	take_id(v);
	v->served = s;
	const char *time = v->site->trusts_time ? request_header(v->request, "X-Gyre-Time") : NULL;
	v->is_timed = time && time_parse(time, &v->time);
	v->is_mistimed = time && !v->is_timed;
	Batch *b = batch_new(s, v->site->rows_most);
	batch_bound(b, v->request->size);
	return b;
}

/* What was answered by the stable version, for the candidate to be given when the answer is sent. */
static void leave_shadow(const Visit *v, const PredLogEntry *entry, const Scores *s, const Batch *b)
{
	if (!v->rollout || strcmp(v->route, ROLLOUT_NAMES[ROLLOUT_STABLE]) != 0 ||
	        !rollout_is_shadowed(v->rollout, key_of(v)))
		return;
	v->reply->left = shadow_job(v->rollout, entry, b, s);
}

bool visit_predict(Visit *v, Batch *b, Scores *ret, GError **error)
{
	PredLog *log = v->site->log;
	if (v->is_mistimed)
		return fail(error, FAIL_INVALID, "X-Gyre-Time is no time such as 2001-02-03T18:40:00Z");
	if (!serve_predict(b, ret, error))
		return false;
	PredLogEntry entry = entry_of(v);
	v->rows = ret->rows;
	count_route(v, ret);
	if (log && predlog_keeps(log, v->id))
		predlog_add(log, &entry, ret, b);
	else if (log)
		predlog_sample_out(log, v->rows);
	leave_shadow(v, &entry, ret, b);
	return true;
}

void site_done(void *site, const Request *request, const Reply *reply)
{
	(void)request;
	if (reply->left)
		shadow_add(((Site *)site)->shadow, reply->left);
}

bool visit_no_such_path(const Visit *v, GError **error)
{
	g_autofree char *path = g_utf8_make_valid(v->request->path, -1);
	return fail(error, FAIL_NOT_FOUND, "nothing answers %s %.200s", v->request->method, path);
}

bool visit_fail(const Visit *v, unsigned status, GError **error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *sentence = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	v->reply->status = status;
	return fail(error, FAIL_INVALID, "%s", sentence);
}

bool visit_allows(const Visit *v, const char *method, GError **error)
{
	bool get = strcmp(method, "GET") == 0;
	if (strcmp(v->request->method, method) == 0 || (get && strcmp(v->request->method, "HEAD") == 0))
		return true;
	reply_header(v->reply, "Allow", get ? "GET, HEAD" : method);
	return visit_fail(v, 405, error, "%s is asked for with %s", v->request->path, method);
}

/* "localhost", "127.0.0.1", "[::1]", each with any port. */
static bool is_own_name(const char *host)
{
	struct in_addr four;
	size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	g_autofree char *name = g_strndup(host, length);
	return g_ascii_strcasecmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0 ||
	       (g_str_has_prefix(name, "127.") && inet_pton(AF_INET, name, &four) == 1);
}

bool visit_is_own(const Visit *v, GError **error)
{
	if (v->request->caller)
		return true;
	const char *host = request_header(v->request, "Host");
	const char *origin = request_header(v->request, "Origin");
	const char *asks = origin ? strstr(origin, "://") : NULL;
	if (origin && !cors_names(v->site->cors, origin) && (!asks || !host || g_ascii_strcasecmp(asks + 3, host) != 0))
		return visit_fail(v, 403, error, "a page of another site (%.100s) may not ask for this", origin);
	if (v->site->is_local && (!host || !is_own_name(host)))
		return visit_fail(v, 403, error,
		        "\"%.100s\" is no name of this server, which listens on this machine only: call it localhost",
		        host ? host : "");
	return true;
}

bool path_split(const char *path, PathParts *ret, GError **error)
{
	const char *whole = path;
	*ret = (PathParts){0};
	while (*path == '/') {
		const char *end = strchr(++path, '/');
		char *part = g_uri_unescape_segment(path, end, "/");
		if (!part || ret->count == PATH_PARTS || !g_utf8_validate(part, -1, NULL)) {
			g_free(part);
			path_clear(ret);
			return fail(error, FAIL_NOT_FOUND,
			        "nothing answers %.200s: a path has at most %d parts, each well escaped and in UTF-8",
			        whole, PATH_PARTS);
		}
		ret->part[ret->count++] = part;
		path = end ? end : "";
	}
	return true;
}

void path_clear(PathParts *p)
{
	for (unsigned i = 0; i < p->count; i++)
		g_free(p->part[i]);
	*p = (PathParts){0};
}

void reply_json(Reply *r, json_t *value)
{
	json_auto_t *mine = value;
	char *text = mine ? json_dumps(mine, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) : NULL;
	r->type = "application/json";
	g_string_assign(r->body, text ? text : "null");
	g_string_append_c(r->body, '\n');
	free(text);
}

void reply_text(Reply *r, const char *type, const char *text)
{
	r->type = type;
	g_string_assign(r->body, text);
}
