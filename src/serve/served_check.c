/* served_check.c: a candidate held against the version it would replace, and against requests of that version. */
#include "serve/served_check.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "serve/predict.h"

/* Numbers are read from each other, and anything as text (serve/batch.h). */
static bool is_readable(ColumnType from, ColumnType as)
{
	bool from_number = from == COLUMN_BOOL || from == COLUMN_INT || from == COLUMN_REAL;
	bool as_number = as == COLUMN_INT || as == COLUMN_REAL;
	return from == as || as == COLUMN_TEXT || (from_number && as_number);
}

static bool check_input(const Served *c, size_t i, const Served *stable, GError **error)
{
	const char *name = c->input_names[i];
	int at = served_input(stable, name, strlen(name));
	if (at < 0)
		return fail(error, FAIL_CONFLICT,
		        "%s@%d needs the input \"%s\", which requests for version %d do not carry", c->name, c->version,
		        name, stable->version);
	if (is_readable(stable->input_types[at], c->input_types[i]))
		return true;
	return fail(error, FAIL_CONFLICT, "the input \"%s\" is %s for %s@%d, and %s for version %d", name,
	        column_type_name(c->input_types[i]), c->name, c->version, column_type_name(stable->input_types[at]),
	        stable->version);
}

bool served_fits(const Served *candidate, const Served *stable, GError **error)
{
	if (bundle_classifies(candidate->bundle) != bundle_classifies(stable->bundle))
		return fail(error, FAIL_CONFLICT, "%s@%d and version %d have different tasks", candidate->name,
		        candidate->version, stable->version);
	for (size_t i = 0; i < candidate->inputs; i++)
		if (!check_input(candidate, i, stable, error))
			return false;
	return true;
}

static bool answer(const Served *s, const json_t *row, GError **error)
{
	g_autoptr(Batch) b = batch_new(s, 1);
	g_autofree char *text = json_canonical(row);
	Scores scores;
	Scan scan;
	scan_start(&scan, text, strlen(text));
	batch_hide_values(b);
	bool ok = batch_scan_object(b, &scan, error);
	scan_clear(&scan);
	if (!ok || !serve_predict(b, &scores, error))
		return false;
	for (size_t k = 0; ok && k < s->outputs; k++)
		ok = isfinite(scores.values[k]);
	scores_clear(&scores);
	return ok || fail(error, FAIL_BROKEN, "it answers with what is not a number");
}

bool served_replay(const Served *s, const json_t *rows, double *ret_slowest_us, GError **error)
{
	size_t i;
	json_t *row;
	double slowest = 0;
	json_array_foreach ((json_t *)rows, i, row) {
		int64_t begun = g_get_monotonic_time();
		if (!answer(s, row, error)) {
			g_prefix_error(error, "%s@%d, stored request %zu: ", s->name, s->version, i + 1);
			return false;
		}
		slowest = MAX(slowest, (double)(g_get_monotonic_time() - begun));
	}
	*ret_slowest_us = slowest;
	return true;
}
