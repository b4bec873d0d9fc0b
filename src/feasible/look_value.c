/* look_value.c: what the KPIs come to when nothing is known, with the best quick model, and with a perfect one. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/engine.h"
#include "eval/scored_table.h"
#include "feasible/look.h"
#include "feature/roles.h"

/* A prediction for each judged row; scores NULL: the truth. */
static Frame *predictions(const Look *l, const double *scores)
{
	const Judged *j = l->judged;
	size_t classes = j->d->classes;
	const Column *numbers = frame_find(j->rows, "_gyre_row");
	Scored s = judged_part(j, scores, 0, j->count);
	g_autofree uint32_t *decided = scores ? judged_decide(&s, l->metric) : NULL;
	Frame *f = frame_new(j->count);
	Column *row = column_new("_gyre_at", COLUMN_INT, j->count, NULL);
	Column *said = column_new("prediction", classes ? COLUMN_TEXT : COLUMN_REAL, j->count, NULL);
	Column *sure = column_new("probability", COLUMN_REAL, j->count, NULL);
	for (size_t i = 0; i < j->count; i++) {
		const double *own = scores ? scores + i * j->d->outputs : NULL;
		size_t best = classes && !own ? (size_t)j->y[i] : 0;
		row->ints[i] = numbers->ints[j->at[i]];
		if (!classes) {
			said->reals[i] = own ? own[0] : j->y[i];
			continue;
		}
		for (size_t c = 1; own && c < classes; c++)
			best = own[c] > own[best] ? c : best;
		best = decided ? decided[i] : best;
		const char *label = json_string_value(json_array_get(roles_classes(j->d->roles), best));
		size_t shown = classes == 2 ? j->d->positive : best;
		said->codes[i] = dictionary_code(said->dictionary, label, strlen(label));
		sure->reals[i] = own ? own[shown] : best == shown;
	}
	frame_add(f, row);
	frame_add(f, said);
	frame_add(f, sure);
	return f;
}

/* The judged rows with all their columns and the predictions, which get the target's own type back. */
static bool value_with(const Look *l, Engine *e, const double *scores, json_t **ret, GError **error)
{
	const char *table = step_input(l->s, l->timed ? "sample_time" : "sample");
	g_autoptr(Frame) said = predictions(l, scores);
	const char *name = json_get_text(l->judged->d->roles, "target", "");
	g_autofree char *target = sql_name(name), *from = sql_parquet(table), *columns = scored_columns(name, true);
	json_auto_t *row = NULL;
	g_autofree char *ask = g_strdup_printf("SELECT typeof(%s) AS type FROM %s LIMIT 1", target, from);
	if (!engine_run(e, "DROP TABLE IF EXISTS said; DROP TABLE IF EXISTS scored", error) ||
	        !engine_append(e, "said", said, error) || !engine_row(e, ask, &row, error))
		return false;
	const char *type = l->judged->d->classes ? json_get_text(row, "type", "VARCHAR") : "DOUBLE";
	return engine_runf(e, error,
	               "CREATE TABLE scored AS SELECT t.*, CAST(a.prediction AS %s) AS prediction, a.probability FROM "
	               "(SELECT %s FROM %s) t JOIN said a ON t._gyre_row = a._gyre_at ORDER BY t._gyre_row",
	               type, columns, from) &&
	       kpi_values(e, l->kpi, "scored", ret, error);
}

static bool values(const Look *l, json_t *ret, GError **error)
{
	static const char *const WHO[] = {"nothing", "likely", "perfect"};
	const double *const scores[] = {l->scores[LOOK_BASELINE], l->scores[l->best], NULL};
	EngineLimits limits = {step_cores(l->s), step_memory_mb(l->s) / 2, step_scratch(l->s)};
	g_autoptr(Engine) e = NULL;
	if (!engine_open(&limits, &e, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(WHO); i++) {
		json_auto_t *found = NULL;
		const char *name;
		json_t *value;
		if (!value_with(l, e, scores[i], &found, error))
			return false;
		json_object_foreach (found, name, value) {
			if (!json_object_get(ret, name))
				json_object_set_new(ret, name, json_object());
			json_object_set(json_object_get(ret, name), WHO[i], value);
		}
	}
	return true;
}

/* An expression that this table cannot answer is told, and no reason to throw the rest away. */
bool look_value(Look *l, GError **error)
{
	g_autoptr(GError) problem = NULL;
	json_t *ret = json_object();
	json_object_set_new(l->report, "value", ret);
	if (!json_object_size(l->kpi) || values(l, ret, &problem))
		return true;
	if (problem->code != FAIL_INVALID) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	json_object_clear(ret);
	json_object_set_new(l->report, "value_problem", json_text(problem->message));
	return true;
}
