/* bundle_update.c: learns on, judges on the newest rows, and packs. */
#include "model/bundle_update.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/bundle_carry.h"
#include "model/error_model.h"
#include "model/fresh_rows.h"
#include "model/reference_scores.h"
#include "stats/calibration.h"

#define JUDGED_LEAST 100 /* fewer rows say too little for a threshold */

typedef struct Update {
	const BundleUpdate *u;
	Bundle *old;
	FreshRows rows;
	const ModelFamily *family;
	const void *model; /* the old one's */
	json_t *params;    /* the old one's, filled */
	json_t *warnings;
	size_t cut;          /* rows before it teach the model that is judged */
	double *scores;      /* of the held-out rows, by the model that learnt on, calibrated */
	json_t *calibration; /* of the new bundle; NULL: none */
	const char *calibrated;
	json_t *threshold; /* number or null */
	json_t *old_metrics, *new_metrics;
} Update;

static void update_clear(Update *s)
{
	bundle_free(s->old);
	fresh_rows_clear(&s->rows);
	json_decref(s->params);
	json_decref(s->warnings);
	json_decref(s->calibration);
	json_decref(s->threshold);
	json_decref(s->old_metrics);
	json_decref(s->new_metrics);
	g_free(s->scores);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Update, update_clear)

static size_t judged_rows(const Update *s)
{
	return s->rows.x->rows - s->cut;
}

static bool learn_on(const Update *s, size_t end, void **ret, GError **error)
{
	Matrix room;
	TrainSet fresh = fresh_rows_part(&s->rows, s->old, 0, end, &room);
	const MetricKind *metric = s->u->metric;
	fresh.metric = metric ? metric->name : NULL;
	fresh.seed = s->u->seed;
	fresh.threads = MAX(s->u->threads, 1u);
	UpdateSet set = {.fresh = &fresh,
	        .params = s->params,
	        .how = s->u->how,
	        .rows_before = json_get_number(bundle_header(s->old), "rows", 0)};
	return family_update(s->family, s->model, &set, ret, error);
}

static Scored scored(const Update *s, const double *scores)
{
	return (Scored){.rows = judged_rows(s),
	        .classes = bundle_classes(s->old),
	        .y = s->rows.y + s->cut,
	        .scores = scores,
	        .weight = s->rows.weight ? s->rows.weight + s->cut : NULL,
	        .positive = bundle_classes(s->old) == 2 ? (size_t)bundle_positive(s->old) : 0};
}

static bool apply(const Update *s, const json_t *calibration, double *scores, GError **error)
{
	g_autoptr(Calibration) c = NULL;
	size_t classes = bundle_classes(s->old);
	if (!calibration_load(calibration, classes, classes == 2 ? (size_t)bundle_positive(s->old) : 0, &c, error))
		return false;
	calibration_apply(c, scores, judged_rows(s));
	return true;
}

/* The old calibration stays where it still lowers the log loss; a new one is learnt only where it is asked for by name: the held-out
 * rows are one stretch of time, and their rate of positives is a passing one. */
static bool calibrate(Update *s, GError **error)
{
	const json_t *before = json_object_get(bundle_header(s->old), "calibration");
	size_t count = judged_rows(s) * bundle_outputs(s->old);
	s->calibrated = "none";
	if (!bundle_classifies(s->old) || g_str_equal(s->u->calibration, "none"))
		return true;
	Scored plain = scored(s, s->scores);
	if (!g_str_equal(s->u->calibration, "auto")) {
		json_auto_t *told = NULL;
		calibration_fit(&plain, s->u->calibration, s->u->seed, &s->calibration, &told);
		s->calibrated = s->calibration ? s->u->calibration : "none";
		return !s->calibration || apply(s, s->calibration, s->scores, error);
	}
	if (!json_is_object(before))
		return true;
	g_autofree double *put_right = g_memdup2(s->scores, count * sizeof *s->scores);
	if (!apply(s, before, put_right, error))
		return false;
	Scored after = scored(s, put_right);
	const MetricKind *loss = metric_find("log_loss");
	if (!(loss->compute(&after) < loss->compute(&plain)))
		return true;
	s->calibration = json_deep_copy(before);
	s->calibrated = "kept";
	g_free(s->scores);
	s->scores = g_steal_pointer(&put_right);
	return true;
}

static bool has_both(const Update *s)
{
	bool seen[2] = {false, false};
	for (size_t i = s->cut; i < s->rows.x->rows; i++)
		seen[s->rows.y[i] > 0] = true;
	return seen[0] && seen[1];
}

static void choose_threshold(Update *s)
{
	const MetricKind *by = s->u->threshold_by ? s->u->threshold_by : s->u->metric;
	const MetricKind *of_decisions = by ? metric_find(by->threshold_by) : NULL;
	Scored on = scored(s, s->scores);
	if (!json_is_number(s->threshold) || judged_rows(s) < JUDGED_LEAST || !has_both(s) || !(by || s->u->costs))
		return;
	Threshold found = s->u->costs ? threshold_choose_costs(&on, s->u->costs)
	                              : threshold_choose(&on, of_decisions ? of_decisions : by);
	json_decref(s->threshold);
	s->threshold = json_number(found.threshold);
}

static json_t *metrics_at(const Update *s, const double *scores, const json_t *threshold)
{
	Scored on = scored(s, scores);
	g_autofree uint32_t *decided = g_new(uint32_t, MAX(on.rows, (size_t)1));
	if (on.classes == 2) {
		threshold_decide(&on, json_is_number(threshold) ? json_number_value(threshold) : 0.5, decided);
		on.decided = decided;
	}
	return metrics_compute(&on);
}

/* The model that is judged is not the one that is packed: that one learns on from the held-out rows too. */
static bool judge(Update *s, GError **error)
{
	Matrix room;
	void *model = NULL;
	if (judged_rows(s) == 0) {
		const json_t *before = json_object_get(bundle_header(s->old), "calibration");
		s->calibration = json_is_object(before) ? json_deep_copy(before) : NULL;
		s->calibrated = s->calibration ? "kept" : "none";
		return true;
	}
	TrainSet newest = fresh_rows_part(&s->rows, s->old, s->cut, s->rows.x->rows, &room);
	g_autofree double *before = g_new(double, newest.x->rows *bundle_outputs(s->old));
	s->scores = g_new(double, newest.x->rows *bundle_outputs(s->old));
	if (!learn_on(s, s->cut, &model, error))
		return false;
	bool ok = family_predict(s->family, model, newest.x, s->scores, error);
	s->family->free(model);
	if (!ok || !bundle_predict_matrix(s->old, newest.x, before, error) || !calibrate(s, error))
		return false;
	s->old_metrics = metrics_at(s, before, s->threshold);
	choose_threshold(s);
	s->new_metrics = metrics_at(s, s->scores, s->threshold);
	return true;
}

/* What it knows of its own errors: those on the held-out rows. */
static bool errors_of(const Update *s, json_t **ret, GError **error)
{
	Scored on = scored(s, s->scores);
	Matrix newest, numbers;
	*ret = NULL;
	if (on.classes) {
		*ret = error_model_of_classes(&on, s->u->seed);
		return true;
	}
	fresh_rows_part(&s->rows, s->old, s->cut, s->rows.x->rows, &newest);
	g_autofree float *own = matrix_narrow(&newest, matrix_numbers(&newest), &numbers);
	return error_model_of_numbers(&numbers, &on, s->u->seed, ret, error);
}

/* The profile of what it now stands for is the fresh rows'; that of scores and errors stays the old one's where nothing was judged. */
static bool reference_of(const Update *s, json_t **ret, GError **error)
{
	static const char *const KEPT[] = {"scores", "errors"};
	const json_t *header = bundle_header(s->old), *before = json_object_get(header, "reference");
	json_auto_t *reference = json_copy(s->rows.reference);
	for (size_t i = 0; i < G_N_ELEMENTS(KEPT); i++)
		if (json_object_get(before, KEPT[i]))
			json_object_set(reference, KEPT[i], json_object_get(before, KEPT[i]));
	if (s->scores) {
		Scored on = scored(s, s->scores);
		double threshold = json_is_number(s->threshold) ? json_number_value(s->threshold) : 0.5;
		json_t *errors = NULL;
		if (!errors_of(s, &errors, error))
			return false;
		json_object_set_new(
		        reference, "scores", reference_scores(&on, json_at(header, "roles.classes"), threshold));
		json_object_set_new(reference, "errors", errors ? errors : json_null());
	}
	*ret = json_incref(reference);
	return true;
}

static json_t *provenance_of(const Update *s)
{
	BundleCarry carry = {.old = s->old,
	        .digest = s->u->digest,
	        .rows_digest = s->u->rows_digest,
	        .how = s->u->how,
	        .seed = s->u->seed};
	return bundle_provenance(&carry);
}

static bool pack(const Update *s, const void *model, const char *path, GError **error)
{
	const json_t *old = bundle_header(s->old);
	g_autoptr(GBytes) bytes = NULL;
	double rows = json_get_number(old, "rows", 0) + (double)s->rows.x->rows;
	json_t *reference;
	if (!s->family->save(model, &bytes, error) || !reference_of(s, &reference, error))
		return false;
	json_auto_t *header = json_copy((json_t *)old);
	json_object_del(header, "format");
	json_object_del(header, "parts");
	json_object_set_new(header, "rows", json_integer((json_int_t)rows));
	json_object_set(header, "calibration", s->calibration ? s->calibration : json_null());
	json_object_set(header, "threshold", s->threshold);
	json_object_set_new(header, "reference", reference);
	json_object_set_new(header, "provenance", provenance_of(s));
	if (s->new_metrics)
		json_object_set_new(header, "metrics", json_pack("{s:O}", "valid", s->new_metrics));
	return bundle_write_with(path, header, bytes, s->rows.sample, error);
}

static json_t *about_of(const Update *s)
{
	const json_t *header = bundle_header(s->old);
	return json_pack("{s:s?,s:s,s:O,s:{s:I,s:I,s:I},s:s?,s:O?,s:O?,s:{s:O,s:O},s:s,s:O}", "parent", s->u->digest,
	        "family", s->family->name, "how", s->u->how, "rows", "fresh", (json_int_t)s->rows.read, "judged",
	        (json_int_t)judged_rows(s), "left_out", (json_int_t)s->rows.left_out, "metric",
	        s->u->metric ? s->u->metric->name : NULL, "old", s->old_metrics, "new", s->new_metrics, "threshold",
	        "before", json_object_get(header, "threshold"), "after", s->threshold, "calibration", s->calibrated,
	        "warnings", s->warnings);
}

static bool read_rows(Update *s, GError **error)
{
	EngineLimits limits = {s->u->threads, s->u->memory_mb, s->u->scratch};
	g_autoptr(Engine) e = NULL;
	return engine_open(&limits, &e, error) && fresh_rows_read(e, s->old, s->u->rows, &s->rows, error) &&
	       fresh_rows_check(&s->rows, s->old, s->warnings, error);
}

bool bundle_update(const BundleUpdate *u, const char *path, json_t **ret_about, GError **error)
{
	g_auto(Update) s = {.u = u, .warnings = json_array()};
	void *model = NULL;
	if (!bundle_load(u->bundle, &s.old, error))
		return false;
	const json_t *header = bundle_header(s.old);
	s.model = bundle_model(s.old, &s.family);
	s.threshold = json_incref(json_object_get(header, "threshold"));
	if (!s.family->update)
		return fail(error, FAIL_INVALID,
		        "a model of the family %s cannot learn on from fresh rows: train it anew", s.family->name);
	if (!param_fill(s.family->params, NULL, json_object_get(header, "params"), &s.params, error) ||
	        !read_rows(&s, error))
		return false;
	size_t judged = (size_t)((double)s.rows.x->rows * u->held_out);
	s.cut = judged < s.rows.x->rows ? s.rows.x->rows - judged : s.rows.x->rows;
	if (!judge(&s, error) || !learn_on(&s, s.rows.x->rows, &model, error))
		return false;
	bool ok = pack(&s, model, path, error);
	s.family->free(model);
	if (ok)
		*ret_about = about_of(&s);
	return ok;
}
