/* look_quality.c: is what comes in well-formed: missing values, values never seen in training, values outside its range, requests that
 * were refused, and how many come at all.
 *
 * Shares are held against those of the reference profile with both sizes in view: the profile is a sample too.  Two of n training values
 * are its own extremes, so of n others about two lie outside as well; that, not zero, is what "out of range" is compared with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/history.h"
#include "monitor/look.h"
#include "stats/distribution.h"
#include "stats/drift.h"
#include "stats/test.h"

enum { RATES_BEFORE = 20, RATES_LEAST = 5, TOP_SHOWN = 5 };

static const Param PARAMS[] = {
        {"alpha", PARAM_REAL, "chance of a false alarm in a window, for each measure over all columns", "0.002",
                .min = 1e-9, .max = 0.5},
        {"missing", PARAM_REAL, "rise of a column's share of missing values that matters", "0.03", .min = 0, .max = 1},
        {"unseen", PARAM_REAL, "share of values never seen in training that matters", "0.01", .min = 0, .max = 1},
        {"out_of_range", PARAM_REAL, "share of values outside the training range that matters", "0.01", .min = 0,
                .max = 1},
        {"refused", PARAM_REAL, "share of refused requests that matters", "0.01", .min = 0, .max = 1},
        {"rate", PARAM_REAL, "how many times as many, or as few, requests as in the windows before that matter", "3",
                .min = 1, .max = 1e6},
        {"min_rows", PARAM_INT, "rows below which there is no answer", "30", .min = 1, .max = 1e9},
        {NULL},
};

typedef struct Quality {
	const LookInput *in;
	const json_t *params;
	GArray *columns; /* of LookColumn */
	json_t *counts;  /* "rows", "refused", and by column "m0", "u0", "o0" */
	int64_t rows;    /* answered */
	int64_t trained; /* rows the profile was made from */
	GArray *findings;
} Quality;

static double param(const Quality *q, const char *key)
{
	return json_get_number(q->params, key, NAN);
}

static int64_t counted(const Quality *q, char what, guint column)
{
	char key[16];
	g_snprintf(key, sizeof key, "%c%u", what, column);
	return json_get_int(q->counts, key, 0);
}

/* All categories of a column, when the profile has all; NULL otherwise. */
static const json_t *all_categories(const LookColumn *c)
{
	const json_t *top = json_object_get(c->reference, "top");
	bool complete = json_get_number(c->reference, "other", 1) == 0;
	return strcmp(c->type, "text") == 0 && complete && json_array_size(top) > 0 ? top : NULL;
}

static bool range_of(const LookColumn *c, double *ret_low, double *ret_high)
{
	const json_t *quantiles = json_object_get(c->reference, "quantiles");
	size_t size = json_array_size(quantiles);
	if (strcmp(c->type, "text") == 0 || strcmp(c->type, "bool") == 0 || size < 2)
		return false;
	*ret_low = json_number_value(json_array_get(quantiles, 0));
	*ret_high = json_number_value(json_array_get(quantiles, size - 1));
	return true;
}

static char *category_list(const json_t *top)
{
	g_autoptr(GString) list = g_string_new(NULL);
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)top, i, one) {
		const json_t *value = json_array_get(one, 0); /* a bundle is outside bytes */
		g_autofree char *text = sql_text(json_is_string(value) ? json_string_value(value) : "");
		g_string_append_printf(list, "%s%s", i ? ", " : "", text);
	}
	return g_string_free(g_steal_pointer(&list), FALSE);
}

static void add_column_sql(GString *sql, const LookColumn *c, guint i)
{
	const json_t *categories = all_categories(c);
	double low, high;
	bool is_text = strcmp(c->type, "text") == 0;
	g_autofree char *missing = is_text ? g_strdup_printf("%s IS NULL", c->text)
	                                   : g_strdup_printf("NOT coalesce(isfinite(%s), false)", c->number);
	g_string_append_printf(sql, ", count_if(_gyre_error IS NULL AND %s) AS m%u", missing, i);
	if (categories) {
		g_autofree char *list = category_list(categories);
		g_string_append_printf(sql, ", count_if(%s NOT IN (%s)) AS u%u", c->text, list, i);
	}
	if (range_of(c, &low, &high))
		g_string_append_printf(sql, ", count_if(isfinite(%s) AND (%s < %.17g OR %s > %.17g)) AS o%u", c->number,
		        c->number, low, c->number, high, i);
}

static bool count_all(Quality *q, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) AS rows, count(_gyre_error) AS refused");
	for (guint i = 0; i < q->columns->len; i++)
		add_column_sql(sql, &g_array_index(q->columns, LookColumn, i), i);
	g_string_append_printf(sql, " FROM %s", q->in->view);
	if (!engine_row(q->in->engine, sql->str, &q->counts, error))
		return false;
	q->rows = json_get_int(q->counts, "rows", 0) - json_get_int(q->counts, "refused", 0);
	return true;
}

/* A share of the window's rows beside what the profile leads one to expect. */
typedef struct Share {
	const char *measure, *subject;
	double hits, rows;                 /* in the window */
	double expected_hits, expected_of; /* in the profile */
	double effect;                     /* rise that matters */
	json_t *evidence;
} Share;

static DriftQuestion share_question(const Quality *q, const Share *s)
{
	DriftQuestion question = {NAN, NAN};
	double before = s->expected_of > 0 ? s->expected_hits / s->expected_of : NAN;
	if (s->rows < param(q, "min_rows") || isnan(before))
		return question;
	question = drift_rates((int64_t)s->expected_hits, (int64_t)s->expected_of, (int64_t)s->hits, (int64_t)s->rows);
	question.effect = s->hits / s->rows - before; /* fewer is no fault */
	if (isnan(question.p))                        /* none on either side */
		question.p = 1;
	return question;
}

static void add_share(const Quality *q, const Share *s, const DriftQuestion *question)
{
	double before = s->expected_of > 0 ? s->expected_hits / s->expected_of : NAN, low, high;
	LookBar bar = {question->effect, s->effect, question->p_adjusted, param(q, "alpha")};
	wilson_interval(s->hits, s->rows, 0.95, &low, &high);
	json_t *evidence = s->evidence ? s->evidence : json_object();
	json_object_set_new(evidence, "rows", json_number(s->rows));
	json_object_set_new(evidence, "low", json_number(low));
	json_object_set_new(evidence, "high", json_number(high));
	json_object_set_new(evidence, "reference", json_number(before));
	finding_add(q->findings, (Finding){"quality", s->measure, s->subject, s->rows > 0 ? s->hits / s->rows : NAN,
	                                 before + s->effect, question->p_adjusted, look_judge(bar), evidence});
}

/* One measure over all columns that have it: p corrected for how many they are. */
static void judge_shares(const Quality *q, const GArray *shares)
{
	g_autofree DriftQuestion *questions = g_new0(DriftQuestion, shares->len + 1);
	for (guint i = 0; i < shares->len; i++)
		questions[i] = share_question(q, &g_array_index(shares, Share, i));
	drift_judge(questions, shares->len, param(q, "alpha"), 0);
	for (guint i = 0; i < shares->len; i++)
		add_share(q, &g_array_index(shares, Share, i), &questions[i]);
}

static void look_missing(const Quality *q)
{
	g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(Share));
	for (guint i = 0; i < q->columns->len; i++) {
		const LookColumn *c = &g_array_index(q->columns, LookColumn, i);
		double before = json_get_number(c->reference, "missing", NAN), trained = (double)q->trained;
		Share s = {"missing", c->name, (double)counted(q, 'm', i), (double)q->rows,
		        isnan(before) ? 0 : round(before * trained), isnan(before) ? 0 : trained, param(q, "missing"),
		        NULL};
		g_array_append_val(shares, s);
	}
	judge_shares(q, shares);
}

/* The values themselves, most frequent first. */
static bool unseen_values(const Quality *q, const LookColumn *c, json_t **ret, GError **error)
{
	g_autofree char *list = category_list(all_categories(c));
	g_autofree char *sql =
	        g_strdup_printf("SELECT %s AS value, count(*) AS rows FROM %s WHERE %s NOT IN (%s) GROUP BY "
	                        "value ORDER BY rows DESC, value LIMIT %d",
	                c->text, q->in->view, c->text, list, TOP_SHOWN);
	json_auto_t *values = NULL;
	if (!engine_rows(q->in->engine, sql, &values, error))
		return false;
	*ret = json_pack("{s:O}", "values", values);
	return true;
}

/* As many of n values are of a kind seen once as of n others are of a kind not seen at all (Good 1953, doi:10.1093/biomet/40.3-4.237). */
static double seen_once(const Quality *q, const LookColumn *c)
{
	double count = 0;
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)all_categories(c), i, one)
		count += json_number_value(json_array_get(one, 1)) * (double)q->trained < 1.5;
	return count;
}

static bool look_unseen(const Quality *q, GError **error)
{
	g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(Share));
	bool ok = true;
	for (guint i = 0; ok && i < q->columns->len; i++) {
		const LookColumn *c = &g_array_index(q->columns, LookColumn, i);
		if (!all_categories(c))
			continue;
		Share s = {"unseen", c->name, (double)counted(q, 'u', i), (double)(q->rows - counted(q, 'm', i)),
		        seen_once(q, c), (double)q->trained, param(q, "unseen"), NULL};
		ok = s.hits == 0 || unseen_values(q, c, &s.evidence, error);
		g_array_append_val(shares, s);
	}
	if (ok)
		judge_shares(q, shares);
	return ok;
}

static void look_range(const Quality *q)
{
	g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(Share));
	for (guint i = 0; i < q->columns->len; i++) {
		const LookColumn *c = &g_array_index(q->columns, LookColumn, i);
		double low, high, present = (1 - json_get_number(c->reference, "missing", 0)) * (double)q->trained;
		if (!range_of(c, &low, &high))
			continue;
		Share s = {"out_of_range", c->name, (double)counted(q, 'o', i), (double)(q->rows - counted(q, 'm', i)),
		        fmin(2, present), present, param(q, "out_of_range"),
		        json_pack("{s:o,s:o}", "from", json_number(low), "to", json_number(high))};
		g_array_append_val(shares, s);
	}
	judge_shares(q, shares);
}

/* Against the limit itself: training knows no refused requests. */
static bool look_refused(const Quality *q, GError **error)
{
	double refused = (double)json_get_int(q->counts, "refused", 0), asked = (double)q->rows + refused, low, high,
	       limit = param(q, "refused");
	bool enough = asked >= param(q, "min_rows");
	json_auto_t *reasons = NULL;
	g_autofree char *sql =
	        g_strdup_printf("SELECT _gyre_error AS error, count(*) AS requests FROM %s WHERE _gyre_error "
	                        "IS NOT NULL GROUP BY error ORDER BY requests DESC, error LIMIT %d",
	                q->in->view, TOP_SHOWN);
	if (!engine_rows(q->in->engine, sql, &reasons, error))
		return false;
	wilson_interval(refused, asked, 0.95, &low, &high);
	LookBar bar = {enough ? refused / asked : NAN, limit,
	        refused > 0 ? 1 - binomial_below(refused - 1, asked, limit) : 1, param(q, "alpha")};
	finding_add(q->findings,
	        (Finding){"quality", "refused", "", asked > 0 ? refused / asked : NAN, limit, bar.p, look_judge(bar),
	                json_pack("{s:f,s:o,s:o,s:O}", "requests", asked, "low", json_number(low), "high",
	                        json_number(high), "errors", reasons)});
	return true;
}

static double rows_per_second(double rows, int64_t begin, int64_t end)
{
	return rows / ((double)(end - begin) / 1e6);
}

/* For logarithms: of none, half a row. */
static double rate_some(double rate, const MonitorWindow *w)
{
	return rate > 0 ? rate : rows_per_second(0.5, w->begin, w->end);
}

/* The chance of no row at all, when the logarithm of what is to be expected is mean + spread * Student's t: the mean of Poisson's
 * exp(-expected) over equal parts of it. */
static double chance_of_none(double mean, double spread, double freedom)
{
	enum { PARTS = 2000 };
	double sum = 0;
	for (int i = 0; i < PARTS; i++)
		sum += exp(-exp(mean + spread * student_quantile((i + 0.5) / PARTS, freedom)));
	return sum / PARTS;
}

/* NaN where less than a tenth of the window has passed: it is not complete (gyre monitor run --now), and a few rows say little. */
static double rate_now(const LookInput *in)
{
	const MonitorWindow *w = in->window;
	int64_t end = MIN(w->end, in->now);
	return end - w->begin < (w->end - w->begin) / 10 ? NAN : rows_per_second((double)w->rows, w->begin, end);
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* How the logarithm of this window's rate stands among those of the windows before: by Student's t with their spread, which is
 * never taken for less than what chance makes of counts that small. */
static LookBar rate_bar(const Quality *q, double rate, double *rates, size_t count)
{
	LookBar bar = {NAN, param(q, "rate"), NAN, param(q, "alpha")};
	double sum = 0, squares = 0, n = (double)count;
	if (count < RATES_LEAST || isnan(rate))
		return bar;
	const MonitorWindow *w = q->in->window;
	for (size_t i = 0; i < count; i++)
		sum += log(rate_some(rates[i], w));
	double mean = sum / n, seconds = (double)(w->end - w->begin) / 1e6;
	for (size_t i = 0; i < count; i++)
		squares += pow(log(rate_some(rates[i], w)) - mean, 2);
	double least = 1 / (w->rows ? (double)w->rows : exp(mean) * seconds);
	double spread = sqrt(fmax(squares / (n - 1), least) * (1 + 1 / n));
	bar.effect = exp(fabs(log(rate_some(rate, w)) - mean));
	bar.p = w->rows ? student_two_sided((log(rate) - mean) / spread, n - 1)
	                : chance_of_none(mean + log(seconds), spread, n - 1);
	return bar;
}

static bool look_rate(const Quality *q, GError **error)
{
	const MonitorWindow *w = q->in->window;
	json_auto_t *before = NULL;
	double rates[RATES_BEFORE], rate = rate_now(q->in);
	size_t count = 0, i;
	json_t *one;
	if (!history_before(q->in->meta, w->model, w->version, w->route, w->begin, RATES_BEFORE, &before, error))
		return false;
	json_array_foreach (before, i, one)
		rates[count++] = rows_per_second((double)json_get_int(one, "rows", 0), json_get_int(one, "begin", 0),
		        json_get_int(one, "end", 1));
	LookBar bar = rate_bar(q, rate, rates, count);
	FindingState state = look_judge(bar);
	qsort(rates, count, sizeof *rates, by_number);
	double median = count ? rates[count / 2] : NAN;
	finding_add(q->findings, (Finding){"quality", "rate", "", rate,
	                                 median * bar.limit * (rate < median ? 1 / (bar.limit * bar.limit) : 1), bar.p,
	                                 state == FINDING_WARNING ? FINDING_OK : state,
	                                 json_pack("{s:o,s:i}", "median", json_number(median), "windows", (int)count)});
	return true;
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	const json_t *profile = json_object_get(bundle_header(in->bundle), "reference");
	Quality q = {.in = in, .params = params, .columns = look_columns(in), .findings = findings};
	q.trained = json_get_int(profile, "rows", 0);
	bool is_empty = in->window->rows == 0, ok = is_empty ? look_rate(&q, error) : count_all(&q, error);
	if (ok && !is_empty) {
		look_missing(&q);
		ok = look_unseen(&q, error);
	}
	if (ok && !is_empty) {
		look_range(&q);
		ok = look_refused(&q, error) && look_rate(&q, error);
	}
	json_decref(q.counts);
	g_array_unref(q.columns);
	return ok;
}

static const char *const EITHER_WAY[] = {"rate", NULL};

const LookKind LOOK_QUALITY = {
        .name = "quality",
        .help = "missing values, values never seen or out of range, refused requests, and how many there are",
        .params = PARAMS,
        .run = run,
        .looks_at_none = true,
        .either_way = EITHER_WAY,
};
