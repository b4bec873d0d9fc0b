/* online.c: outcomes since the last checkpoint, a model that learns on, a version. */
#include "retrain/online.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/bundle_carry.h"
#include "model/fresh_rows.h"
#include "model/update.h"
#include "registry/registry.h"
#include "retrain/decision.h"
#include "retrain/learning_gate.h"
#include "serve/predlog.h"

enum { PAGE = 20000 };

#define JUDGED_SHARE 0.2 /* of the outcomes, the newest */

typedef struct Learning {
	const OnlineInput *in;
	json_t *base;         /* the version that learns on, as registry_get gives it */
	int64_t number, root; /* of the checkpoint to come */
	char *path;           /* its bundle */
	Bundle *b;
	Engine *e;
	char *rows; /* Parquet: inputs, target, _gyre_id, _gyre_observed */
	char *rows_digest;
	int64_t waiting; /* outcomes not taken yet */
	int64_t taken, observed;
	FreshRows fresh;
	double *unseen; /* what the base said of them */
	json_t *gate;   /* {"pass", "reasons", "rows", "comparison"} */
	Decision decision;
	void *model; /* that has learnt on */
	const ModelFamily *family;
	json_t *how, *params;
} Learning;

static void learning_clear(Learning *l)
{
	if (l->model)
		l->family->free(l->model);
	json_decref(l->base);
	json_decref(l->how);
	json_decref(l->params);
	json_decref(l->gate);
	fresh_rows_clear(&l->fresh);
	bundle_free(l->b);
	engine_close(l->e);
	g_free(l->path);
	g_free(l->rows);
	g_free(l->rows_digest);
	g_free(l->unseen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Learning, learning_clear)

static bool last_checkpoint(const OnlineInput *in, json_t **ret, GError **error)
{
	return meta_row(in->meta,
	        "SELECT number, root, version FROM online_checkpoints WHERE model = $1 ORDER BY number DESC LIMIT 1",
	        json_pack("[s]", in->model), ret, error);
}

/* Is the champion the root of these checkpoints, or one of them? */
static bool goes_on(const OnlineInput *in, int64_t root, int64_t champion, bool *ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(in->meta, "SELECT number FROM online_checkpoints WHERE model = $1 AND root = $2 AND version = $3",
	            json_pack("[s,I,I]", in->model, (json_int_t)root, (json_int_t)champion), &row, error))
		return false;
	*ret = root == champion || row;
	return true;
}

static bool find_base(Learning *l, GError **error)
{
	const OnlineInput *in = l->in;
	json_auto_t *champion = NULL, *last = NULL;
	bool same = false;
	if (!registry_alias(in->meta, in->model, ALIAS_CHAMPION, &champion, error) ||
	        !last_checkpoint(in, &last, error))
		return false;
	if (!champion)
		return fail(error, FAIL_NOT_FOUND, "%s has no champion that could learn on", in->model);
	int64_t version = json_get_int(champion, "version", 0), root = json_get_int(last, "root", 0);
	if (last && !goes_on(in, root, version, &same, error))
		return false;
	l->number = json_get_int(last, "number", 0) + 1;
	l->root = same ? root : version;
	g_autofree char *name = g_strdup_printf("%s@%d", in->model, (int)json_get_int(last, "version", 0));
	if (same)
		return registry_get(in->meta, name, &l->base, error);
	l->base = json_incref(champion);
	return true;
}

static bool load_base(Learning *l, GError **error)
{
	if (!blobs_path(l->in->blobs, json_get_text(l->base, "digest", ""), &l->path, error) ||
	        !bundle_load(l->path, &l->b, error))
		return false;
	bundle_model(l->b, &l->family);
	if (!l->family->update)
		return fail(error, FAIL_INVALID,
		        "a model of the family %s cannot learn on from outcomes: train one of ftrl, linear, "
		        "naive_bayes or "
		        "boosted",
		        l->family->name);
	json_auto_t *how = json_pack("{s:f}", "keep", l->in->keep);
	return param_fill(UPDATE_PARAMS, "how", how, &l->how, error) &&
	       param_fill(l->family->params, NULL, json_object_get(bundle_header(l->b), "params"), &l->params, error);
}

static Frame *page_frame(const json_t *rows)
{
	size_t count = json_array_size(rows), i;
	Frame *f = frame_new(count);
	Column *id = column_new("id", COLUMN_TEXT, count, NULL), *value = column_new("value", COLUMN_TEXT, count, NULL),
	       *observed = column_new("observed", COLUMN_INT, count, NULL);
	json_t *row;
	json_array_foreach ((json_t *)rows, i, row) {
		const char *name = json_get_text(row, "id", ""), *label = json_get_text(row, "value", "");
		id->codes[i] = dictionary_code(id->dictionary, name, strlen(name));
		value->codes[i] = dictionary_code(value->dictionary, label, strlen(label));
		observed->ints[i] = json_get_int(row, "observed", 0);
	}
	frame_add(f, id);
	frame_add(f, value);
	frame_add(f, observed);
	return f;
}

/* The outcomes that have not been taken, as the table `waiting`. */
static bool read_waiting(Learning *l, GError **error)
{
	g_autofree char *last = g_strdup("");
	if (!engine_run(l->e, "CREATE TABLE waiting (id VARCHAR, value VARCHAR, observed BIGINT)", error))
		return false;
	for (;;) {
		json_auto_t *rows = NULL;
		if (!meta_run(l->in->meta,
		            "SELECT o.id, o.value, o.observed FROM outcomes o LEFT JOIN online_taken t ON t.model = "
		            "o.model AND "
		            "t.id = o.id WHERE o.model = $1 AND o.id > $2 AND o.value IS NOT NULL AND t.id IS NULL "
		            "ORDER BY "
		            "o.id LIMIT $3",
		            json_pack("[s,s,i]", l->in->model, last, PAGE), &rows, error))
			return false;
		size_t got = json_array_size(rows);
		if (got == 0)
			return true;
		g_autoptr(Frame) f = page_frame(rows);
		if (!engine_append(l->e, "waiting", f, error))
			return false;
		l->waiting += (int64_t)got;
		g_free(last);
		last = g_strdup(json_get_text(json_array_get(rows, got - 1), "id", ""));
	}
}

/* The bundle's inputs under their own names, whatever the log calls them. */
static bool inputs_sql(Learning *l, GString *to, GError **error)
{
	json_auto_t *renamed = NULL;
	size_t i;
	json_t *column;
	if (!predlog_renamed(l->in->state_folder, l->in->model, &renamed, error))
		return false;
	json_array_foreach (json_at(bundle_header(l->b), "recipe.inputs"), i, column) {
		const char *name = json_get_text(column, "name", "");
		g_autofree char *from = sql_name(json_get_text(renamed, name, name)), *as = sql_name(name);
		g_string_append_printf(to, "v.%s AS %s, ", from, as);
	}
	return true;
}

static bool join_rows(Learning *l, GError **error)
{
	const char *target = json_string_value(json_at(bundle_header(l->b), "roles.target"));
	g_autofree char *quoted = sql_name(target ? target : ""), *table = NULL;
	g_autoptr(GString) inputs = g_string_new("");
	json_auto_t *found = NULL;
	if (!predlog_view(l->e, l->in->state_folder, l->in->model, "log", error) || !inputs_sql(l, inputs, error))
		return false;
	g_autofree char *query = g_strdup_printf(
	        "SELECT %s%s AS %s, v._gyre_id, w.observed AS _gyre_observed FROM log v JOIN waiting w ON w.id = "
	        "v._gyre_id "
	        "WHERE v._gyre_error IS NULL QUALIFY row_number() OVER (PARTITION BY v._gyre_id ORDER BY v._gyre_time, "
	        "v._gyre_version) = 1 ORDER BY w.observed, v._gyre_id LIMIT %" G_GINT64_FORMAT,
	        inputs->str, bundle_classifies(l->b) ? "w.value" : "TRY_CAST(w.value AS DOUBLE)", quoted, l->in->most);
	l->rows = g_build_filename(l->in->scratch, "outcomes.parquet", NULL);
	table = sql_parquet(l->rows);
	g_autofree char *count =
	        g_strdup_printf("SELECT count(*) AS taken, max(_gyre_observed) AS observed FROM %s", table);
	if (!engine_write_parquet(l->e, query, l->rows, error) || !engine_row(l->e, count, &found, error))
		return false;
	l->taken = json_get_int(found, "taken", 0);
	l->observed = json_get_int(found, "observed", 0);
	l->waiting -= l->taken;
	return true;
}

/* Nothing has been predicted yet: all outcomes wait. */
static bool find_rows(Learning *l, GError **error)
{
	EngineLimits limits = {1, 512, l->in->scratch};
	g_autoptr(GError) problem = NULL;
	if (!engine_open(&limits, &l->e, error) || !read_waiting(l, error))
		return false;
	if (l->waiting == 0 || join_rows(l, &problem))
		return true;
	if (g_error_matches(problem, FAIL, FAIL_NOT_FOUND))
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static Scored said_before(const Learning *l)
{
	return (Scored){.rows = l->fresh.x->rows,
	        .classes = bundle_classes(l->b),
	        .y = l->fresh.y,
	        .scores = l->unseen,
	        .positive = bundle_classes(l->b) == 2 ? (size_t)bundle_positive(l->b) : 0};
}

static bool learn_on(const Learning *l, size_t end, void **ret, GError **error)
{
	Matrix room;
	TrainSet fresh = fresh_rows_part(&l->fresh, l->b, 0, end, &room);
	fresh.seed = l->in->seed;
	fresh.threads = 1;
	UpdateSet set = {.fresh = &fresh,
	        .params = l->params,
	        .how = l->how,
	        .rows_before = json_get_number(bundle_header(l->b), "rows", 0)};
	const ModelFamily *family;
	const void *old = bundle_model(l->b, &family);
	return family_update(family, old, &set, ret, error);
}

/* The newest outcomes are answered by a model that has learnt from those before them. */
static bool judge(Learning *l, GError **error)
{
	size_t all = l->fresh.x->rows, rows = (size_t)((double)all * JUDGED_SHARE), cut = all - rows;
	LearningGate gate = {.b = l->b,
	        .metric = l->decision.metric,
	        .rows = rows,
	        .y = l->fresh.y + cut,
	        .old = l->unseen + cut * bundle_outputs(l->b),
	        .seed = l->in->seed};
	g_autofree double *scores = g_new(double, MAX(rows * bundle_outputs(l->b), (size_t)1));
	Matrix room;
	void *model = NULL;
	if (rows >= LEARNING_GATE_LEAST) {
		TrainSet newest = fresh_rows_part(&l->fresh, l->b, cut, all, &room);
		if (!learn_on(l, cut, &model, error))
			return false;
		bool ok = bundle_predict_model(l->b, model, newest.x, scores, error);
		l->family->free(model);
		if (!ok)
			return false;
		gate.learnt = scores;
	}
	l->gate = learning_gate(&gate);
	return true;
}

static bool learn(Learning *l, GError **error)
{
	if (!decision_read(l->in->decision, l->b, l->rows, &l->decision, error) ||
	        !fresh_rows_read(l->e, l->b, l->rows, &l->fresh, error))
		return false;
	l->unseen = g_new(double, MAX(l->fresh.x->rows * bundle_outputs(l->b), (size_t)1));
	return bundle_predict_matrix(l->b, l->fresh.x, l->unseen, error) && judge(l, error) &&
	       learn_on(l, l->fresh.x->rows, &l->model, error);
}

static bool pack(Learning *l, char **ret_digest, GError **error)
{
	g_autofree char *path = g_build_filename(l->in->scratch, "bundle", NULL);
	Scored s = said_before(l);
	json_auto_t *threshold =
	        decision_threshold(&l->decision, &s, json_object_get(bundle_header(l->b), "threshold"));
	if (!blobs_put_file(l->in->blobs, l->rows, false, &l->rows_digest, NULL, error))
		return false;
	BundleCarry carry = {.old = l->b,
	        .digest = json_get_text(l->base, "digest", NULL),
	        .rows_digest = l->rows_digest,
	        .how = l->how,
	        .model = l->model,
	        .rows = l->fresh.x->rows,
	        .threshold = threshold,
	        .seed = l->in->seed};
	return bundle_carry(&carry, path, error) && blobs_put_file(l->in->blobs, path, false, ret_digest, NULL, error);
}

static json_t *about_of(const Learning *l, const json_t *metrics)
{
	return json_pack("{s:o,s:{s:s},s:{s:O,s:I,s:s,s:I},s:O,s:O}", "description",
	        json_sprintf("learnt online from %" G_GINT64_FORMAT " outcomes", l->taken), "tags", "mode", "online",
	        "lineage", "parent", json_object_get(l->base, "digest"), "parent_version",
	        (json_int_t)json_get_int(l->base, "version", 0), "outcomes", l->rows_digest, "taken",
	        (json_int_t)l->taken, "metrics", metrics, "gate", l->gate);
}

static bool take_ids(Learning *l, GError **error)
{
	g_autofree char *table = sql_parquet(l->rows), *query = g_strdup_printf("SELECT _gyre_id AS id FROM %s", table);
	g_autoptr(FrameReader) reader = NULL;
	if (!engine_read(l->e, query, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			return true;
		const Column *id = frame_find(rows, "id");
		for (size_t i = 0; i < rows->rows; i++)
			if (!meta_run(l->in->meta, "INSERT INTO online_taken (model, id, number) VALUES ($1, $2, $3)",
			            json_pack("[s,s,I]", l->in->model, dictionary_text(id->dictionary, id->codes[i]),
			                    (json_int_t)l->number),
			            NULL, error))
				return false;
	}
}

/* The key (model, number) lets one of two that learnt at the same time through. */
static bool write_checkpoint(Learning *l, const char *digest, const json_t *about, int *ret_version, GError **error)
{
	bool is_new;
	return registry_add(l->in->meta, l->in->model, digest, about, ret_version, &is_new, error) &&
	       meta_run(l->in->meta,
	               "INSERT INTO online_checkpoints (model, number, root, parent, version, outcomes, observed, "
	               "created) "
	               "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	               json_pack("[s,I,I,I,i,I,I,I]", l->in->model, (json_int_t)l->number, (json_int_t)l->root,
	                       (json_int_t)json_get_int(l->base, "version", 0), *ret_version, (json_int_t)l->taken,
	                       (json_int_t)l->observed, (json_int_t)l->in->now),
	               NULL, error) &&
	       take_ids(l, error);
}

static bool checkpoint(Learning *l, const json_t *metrics, int *ret_version, GError **error)
{
	g_autofree char *digest = NULL;
	json_auto_t *about = NULL;
	if (!pack(l, &digest, error))
		return false;
	about = about_of(l, metrics);
	if (!meta_begin_durable(l->in->meta, error))
		return false;
	return meta_end(l->in->meta, write_checkpoint(l, digest, about, ret_version, error), error);
}

static json_t *told(const Learning *l, int version, json_t *metrics, const char *reason)
{
	bool done = version > 0;
	int64_t waiting = l->waiting + (done ? 0 : l->taken);
	return json_pack("{s:s,s:o,s:O,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "model", l->in->model, "version",
	        done ? json_integer(version) : json_null(), "parent", json_object_get(l->base, "version"), "root",
	        (json_int_t)l->root, "outcomes", (json_int_t)(done ? l->taken : 0), "left_out",
	        (json_int_t)l->fresh.left_out, "waiting", (json_int_t)waiting, "metrics",
	        metrics ? json_incref(metrics) : json_null(), "gate", l->gate ? json_incref(l->gate) : json_null(),
	        "reason", json_text(reason));
}

bool online_learn(const OnlineInput *in, json_t **ret, GError **error)
{
	g_auto(Learning) l = {.in = in};
	int version = 0;
	if (!find_base(&l, error) || !load_base(&l, error) || !find_rows(&l, error))
		return false;
	if (l.taken == 0 || l.taken < in->least) {
		g_autofree char *reason =
		        g_strdup_printf("%" G_GINT64_FORMAT " outcomes have a prediction in the log and have "
		                        "taught nothing yet; at least %" G_GINT64_FORMAT " are waited for",
		                l.taken, MAX(in->least, (int64_t)1));
		*ret = told(&l, 0, NULL, reason);
		return true;
	}
	if (!learn(&l, error))
		return false;
	Scored s = said_before(&l);
	json_auto_t *metrics = metrics_compute(&s);
	if (!checkpoint(&l, metrics, &version, error))
		return false;
	*ret = told(&l, version, metrics, NULL);
	return true;
}
