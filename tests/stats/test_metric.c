/* test_metric.c: metrics against scikit-learn 1.9.1 on small tables with ties and weights, and against closed forms. */
#include "stats/metric.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"
#include "stats/order.h"

typedef struct Expected {
	const char *name;
	double value;
} Expected;

static void check_near(const char *what, double found, double expected, double tolerance)
{
	if (isnan(expected) ? !isnan(found) : !(fabs(found - expected) <= tolerance * MAX(1, fabs(expected))))
		g_error("%s: %.15g instead of %.15g", what, found, expected);
}

static void check_all(const Scored *s, const Expected *expected, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_near(expected[i].name, metric_find(expected[i].name)->compute(s), expected[i].value, 1e-13);
}

static const double Y2[20] = {0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1};
static const double P2[20] = {.1, .4, .35, .8, .4, .9, .2, .7, .4, .05, .6, .8, .3, .55, .5, .15, .95, .25, .6, .45};
static const double W2[20] = {1, 2, 1, .5, 1, 3, 1, 1, 2, 1, .5, 1, 1, 2, 1, 1, 1, 1.5, 1, 1};

/* Decided positive from 0.5 on, as in the values below; hinge with 2 p - 1 as the decision value.  lift_10 by hand: the two
 * highest of twenty scores are two of nine positives. */
static void test_binary(void)
{
	double scores[40];
	uint32_t decided[20];
	for (size_t i = 0; i < 20; i++) {
		scores[2 * i] = 1 - P2[i];
		scores[2 * i + 1] = P2[i];
		decided[i] = P2[i] >= 0.5;
	}
	Scored s = {20, 2, Y2, scores, NULL, decided, 1};
	static const Expected PLAIN[] = {
	        {"roc_auc", 0.828282828282828},
	        {"pr_auc", 0.774725274725275},
	        {"log_loss", 0.50184779310293},
	        {"brier", 0.169375},
	        {"accuracy", 0.7},
	        {"balanced_accuracy", 0.696969696969697},
	        {"precision", 0.666666666666667},
	        {"recall", 0.666666666666667},
	        {"f1", 0.666666666666667},
	        {"mcc", 0.393939393939394},
	        {"ks", 0.545454545454545},
	        {"gini", 0.656565656565657},
	        {"f2", 0.666666666666667},
	        {"f0_5", 0.666666666666667},
	        {"kappa", 0.393939393939394},
	        {"jaccard", 0.5},
	        {"hamming", 0.3},
	        {"specificity", 0.727272727272727},
	        {"lr_positive", 2.44444444444444},
	        {"lr_negative", 0.458333333333333},
	        {"roc_auc_fpr_10", 0.628123338649655},
	        {"recall_at_fpr_1", 0.222222222222222},
	        {"recall_at_fpr_5", 0.222222222222222},
	        {"recall_at_precision_50", 1},
	        {"recall_at_precision_90", 0.222222222222222},
	        {"hinge", 0.705},
	        {"d2_log_loss", 0.270717211263417},
	        {"d2_brier", 0.315656565656566},
	        {"lift_10", 10.0 / 9 * 2},
	};
	check_all(&s, PLAIN, G_N_ELEMENTS(PLAIN));
	static const Expected WEIGHTED[] = {
	        {"roc_auc", 0.881270903010033},
	        {"pr_auc", 0.868401777960601},
	        {"log_loss", 0.44697446570562},
	        {"brier", 0.145357142857143},
	        {"accuracy", 0.775510204081633},
	        {"balanced_accuracy", 0.773411371237458},
	        {"precision", 0.772727272727273},
	        {"recall", 0.739130434782609},
	        {"f1", 0.755555555555556},
	        {"mcc", 0.548660807296698},
	        {"ks", 0.633779264214047},
	        {"gini", 0.762541806020067},
	        {"f2", 0.745614035087719},
	        {"f0_5", 0.765765765765766},
	        {"kappa", 0.548197820620285},
	        {"jaccard", 0.607142857142857},
	        {"hamming", 0.224489795918367},
	        {"specificity", 0.807692307692308},
	        {"lr_positive", 3.84347826086957},
	        {"lr_negative", 0.322981366459627},
	        {"roc_auc_fpr_10", 0.727512761837705},
	        {"recall_at_fpr_1", 0.347826086956522},
	        {"recall_at_fpr_5", 0.521739130434783},
	        {"recall_at_precision_50", 1},
	        {"recall_at_precision_90", 0.521739130434783},
	        {"hinge", 0.655102040816326},
	        {"d2_log_loss", 0.353402709425635},
	        {"d2_brier", 0.416383779264214},
	};
	s.weight = W2;
	check_all(&s, WEIGHTED, G_N_ELEMENTS(WEIGHTED));
	s.positive = 0; /* the mirror: AUC of class 0's probability for class 0 is the same */
	check_near("mirror", metric_find("roc_auc")->compute(&s), 0.881270903010033, 1e-13);
}

static const double Y4[12] = {0, 1, 2, 3, 0, 1, 2, 3, 2, 2, 1, 0};
static const double W4[12] = {1, 2, 1, 1, .5, 1, 1, 3, 1, 1, 2, 1};
static const double S4[48] = {
        .7,
        .1,
        .1,
        .1,
        .2,
        .5,
        .2,
        .1,
        .1,
        .2,
        .6,
        .1,
        .3,
        .3,
        .2,
        .2,
        .4,
        .3,
        .2,
        .1,
        .5,
        .2,
        .2,
        .1,
        .1,
        .1,
        .2,
        .6,
        .05,
        .05,
        .1,
        .8,
        .25,
        .15,
        .35,
        .25,
        .1,
        .6,
        .2,
        .1,
        .15,
        .35,
        .3,
        .2,
        .3,
        .2,
        .1,
        .4,
};

/* top3_accuracy by hand: only row 3 fails, whose class 3 stands behind class 2 of the same score. */
static void test_multiclass(void)
{
	Scored s = {12, 4, Y4, S4};
	static const Expected PLAIN[] = {
	        {"log_loss", 1.03678756120939},
	        {"brier", 0.576666666666667},
	        {"accuracy", 0.583333333333333},
	        {"balanced_accuracy", 0.583333333333333},
	        {"precision", 0.625},
	        {"recall", 0.583333333333333},
	        {"f1", 0.576190476190476},
	        {"mcc", 0.462264150943396},
	        {"roc_auc", 0.835648148148148},
	        {"top3_accuracy", 11.0 / 12},
	        {"f2", 0.575441919191919},
	        {"f0_5", 0.595864661654135},
	        {"precision_weighted", 0.680555555555555},
	        {"f1_weighted", 0.598412698412698},
	        {"kappa", 0.44954128440367},
	        {"kappa_quadratic", 0.292134831460674},
	        {"jaccard", 0.4125},
	        {"hamming", 0.416666666666667},
	        {"roc_auc_ovr", 0.82962962962963},
	        {"hinge", 0.920833333333333},
	        {"d2_log_loss", 0.236521009969583},
	        {"d2_brier", 0.216603773584906},
	        {"top5_accuracy", 1},
	};
	check_all(&s, PLAIN, G_N_ELEMENTS(PLAIN));
	static const Expected WEIGHTED[] = {
	        {"log_loss", 0.914358824275012},
	        {"brier", 0.496451612903226},
	        {"accuracy", 0.67741935483871},
	        {"balanced_accuracy", 0.6625},
	        {"precision", 0.707142857142857},
	        {"recall", 0.6625},
	        {"f1", 0.658333333333333},
	        {"mcc", 0.575519597125726},
	        {"f2", 0.656349206349206},
	        {"f0_5", 0.678219696969697},
	        {"precision_weighted", 0.740092165898617},
	        {"f1_weighted", 0.682795698924731},
	        {"kappa", 0.565826330532213},
	        {"kappa_quadratic", 0.441201716738197},
	        {"jaccard", 0.5},
	        {"hamming", 0.32258064516129},
	        {"roc_auc_ovr", 0.873865265169613},
	        {"hinge", 0.829032258064516},
	        {"d2_log_loss", 0.326871020135939},
	        {"d2_brier", 0.32614406779661},
	};
	s.weight = W4;
	check_all(&s, WEIGHTED, G_N_ELEMENTS(WEIGHTED));
}

/* rmsle on values moved by 0.5, since one of them is below -1 after rounding down the other way. */
static void test_regression(void)
{
	static const double Y[10] = {3, -.5, 2, 7, 4.2, 1, 12, 5.5, .3, 2.5},
	                    P[10] = {2.5, 0, 2, 8, 4, 1.5, 9, 6, .1, 3}, W[10] = {1, 2, 1, .5, 1, 1, 3, 1, 1, 2};
	Scored s = {10, 0, Y, P};
	static const Expected PLAIN[] = {
	        {"rmse", 1.06442472725881},
	        {"mae", 0.69},
	        {"median_ae", 0.5},
	        {"r2", 0.909054422860812},
	        {"mape", 0.306471861471861},
	        {"max_error", 3},
	        {"mean_error", -0.09},
	        {"explained_variance", 0.909704607481137},
	        {"d2_absolute_error", 0.738636363636364},
	        {"pinball_10", 0.309},
	        {"pinball_90", 0.381},
	};
	check_all(&s, PLAIN, G_N_ELEMENTS(PLAIN));
	static const Expected WEIGHTED[] = {
	        {"rmse", 1.47397170684942},
	        {"mae", 0.992592592592592},
	        {"median_ae", 0.5},
	        {"r2", 0.891063435248285},
	        {"mape", 0.347651114317781},
	        {"max_error", 3},
	        {"mean_error", -0.474074074074074},
	        {"explained_variance", 0.90233249787467},
	        {"d2_absolute_error", 0.709642470205851},
	        {"pinball_10", 0.306666666666667},
	        {"pinball_90", 0.685925925925926},
	};
	s.weight = W;
	check_all(&s, WEIGHTED, G_N_ELEMENTS(WEIGHTED));
	double moved_y[10], moved_p[10];
	for (size_t i = 0; i < 10; i++) {
		moved_y[i] = Y[i] + 0.5;
		moved_p[i] = P[i] + 0.5;
	}
	Scored moved = {10, 0, moved_y, moved_p};
	check_near("rmsle", metric_find("rmsle")->compute(&moved), 0.179116586596231, 1e-13);
	static const Expected DEVIANCES[2][2] = {
	        {{"poisson_deviance", 0.238311733677979}, {"tweedie_deviance", 0.341918074118258}},
	        {{"poisson_deviance", 0.379168823337726}, {"tweedie_deviance", 0.503757439178607}},
	};
	check_all(&moved, DEVIANCES[0], 2);
	moved.weight = W;
	check_all(&moved, DEVIANCES[1], 2);
	for (size_t i = 0; i < 10; i++)
		moved_y[i] = Y[i] + 1; /* gamma: above 0 */
	check_near("gamma", metric_find("gamma_deviance")->compute(&moved), 0.0937736054514337, 1e-13);
	moved.weight = NULL;
	check_near("gamma", metric_find("gamma_deviance")->compute(&moved), 0.104869079089288, 1e-13);
}

/* Ten rows with ten scores are a bin each, so the calibration error is the mean of |p - y|; two bins of known rates. */
static void test_ece(void)
{
	double y[10], scores[20], sum = 0;
	for (size_t i = 0; i < 10; i++) {
		scores[2 * i + 1] = 0.05 + 0.1 * (double)i;
		scores[2 * i] = 1 - scores[2 * i + 1];
		y[i] = i % 3 == 0;
		sum += fabs(scores[2 * i + 1] - y[i]);
	}
	Scored s = {10, 2, y, scores, .positive = 1};
	check_near("ece", metric_find("ece")->compute(&s), sum / 10, 1e-14);
	for (size_t i = 0; i < 10;
	        i++) { /* 0.3 five times, of which one is positive; 0.7 five times, of which four are */
		scores[2 * i + 1] = i < 5 ? 0.3 : 0.7;
		y[i] = i == 0 || i > 5;
	}
	check_near("ece of ties", metric_find("ece")->compute(&s), 0.1, 1e-14);
}

/* What is not defined is NaN, and says so in JSON with null. */
static void test_undefined(void)
{
	static const double ONE[3] = {1, 1, 1}, SCORES[6] = {.5, .5, .4, .6, .3, .7};
	static const char *const NAMES[] = {"roc_auc", "pr_auc", "balanced_accuracy", "mcc", "ks", "gini",
	        "roc_auc_fpr_10", "recall_at_fpr_1", "recall_at_precision_50", "lift_10", "d2_log_loss", "d2_brier"};
	Scored s = {3, 2, ONE, SCORES, .positive = 1};
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
		g_assert_true(isnan(metric_find(NAMES[i])->compute(&s)));
	json_auto_t *all = metrics_compute(&s);
	g_assert_true(json_is_null(json_object_get(all, "roc_auc")));
	g_assert_true(json_is_real(json_object_get(all, "log_loss")));
	static const uint32_t NEVER[3] = {0, 0, 0};
	s.decided = NEVER;
	g_assert_true(isnan(metric_find("precision")->compute(&s)));
	g_assert_cmpfloat(metric_find("recall")->compute(&s), ==, 0);
	static const double CONSTANT[3] = {.1, .1, .1}, WITH_ZERO[3] = {0, 1, 2}, BELOW[3] = {-1, 1, 2};
	Scored r = {3, 0, CONSTANT, ONE};
	g_assert_true(isnan(metric_find("r2")->compute(&r)));
	g_assert_true(isnan(metric_find("explained_variance")->compute(&r)));
	g_assert_true(isnan(metric_find("d2_absolute_error")->compute(&r)));
	r.y = WITH_ZERO;
	g_assert_true(isnan(metric_find("mape")->compute(&r)));
	g_assert_true(isnan(metric_find("gamma_deviance")->compute(&r)));
	g_assert_false(isnan(metric_find("poisson_deviance")->compute(&r)));
	r.y = BELOW;
	g_assert_true(isnan(metric_find("rmsle")->compute(&r)));
	g_assert_true(isnan(metric_find("poisson_deviance")->compute(&r)));
}

/* A NaN among the scores, and rows whose y is no class, which count as absent. */
static void test_unusable(void)
{
	double y[4] = {0, 1, NAN, 7}, scores[8] = {.6, .4, .3, .7, .1, .9, .2, .8};
	Scored s = {4, 2, y, scores, .positive = 1}, two = {2, 2, y, scores, .positive = 1};
	for (size_t i = 0; METRICS[i]; i++)
		if (METRICS[i]->tasks & METRIC_BINARY)
			check_near(METRICS[i]->name, METRICS[i]->compute(&s), METRICS[i]->compute(&two), 0);
	scores[1] = NAN;
	scores[0] = NAN;
	static const char *const NAMES[] = {"roc_auc", "pr_auc", "log_loss", "brier", "ece", "ks", "gini", "hinge",
	        "d2_log_loss", "roc_auc_fpr_10", "recall_at_fpr_5", "lift_10"};
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
		g_assert_true(isnan(metric_find(NAMES[i])->compute(&two)));
}

static void test_order(void)
{
	static const double VALUES[] = {3, -1, 0, -INFINITY, 1e-300, INFINITY, -1e300, 3};
	static const uint32_t RISING[] = {3, 6, 1, 2, 4, 0, 7, 5};
	g_autofree uint32_t *small = order_rows(VALUES, 8, 1, false);
	g_assert_cmpmem(small, sizeof RISING, RISING, sizeof RISING);
	enum { ROWS = 20000 };
	g_autofree double *many = g_new(double, ROWS);
	Rng rng = rng_stream(3, "order");
	for (size_t i = 0; i < ROWS; i++)
		many[i] = i % 2 ? floor(rng_normal(&rng) * 50) : rng_normal(&rng);
	g_autofree uint32_t *order = order_rows(many, ROWS, 1, true);
	for (size_t i = 1; i < ROWS; i++) {
		double before = many[order[i - 1]], here = many[order[i]];
		g_assert_true(before > here || (before == here && order[i - 1] < order[i]));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/metric/binary", test_binary);
	g_test_add_func("/metric/multiclass", test_multiclass);
	g_test_add_func("/metric/regression", test_regression);
	g_test_add_func("/metric/ece", test_ece);
	g_test_add_func("/metric/undefined", test_undefined);
	g_test_add_func("/metric/unusable", test_unusable);
	g_test_add_func("/metric/order", test_order);
	return g_test_run();
}
