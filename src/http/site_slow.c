/* site_slow.c: which requests go to a worker, so that no I/O thread is long with one while others wait.
 *
 * Ops read and write the store.  A prediction is slow when its body has many rows, or its model takes long for a row: what the
 * warm-up measured, times the rows a body of that size may hold, is held against what handing over costs. */
#include <string.h>

#include "http/site.h"

enum {
	ROW_BYTES = 64,  /* of JSON: a row is hardly shorter */
	PACKED = 1024,   /* a body larger than this is looked at: it may come packed ... */
	UNPACKED = 20,   /* ... and rows grow about so many times */
	READ_US = 1,     /* a row is read and written in */
	SLOW_US = 2000,  /* below, handing over to a worker costs more than it spares */
	NAME_BYTES = 128 /* of a model */
};

/* The model a path names ("/v1/models/NAME:predict", "/v2/models/NAME/infer"); else the project's own. */
static const ModelEntry *model_of(const Site *s, const RouteTable *t, const char *path)
{
	char name[NAME_BYTES];
	const char *at = strstr(path, "/models/");
	size_t length = at ? strcspn(at + 8, "/:") : 0;
	if (!at || length >= sizeof name)
		return route_model(t, s->project);
	memcpy(name, at + 8, length);
	name[length] = '\0';
	return route_model(t, name);
}

static double row_us(const Site *s, const char *path)
{
	double most = 0;
	const RouteTable *t = fleet_pin(s->fleet);
	const ModelEntry *e = model_of(s, t, path);
	for (guint i = 0; e && i < e->versions->len; i++)
		most = MAX(most, ((const Served *)e->versions->pdata[i])->row_us);
	fleet_unpin(s->fleet);
	return most;
}

bool site_is_slow(void *site, const Request *request)
{
	if (g_str_has_prefix(request->path, "/v2/repository/") ||
	        (g_str_has_prefix(request->path, "/api/v1/") && strcmp(request->path, "/api/v1/model/score") != 0))
		return true;
	if (!request->size)
		return false;
	bool is_packed = request->size > PACKED && request_header(request, "Content-Encoding");
	double rows = 1 + (double)request->size * (is_packed ? UNPACKED : 1) / ROW_BYTES;
	return rows * (READ_US + row_us(site, request->path)) > SLOW_US;
}
