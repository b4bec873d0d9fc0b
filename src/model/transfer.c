/* transfer.c: how alike tables are, and what is taken from studies of others. */
#include "model/transfer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define TOO_FAR 2
#define BEST_OF_EACH 10 /* trials of a study that may be taken */

static double missing_share(const Matrix *x)
{
	size_t cells = x->rows * x->columns, missing = 0;
	for (size_t i = 0; i < cells; i++)
		missing += isnan(x->values[i]);
	return cells ? (double)missing / (double)cells : 0;
}

static double class_balance(const Part *p, size_t classes)
{
	g_autofree double *count = g_new0(double, classes);
	double entropy = 0, rows = (double)MAX(p->x.rows, 1);
	for (size_t i = 0; i < p->x.rows; i++)
		count[(size_t)p->y[i]]++;
	for (size_t k = 0; k < classes; k++)
		entropy -= count[k] > 0 ? count[k] / rows * log(count[k] / rows) : 0;
	return classes > 1 ? entropy / log((double)classes) : 0;
}

static double number_balance(const Part *p)
{
	double mean = 0, away = 0, squares = 0, rows = (double)MAX(p->x.rows, 1);
	for (size_t i = 0; i < p->x.rows; i++)
		mean += p->y[i] / rows;
	for (size_t i = 0; i < p->x.rows; i++) {
		away += fabs(p->y[i] - mean) / rows;
		squares += (p->y[i] - mean) * (p->y[i] - mean) / rows;
	}
	return squares > 0 ? away / sqrt(squares) : 0;
}

json_t *transfer_about(const TrainData *d)
{
	const json_t *columns = json_object_get(d->recipe, "inputs");
	size_t i, texts = 0, count = MAX(json_array_size(columns), 1);
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column)
		texts += g_strcmp0(json_get_text(column, "type", NULL), "text") == 0;
	bool is_number = d->task == TASK_REGRESSION;
	return json_pack("{s:s,s:I,s:I,s:o,s:o,s:I,s:o}", "task", is_number ? "regression" : "classification", "rows",
	        (json_int_t)d->all.x.rows, "columns", (json_int_t)json_array_size(columns), "text",
	        json_number((double)texts / (double)count), "missing", json_number(missing_share(&d->all.x)), "classes",
	        (json_int_t)d->classes, "balance",
	        json_number(is_number ? number_balance(&d->all) : class_balance(&d->all, d->classes)));
}

static double apart(const json_t *a, const json_t *b, const char *name)
{
	return json_get_number(a, name, NAN) - json_get_number(b, name, NAN);
}

static double apart_by_size(const json_t *a, const json_t *b, const char *name)
{
	return log10(MAX(json_get_number(a, name, NAN), 1)) - log10(MAX(json_get_number(b, name, NAN), 1));
}

double transfer_distance(const json_t *a, const json_t *b)
{
	double parts[] = {apart_by_size(a, b, "rows"), apart_by_size(a, b, "columns"), 2 * apart(a, b, "text"),
	        2 * apart(a, b, "missing"), apart_by_size(a, b, "classes") / log10(2), 2 * apart(a, b, "balance")};
	double sum = 0;
	if (g_strcmp0(json_get_text(a, "task", NULL), json_get_text(b, "task", "")) != 0)
		return NAN;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		sum += parts[i] * parts[i];
	return sqrt(sum);
}

unsigned transfer_most(const json_t *search)
{
	bool wanted = json_get_bool(search, "transfer", true) &&
	              g_strcmp0(json_get_text(search, "method", NULL), "fixed") != 0;
	return wanted ? (unsigned)(json_get_int(search, "trials", 20) / 4) : 0;
}

typedef struct Known {
	const json_t *trial; /* of the study */
	double value;        /* smaller is better */
	size_t place;
} Known;

static int by_value(const void *a, const void *b)
{
	const Known *x = a, *y = b;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

typedef struct NearStudy {
	const char *digest;
	double distance;
	GArray *best; /* of Known, the best first */
	size_t place;
} NearStudy;

static int by_distance(const void *a, const void *b)
{
	const NearStudy *x = a, *y = b;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static void near_clear(void *study)
{
	g_array_unref(((NearStudy *)study)->best);
}

static const ModelFamily *family_in(const SearchSpace *space, const char *name)
{
	for (size_t i = 0; i < space->count; i++)
		if (space->families[i]->search_share > 0 && g_strcmp0(space->families[i]->name, name) == 0)
			return space->families[i];
	return NULL;
}

/* Its trials of families that are searched now, by the metric of now if they have it, the best first. */
static GArray *best_of(const TransferWanted *w, const json_t *study)
{
	GArray *best = g_array_new(FALSE, FALSE, sizeof(Known));
	size_t i;
	json_t *trial;
	json_array_foreach (json_object_get(study, "trials"), i, trial) {
		double value = json_get_number(json_object_get(trial, "metrics"), w->metric->name, NAN);
		if (isnan(value) || !family_in(w->space, json_get_text(trial, "family", NULL)))
			continue;
		Known known = {trial, w->metric->larger_is_better ? -value : metric_bounded(w->metric, value), i};
		g_array_append_val(best, known);
	}
	g_array_sort(best, by_value);
	return best;
}

static GArray *near_studies(const TransferWanted *w)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(NearStudy));
	g_array_set_clear_func(found, near_clear);
	for (size_t i = 0; i < w->count; i++) {
		double distance = transfer_distance(w->about, json_object_get(w->studies[i], "about"));
		if (isnan(distance) || distance >= TOO_FAR)
			continue;
		NearStudy one = {w->digests[i], distance, best_of(w, w->studies[i]), i};
		g_array_append_val(found, one);
	}
	g_array_sort(found, by_distance);
	return found;
}

/* What the family would do with these settings, under what the user fixed; NULL: it does not know them any more. */
static json_t *params_of(const SearchSpace *space, const ModelFamily *family, const json_t *params)
{
	json_auto_t *given = json_copy((json_t *)params);
	json_t *filled = NULL;
	json_object_update(given, json_object_get(space->fixed, family->name));
	return param_fill(family->params, NULL, given, &filled, NULL) ? filled : NULL;
}

/* Defaults have whole numbers where what was read again has 1.0. */
char *transfer_spelt(const ModelFamily *family, const json_t *params)
{
	json_auto_t *plain = json_object();
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)params, name, value)
		json_object_set_new(
		        plain, name, json_is_number(value) ? json_real(json_number_value(value)) : json_incref(value));
	g_autofree char *text = json_canonical(plain);
	return g_strconcat(family->name, text, NULL);
}

/* The families' defaults are tried anyway. */
static GHashTable *defaults_of(const SearchSpace *space)
{
	GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	json_auto_t *none = json_object();
	for (size_t i = 0; i < space->count; i++) {
		json_auto_t *params = params_of(space, space->families[i], none);
		if (params)
			g_hash_table_add(seen, transfer_spelt(space->families[i], params));
	}
	return seen;
}

static void take(const TransferWanted *w, const NearStudy *study, const Known *known, GHashTable *seen, json_t *ret)
{
	const ModelFamily *family = family_in(w->space, json_get_text(known->trial, "family", NULL));
	json_auto_t *params = params_of(w->space, family, json_object_get(known->trial, "params"));
	if (!params || !g_hash_table_add(seen, transfer_spelt(family, params)))
		return;
	json_array_append_new(ret,
	        json_pack("{s:s,s:O,s:s,s:O,s:o}", "family", family->name, "params", params, "from", study->digest,
	                "number", json_object_get(known->trial, "number"), "distance", json_number(study->distance)));
}

json_t *transfer_find(const TransferWanted *w)
{
	g_autoptr(GArray) studies = near_studies(w);
	g_autoptr(GHashTable) seen = defaults_of(w->space);
	json_t *ret = json_array();
	for (guint rank = 0; rank < BEST_OF_EACH; rank++)
		for (guint i = 0; i < studies->len && json_array_size(ret) < w->most; i++) {
			const NearStudy *study = &g_array_index(studies, NearStudy, i);
			if (rank < study->best->len)
				take(w, study, &g_array_index(study->best, Known, rank), seen, ret);
		}
	return ret;
}
