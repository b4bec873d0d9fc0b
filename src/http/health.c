/* health.c: is the process alive (/livez), may it be sent requests (/readyz), what has it done (/metrics), and "/" as KServe's
 * client asks. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "http/metrics.h"
#include "http/openapi.h"

/* Where TensorFlow Serving has them. */
#define ALIAS_PATH "/monitoring/prometheus/metrics"

static const char *const PREFIXES[] = {"/livez", "/readyz", "/metrics", ALIAS_PATH, "/", NULL};

static bool handle(Visit *v, GError **error)
{
	if (!visit_allows(v, "GET", error))
		return false;
	if (strcmp(v->request->path, "/") == 0) {
		reply_json(v->reply,
		        json_pack("{s:s,s:s,s:s}", "status", "alive", "name", "gyre", "version", GYRE_VERSION));
		return true;
	}
	if (strcmp(v->request->path, "/metrics") == 0) {
		v->reply->type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_write(v->site->metrics, v->site, v->reply->body);
		return true;
	}
	if (strcmp(v->request->path, ALIAS_PATH) == 0) {
		if (!v->site->aliases)
			return visit_no_such_path(v, error);
		v->reply->type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_write_aliases(v->site->metrics, v->site->aliases, v->reply->body);
		return true;
	}
	if (strcmp(v->request->path, "/readyz") == 0 && !site_is_ready(v->site))
		return visit_fail(v, 503, error, "%s",
		        __atomic_load_n(v->site->draining, __ATOMIC_RELAXED) ? "shutting down"
		                                                             : "not every model could be loaded yet");
	reply_text(v->reply, "text/plain", "ok\n");
	return true;
}

static void refuse(unsigned status, const char *sentence, Reply *reply)
{
	reply_json(reply, json_pack("{s:o}", "error", json_text(sentence)));
}

static const Route ROUTES[] = {
        {"GET", "/", "the server is alive"},
        {"GET", "/livez", "the process is alive", .type = "text/plain"},
        {"GET", "/readyz", "every model answers, and it is not shutting down", .type = "text/plain"},
        {"GET", "/metrics", "counters, for Prometheus", .type = "text/plain"},
        {0},
};

const Protocol PROTOCOL_HEALTH = {
        .name = "health",
        .help = "/livez: the process is alive; /readyz: every model answers and it is not shutting down",
        .prefixes = PREFIXES,
        .routes = ROUTES,
        .handle = handle,
        .refuse = refuse,
};
