/* look_multivariate.c: do the columns still go together as in training?  What no column shows by itself.
 *
 * Three ways, on a sample of the window and the training rows that the bundle holds: a model that tries to tell them apart, how well
 * principal components of the one fit the other, and the maximum mean discrepancy.  Their ps are corrected for being three. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "monitor/cloud.h"
#include "monitor/domain.h"
#include "monitor/reconstruction.h"
#include "stats/drift.h"
#include "stats/mmd.h"

enum { MMD_ROWS = 400, SHOWN = 5, SEED = 1 };

static const Param PARAMS[] = {
        {"alpha", PARAM_REAL, "chance of a false alarm in a window, the three measures together", "0.01", .min = 1e-9,
                .max = 0.5},
        {"auc", PARAM_REAL,
                "area under the ROC curve of a model that tells the window from training, from which on it matters",
                "0.55", .min = 0.5, .max = 1},
        {"reconstruction", PARAM_REAL,
                "change of the mean error of principal components that matters, in deviations of training rows' errors",
                "0.15", .min = 0, .max = 1e9},
        {"mmd", PARAM_REAL, "squared maximum mean discrepancy that matters", "0.005", .min = 0, .max = 2},
        {"permutations", PARAM_INT, "permutations behind the p of the discrepancy", "1000", .min = 100, .max = 100000},
        {"min_rows", PARAM_INT, "rows on each side below which there is no answer", "200", .min = 20, .max = 1e6},
        {NULL},
};

enum { DOMAIN, RECONSTRUCTION, MMD, MEASURES };

typedef struct Measured {
	const char *name;
	double value, limit; /* as shown */
	double least;        /* effect that counts */
	DriftQuestion question;
	json_t *evidence;
} Measured;

typedef struct Share {
	const char *name;
	double share;
} Share;

static int by_share(const void *a, const void *b)
{
	const Share *x = a, *y = b;
	if (x->share != y->share)
		return x->share < y->share ? 1 : -1;
	return g_strcmp0(x->name, y->name);
}

/* The columns that tell the window apart. */
static json_t *columns_json(const Cloud *c, const double *share)
{
	g_autofree Share *shares = g_new(Share, c->columns + 1);
	json_t *list = json_array();
	for (size_t k = 0; k < c->columns; k++)
		shares[k] = (Share){c->names->pdata[k], share[k]};
	qsort(shares, c->columns, sizeof *shares, by_share);
	for (size_t k = 0; k < c->columns && k < SHOWN && shares[k].share > 0; k++)
		json_array_append_new(
		        list, json_pack("{s:o,s:f}", "column", json_text(shares[k].name), "share", shares[k].share));
	return list;
}

static bool measure_domain(const Cloud *c, const json_t *params, Measured *m, GError **error)
{
	DomainResult r;
	if (!domain_tell(c, SEED, &r, error))
		return false;
	m->limit = json_get_number(params, "auc", 0.55);
	m->least = m->limit - 0.5;
	m->value = r.auc;
	m->question = (DriftQuestion){r.auc - 0.5, r.p};
	m->evidence = json_pack("{s:f,s:f,s:o}", "low", r.low, "high", r.high, "columns", columns_json(c, r.share));
	g_free(r.share);
	return true;
}

static void measure_reconstruction(const Cloud *c, const double *const scaled[2], const json_t *params, Measured *m)
{
	Reconstruction r = reconstruct(scaled[0], c->rows[0], scaled[1], c->rows[1], c->columns);
	m->least = m->limit = json_get_number(params, "reconstruction", 0.15);
	m->value = r.deviation > 0 ? (r.window - r.training) / r.deviation : 0;
	m->question = (DriftQuestion){fabs(m->value), isnan(r.p) ? 1 : r.p};
	m->evidence = json_pack(
	        "{s:f,s:f,s:I}", "training", r.training, "window", r.window, "components", (json_int_t)r.components);
}

/* Every n-th row, in rows of their own. */
static Points thin(const double *values, size_t rows, size_t columns, double *into)
{
	size_t count = MIN(rows, (size_t)MMD_ROWS);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < columns; k++)
			into[i * columns + k] = values[i * rows / count * columns + k];
	return (Points){into, count, columns};
}

static void measure_mmd(const Cloud *c, const double *const scaled[2], const json_t *params, Measured *m)
{
	g_autofree double *a = g_new(double, MMD_ROWS * c->columns + 1), *b = g_new(double, MMD_ROWS * c->columns + 1);
	Rng rng = rng_stream(SEED, "permutations");
	MmdResult r = mmd_test(thin(scaled[0], c->rows[0], c->columns, a), thin(scaled[1], c->rows[1], c->columns, b),
	        (unsigned)json_get_int(params, "permutations", 1000), &rng);
	m->least = m->limit = json_get_number(params, "mmd", 0.005);
	m->value = r.value;
	m->question = (DriftQuestion){r.value, r.p};
}

static bool measure(const Cloud *c, const json_t *params, Measured *measured, GError **error)
{
	g_autofree double *training = cloud_scaled(c, CLOUD_TRAINING), *window = cloud_scaled(c, CLOUD_WINDOW);
	const double *const scaled[2] = {training, window};
	if (!measure_domain(c, params, &measured[DOMAIN], error))
		return false;
	measure_reconstruction(c, scaled, params, &measured[RECONSTRUCTION]);
	measure_mmd(c, scaled, params, &measured[MMD]);
	return true;
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	g_auto(Cloud) c = {0};
	Measured measured[MEASURES] = {{"domain_classifier", NAN, NAN, 0, {NAN, NAN}},
	        {"reconstruction", NAN, NAN, 0, {NAN, NAN}}, {"mmd", NAN, NAN, 0, {NAN, NAN}}};
	DriftQuestion questions[MEASURES];
	double alpha = json_get_number(params, "alpha", 0.01);
	if (!cloud_read(in, &c, error))
		return false;
	size_t least = (size_t)json_get_int(params, "min_rows", 200);
	if (MIN(c.rows[0], c.rows[1]) >= least && !measure(&c, params, measured, error))
		return false;
	for (int i = 0; i < MEASURES; i++)
		questions[i] = measured[i].question;
	drift_judge(questions, MEASURES, alpha, 0);
	for (int i = 0; i < MEASURES; i++) {
		LookBar bar = {questions[i].effect, measured[i].least, questions[i].p_adjusted, alpha};
		json_t *evidence = measured[i].evidence ? measured[i].evidence : json_object();
		json_object_set_new(evidence, "rows",
		        json_pack("{s:I,s:I}", "reference", (json_int_t)c.rows[0], "window", (json_int_t)c.rows[1]));
		finding_add(findings, (Finding){"multivariate", measured[i].name, "", measured[i].value,
		                              measured[i].limit, questions[i].p_adjusted, look_judge(bar), evidence});
	}
	return true;
}

static const char *const EITHER_WAY[] = {"reconstruction", NULL};

const LookKind LOOK_MULTIVARIATE = {
        .name = "multivariate",
        .help = "all columns together: can a model tell the window from training, do they still vary together",
        .params = PARAMS,
        .run = run,
        .either_way = EITHER_WAY,
};
