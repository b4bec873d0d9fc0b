/* produced.c: predictions of a model in use with their outcomes, in the engine. */
#include "op/produced.h"

#include "base/error.h"
#include "base/json.h"
#include "impact/measure.h"
#include "monitor/outcomes.h"
#include "registry/registry.h"
#include "serve/predlog.h"

/* About the year -13,600: before every time, and the engine can still write it. */
static const int64_t BEFORE_ALL = -INT64_C(491000000000000000);

static bool read_time(const json_t *in, const char *name, int64_t otherwise, int64_t *ret, GError **error)
{
	const char *text = json_get_text(in, name, NULL);
	*ret = otherwise;
	return !text || time_parse(text, ret) ||
	       fail(error, FAIL_INVALID, "--%s: \"%.60s\" is no ISO time such as 2026-01-31 or 2026-01-31T08:00:00Z",
	               name, text);
}

/* Of the registry only: a caller over HTTP names a model, and no file of this machine. */
static bool load_bundle(Produced *p, GError **error)
{
	g_autofree char *path = NULL;
	json_auto_t *version = NULL;
	return registry_get(p->desk.meta, p->model, &version, error) &&
	       blobs_path(p->desk.blobs, json_get_text(version, "digest", ""), &path, error) &&
	       bundle_load(path, &p->bundle, error);
}

/* The log of the span with what became of each row. */
static bool make_view(Produced *p, GError **error)
{
	int64_t outcomes;
	const char *folder = p->desk.project->state_folder;
	return predlog_view(p->engine, folder, p->model, "log", error) &&
	       outcomes_table(p->engine, p->desk.meta, p->model, "outcomes", &outcomes, error) &&
	       engine_runf(p->engine, error,
	               "CREATE VIEW seen AS SELECT l.*, o.value AS _gyre_outcome FROM log l LEFT JOIN outcomes o ON "
	               "o.id = "
	               "l._gyre_id WHERE l._gyre_time >= make_timestamp(%" G_GINT64_FORMAT
	               ") AND l._gyre_time < make_timestamp(%" G_GINT64_FORMAT ")",
	               (gint64)p->since, (gint64)p->until);
}

static bool count_rows(Produced *p, GError **error)
{
	json_auto_t *row = NULL;
	if (!engine_row(p->engine,
	            "SELECT count(*) AS n, count(_gyre_outcome) AS outcomes, epoch_us(min(_gyre_time)) AS first FROM "
	            "answered WHERE "
	            "_gyre_route <> 'shadow'",
	            &row, error))
		return false;
	p->predictions = json_get_int(row, "n", 0);
	p->outcomes = json_get_int(row, "outcomes", 0);
	if (p->asked == BEFORE_ALL)
		p->since = json_get_int(row, "first", p->until - 1);
	return true;
}

static bool fill(Produced *p, GError **error)
{
	g_autoptr(GError) problem = NULL;
	if (!load_bundle(p, error))
		return false;
	if (make_view(p, &problem))
		return figure_rows(p->engine, "seen", p->bundle, false, "answered", error) &&
		       figure_rows(p->engine, "seen", p->bundle, true, "known", error) && count_rows(p, error);
	if (problem->code == FAIL_NOT_FOUND)
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

bool produced_open(const App *app, const json_t *in, Produced *ret, GError **error)
{
	Produced p = {0};
	EngineLimits limits = {.memory_mb = (size_t)json_get_int(in, "memory_mb", 512)};
	if (!read_time(in, "since", BEFORE_ALL, &p.asked, error) ||
	        !read_time(in, "until", meta_now(), &p.until, error) || !desk_open_sound(app, &p.desk, error))
		return false;
	p.since = p.asked;
	p.figures = project_block(p.desk.project, "figures");
	p.model = g_strdup(json_get_text(in, "model", project_name(p.desk.project)));
	bool ok = p.since < p.until ||
	          fail(error, FAIL_INVALID, "--since is not before --until: there is nothing between them");
	if (!ok || !engine_open(&limits, &p.engine, error) || !fill(&p, error)) {
		produced_clear(&p);
		return false;
	}
	*ret = p;
	return true;
}

void produced_clear(Produced *p)
{
	engine_close(p->engine);
	bundle_free(p->bundle);
	g_free(p->model);
	desk_clear(&p->desk);
	*p = (Produced){0};
}

const json_t *produced_criterion(const Produced *p, const char *figure)
{
	size_t i;
	json_t *criterion;
	json_array_foreach (json_object_get(project_block(p->desk.project, "goal"), "success"), i, criterion)
		if (g_strcmp0(json_get_text(criterion, "kpi", NULL), figure) == 0)
			return criterion;
	return NULL;
}
