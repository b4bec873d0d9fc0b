/* site_lane.c: which requests go to other threads, so that no I/O thread is long with one while others wait.
 *
 * Ops read and write the store; those that take seconds have a thread of their own.  A prediction is slow when its body has many rows, or
 * its model takes long for a row: what the warm-up measured, times the rows a body of that size may hold, is held against what handing
 * over costs.  What is in a packed body is known when it is unpacked, which is work too: a worker's. */
#include <string.h>

#include "http/coding.h"
#include "http/site.h"

enum {
	ROW_BYTES = 64,  /* of JSON: a row is hardly shorter */
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

static bool is_slow(const Site *s, const Request *request)
{
	Coding coding;
	if (!request->size)
		return false;
	if (coding_read(request_header(request, "Content-Encoding"), &coding) && coding != CODING_IDENTITY)
		return true;
	double rows = 1 + (double)request->size / ROW_BYTES;
	return rows * (READ_US + row_us(s, request->path)) > SLOW_US;
}

ServerLane site_lane(void *site, const Request *request)
{
	if (g_str_has_prefix(request->path, "/v2/repository/"))
		return LANE_COMMANDS;
	if (!g_str_has_prefix(request->path, "/api/v1/") || strcmp(request->path, "/api/v1/model/score") == 0)
		return is_slow(site, request) ? LANE_WORKERS : LANE_IO;
	const Op *op = site_op(request->method, request->path);
	return op && op->is_long ? LANE_LONG : LANE_COMMANDS;
}
