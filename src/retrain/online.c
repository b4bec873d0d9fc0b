/* online.c: outcomes since the last checkpoint, a model that learns on, a version. */
#include "retrain/online.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "model/bundle_carry.h"
#include "model/fresh_rows.h"
#include "model/update.h"
#include "registry/registry.h"
#include "retrain/decision.h"
#include "retrain/learning_gate.h"
#include "retrain/online_rows.h"

#define JUDGED_SHARE 0.2 /* of the outcomes, the newest */

typedef struct Learning {
	const OnlineInput *in;
	json_t *base; /* the version that learns on, as registry_get gives it */
	OnlineLast last;
	int64_t number, root; /* of the checkpoint to come */
	char *path;           /* its bundle */
	Bundle *b;
	Engine *e;
	OnlineRows rows;
	char *rows_digest;
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
	g_free(l->rows.path);
	g_free(l->rows_digest);
	g_free(l->unseen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Learning, learning_clear)

static bool find_base(Learning *l, GError **error)
{
	const OnlineInput *in = l->in;
	json_auto_t *champion = NULL;
	if (!registry_alias(in->meta, in->model, ALIAS_CHAMPION, &champion, error))
		return false;
	if (!champion)
		return fail(error, FAIL_NOT_FOUND, "%s has no champion that could learn on", in->model);
	int64_t version = json_get_int(champion, "version", 0);
	if (!online_last(in, version, &l->last, error))
		return false;
	l->number = l->last.number + 1;
	l->root = l->last.goes_on ? l->last.root : version;
	g_autofree char *name = g_strdup_printf("%s@%d", in->model, (int)l->last.version);
	if (l->last.goes_on)
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

static bool find_rows(Learning *l, GError **error)
{
	EngineLimits limits = {1, 512, l->in->scratch};
	return engine_open(&limits, &l->e, error) && online_rows_write(l->e, l->in, l->b, &l->last, &l->rows, error);
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
	if (!decision_read(l->in->decision, l->b, l->rows.path, &l->decision, error) ||
	        !fresh_rows_read(l->e, l->b, l->rows.path, &l->fresh, error))
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
	if (!blobs_put_file(l->in->blobs, l->rows.path, false, &l->rows_digest, NULL, error))
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
	        json_sprintf("learnt online from %" G_GINT64_FORMAT " outcomes", l->rows.rows), "tags", "mode",
	        "online", "lineage", "parent", json_object_get(l->base, "digest"), "parent_version",
	        (json_int_t)json_get_int(l->base, "version", 0), "outcomes", l->rows_digest, "taken",
	        (json_int_t)l->rows.rows, "metrics", metrics, "gate", l->gate);
}

static bool take_ids(Learning *l, GError **error)
{
	g_autofree char *table = sql_parquet(l->rows.path),
	                *query = g_strdup_printf("SELECT _gyre_id AS id FROM %s", table);
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
	               "created, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	               json_pack("[s,I,I,I,i,I,I,I,I]", l->in->model, (json_int_t)l->number, (json_int_t)l->root,
	                       (json_int_t)json_get_int(l->base, "version", 0), *ret_version, (json_int_t)l->rows.rows,
	                       (json_int_t)l->rows.observed, (json_int_t)l->in->now, (json_int_t)l->rows.place),
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
	int64_t waiting = l->rows.waiting + (done ? 0 : l->rows.rows);
	return json_pack("{s:s,s:o,s:O,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "model", l->in->model, "version",
	        done ? json_integer(version) : json_null(), "parent", json_object_get(l->base, "version"), "root",
	        (json_int_t)l->root, "outcomes", (json_int_t)(done ? l->rows.rows : 0), "left_out",
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
	if (l.rows.rows == 0 || l.rows.rows < in->least) {
		g_autofree char *reason =
		        g_strdup_printf("%" G_GINT64_FORMAT " outcomes have a prediction in the log and have "
		                        "taught nothing yet; at least %" G_GINT64_FORMAT " are waited for",
		                l.rows.rows, MAX(in->least, (int64_t)1));
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
