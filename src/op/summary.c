/* summary.c: what a run came to, read from the artifacts its steps left. */
#include "op/summary.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"

const json_t *summary_step(const json_t *result, const char *name)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(result, "steps"), i, step)
		if (strcmp(json_get_text(step, "name", ""), name) == 0)
			return step;
	return NULL;
}

bool summary_artifact(
        const Desk *d, const json_t *result, const char *step, const char *output, json_t **ret, GError **error)
{
	const json_t *outputs = json_object_get(summary_step(result, step), "outputs");
	const char *digest = json_get_text(outputs, output, NULL);
	*ret = NULL;
	return !digest || desk_json(d, digest, ret, error);
}

/* {name: value} of {name: {"value", ...}}. */
static json_t *values_of(const json_t *metrics)
{
	json_t *values = json_object();
	const char *name;
	json_t *figure;
	json_object_foreach ((json_t *)metrics, name, figure)
		json_object_set(values, name, json_object_get(figure, "value"));
	return values;
}

/* What the registration says; but whether it is the champion, as it is now: a deployment may have made it so since. */
static bool model_of(const Desk *d, const json_t *registration, json_t **ret, GError **error)
{
	json_auto_t *champion = NULL;
	const json_t *version = json_object_get(registration, "version");
	if (!registration) {
		*ret = json_null();
		return true;
	}
	if (!registry_alias(d->meta, json_get_text(registration, "model", ""), ALIAS_CHAMPION, &champion, error))
		return false;
	bool is_champion = champion && json_equal(json_object_get(champion, "version"), version);
	*ret = json_pack("{s:O,s:O,s:O,s:b,s:o}", "name", json_object_get(registration, "model"), "version", version,
	        "digest", json_object_get(registration, "digest"), "champion", is_champion, "note",
	        json_text(is_champion ? NULL : json_get_text(registration, "note", NULL)));
	return true;
}

typedef struct Left {
	json_t *ingest, *checks, *split, *stretches, *trials, *evaluation, *verdict, *registration;
} Left;

static bool left_read(const Desk *d, const json_t *result, Left *left, GError **error)
{
	return summary_artifact(d, result, "ingest", "ingest", &left->ingest, error) &&
	       summary_artifact(d, result, "verify", "checks", &left->checks, error) &&
	       summary_artifact(d, result, "split", "split", &left->split, error) &&
	       summary_artifact(d, result, "stretches", "stretches", &left->stretches, error) &&
	       summary_artifact(d, result, "train", "trials", &left->trials, error) &&
	       summary_artifact(d, result, "evaluate", "evaluation", &left->evaluation, error) &&
	       summary_artifact(d, result, "gate", "verdict", &left->verdict, error) &&
	       summary_artifact(d, result, "register", "registration", &left->registration, error);
}

static void left_clear(Left *left)
{
	json_t *all[] = {left->ingest, left->checks, left->split, left->stretches, left->trials, left->evaluation,
	        left->verdict, left->registration};
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		json_decref(all[i]);
}

static json_t *or_null(const json_t *value)
{
	return value ? json_incref((json_t *)value) : json_null();
}

static const char *output_of(const json_t *result, const char *step, const char *output)
{
	return json_get_text(json_object_get(summary_step(result, step), "outputs"), output, NULL);
}

/* Where the report lies: the project's own copy is beside the blobs, under the run's name. */
static json_t *report_path(const Desk *d, const json_t *result)
{
	const char *digest = output_of(result, "report", "report");
	g_autofree char *path = NULL;
	if (!digest || !blobs_path(d->blobs, digest, &path, NULL))
		return json_null();
	return json_text(path);
}

static json_t *summary_of(const Desk *d, const json_t *result, const Left *left)
{
	const json_t *e = left->evaluation;
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "data",
	        json_pack("{s:o,s:o,s:o}", "digest", json_text(output_of(result, "ingest", "snapshot")), "rows",
	                or_null(json_object_get(left->ingest, "rows")), "columns",
	                or_null(json_object_get(left->ingest, "columns"))),
	        "checks", or_null(left->checks), "split", or_null(json_object_get(left->split, "rows")), "stretches",
	        or_null(left->stretches), "trials", or_null(left->trials), "metric",
	        or_null(json_object_get(e, "metric")), "metrics", or_null(json_at(e, "model.metrics")), "baseline",
	        or_null(json_at(e, "baseline.metrics")), "slices", or_null(json_object_get(e, "slices")), "criteria",
	        or_null(json_object_get(left->verdict, "criteria")), "report", report_path(d, result), "nested",
	        or_null(json_object_get(e, "nested")));
}

bool summary_add(const Desk *d, json_t *result, GError **error)
{
	Left left = {0};
	json_t *model = NULL;
	bool ok = left_read(d, result, &left, error) && model_of(d, left.registration, &model, error);
	if (ok) {
		json_object_set_new(result, "model", model);
		json_object_set_new(result, "metrics",
		        json_pack("{s:o,s:o}", "test", values_of(json_at(left.evaluation, "model.metrics")), "baseline",
		                values_of(json_at(left.evaluation, "baseline.metrics"))));
		json_t *gate = left.verdict ? json_pack("{s:O,s:O}", "pass", json_object_get(left.verdict, "pass"),
		                                      "reasons", json_object_get(left.verdict, "reasons"))
		                            : json_null();
		json_object_set_new(result, "gate", gate);
		json_object_set_new(result, "summary", summary_of(d, result, &left));
		bool done = strcmp(json_get_text(result, "status", ""), "done") == 0;
		bool passes = json_get_bool(left.verdict, "pass", true),
		     fits = json_get_bool(left.registration, "fit", true);
		if (done && !(passes && fits))
			json_object_set_new(result, "status", json_string("rejected"));
	}
	left_clear(&left);
	return ok;
}

int summary_failure_status(const json_t *result)
{
	static const struct {
		const char *code;
		int status;
	} CODES[] = {{"invalid", STATUS_USAGE}, {"not_found", STATUS_USAGE}, {"conflict", STATUS_USAGE},
	        {"limit", STATUS_USAGE}};
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(result, "steps"), i, step) {
		if (strcmp(json_get_text(step, "status", ""), "failed") != 0)
			continue;
		if (strcmp(json_get_text(step, "name", ""), "verify") == 0 &&
		        strcmp(json_get_text(step, "error_code", ""), "conflict") == 0)
			return STATUS_NO; /* a check of the data said no */
		for (size_t c = 0; c < G_N_ELEMENTS(CODES); c++)
			if (strcmp(json_get_text(step, "error_code", ""), CODES[c].code) == 0)
				return CODES[c].status;
		return STATUS_OUTSIDE;
	}
	return STATUS_OUTSIDE;
}
