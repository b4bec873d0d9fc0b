/* test_maths.c: what samplers are made of: linear algebra, the minimiser, Parzen densities, the Gaussian process. */
#include "kit.h"

#include "search/dense.h"
#include "search/gp.h"
#include "search/lanes.h"
#include "search/minimize.h"
#include "search/parzen.h"

static void near(const char *what, double found, double expected, double tolerance)
{
	if (!(fabs(found - expected) <= tolerance * MAX(1, fabs(expected))))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

/* A random positive definite matrix. */
static void fill(double *a, size_t n, Rng *rng)
{
	g_autofree double *b = g_new(double, n *n);
	for (size_t i = 0; i < n * n; i++)
		b[i] = rng_normal(rng);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			a[i * n + k] = i == k ? 0.5 : 0;
			for (size_t m = 0; m < n; m++)
				a[i * n + k] += b[i * n + m] * b[k * n + m] / (double)n;
		}
}

/* V D V^T is the matrix again. */
static void test_eigen(void)
{
	Rng rng = rng_stream(3, "dense");
	for (size_t n = 1; n <= 40; n += 13) {
		g_autofree double *room = g_new0(double, 3 * n * n + n);
		double *a = room, *c = a + n * n, *v = c + n * n, *values = v + n * n;
		fill(a, n, &rng);
		memcpy(c, a, n * n * sizeof *a);
		dense_eigen(c, n, values, v);
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < n; k++) {
				double spectral = 0;
				for (size_t m = 0; m < n; m++)
					spectral += values[m] * v[i * n + m] * v[k * n + m];
				near("V D V^T", spectral, a[i * n + k], 1e-10);
			}
	}
}

enum { MOST = 40, COLUMNS = 3 };

/* All that a way computes of one matrix and a few points. */
typedef struct Found {
	double u[MOST * MOST], m[MOST * MOST], inverse[MOST * MOST], solved[2 * MOST];
	double k[2][MOST * MOST], guess[2][LANES], pairs[COLUMNS + 1], slopes[2 + 2 * COLUMNS];
} Found;

static void find(const LanesWay *w, const double *a, size_t n, const double *x, Found *ret)
{
	static const double WEIGHTS[COLUMNS] = {4, 0.5, 1.7}, POINT[COLUMNS] = {0.3, 1, 0.6};
	static const bool CHOICES[COLUMNS] = {false, true, false};
	size_t wide = lanes_wide(n);
	Matern by = {WEIGHTS, CHOICES, COLUMNS, 1.3};
	Solved s = {wide, ret->m, ret->inverse, ret->solved + wide};
	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; i < wide; i++)
		for (size_t j = i; j < wide; j++)
			ret->u[i * wide + j] = j < n ? a[i * n + j] : i == j;
	g_assert_true(w->factor(ret->u, wide));
	w->invert(ret->u, wide, ret->m, ret->inverse);
	for (size_t i = 0; i < wide; i++)
		for (size_t j = 0; j < i; j++) {
			ret->inverse[i * wide + j] = ret->inverse[j * wide + i];
			ret->u[i * wide + j] = 0;
		}
	w->solve(ret->m, wide, x, ret->solved);
	for (size_t i = 0; i < n; i++)
		w->covariances(&by, (const double[]){x[i], x[wide + i], x[2 * wide + i]}, (Points){x, wide, wide},
		        ret->k[0] + i * wide, ret->k[1] + i * wide);
	w->guess(&s, ret->k[0], ret->guess[0], ret->guess[1]);
	w->slopes(&by, &s, (Points){x, wide, wide}, (const double *const[]){POINT, ret->k[0], ret->k[1]}, ret->slopes);
	for (size_t i = 0; i < wide; i++)
		memset(ret->k[1] + i * wide, 0, (i + 1) * sizeof(double));
	w->pairs(&by, &s, (Points){x, wide, wide}, (const double *const[]){ret->k[0], ret->k[1]}, ret->pairs);
}

/* Every width of vector gives the same bits, and U^T U = A, A^-1 A = 1, A (A^-1 y) = y. */
static void test_lanes(void)
{
	g_autofree Found *first = g_new(Found, 1);
	g_autofree Found *found = g_new(Found, 1);
	Rng rng = rng_stream(3, "lanes");
	for (size_t n = 1; n <= MOST; n += 13) {
		size_t wide = lanes_wide(n), ways = 0;
		double a[MOST * MOST], x[COLUMNS * MOST] = {0};
		fill(a, n, &rng);
		for (size_t i = 0; i < n; i++)
			for (size_t c = 0; c < COLUMNS; c++)
				x[c * wide + i] = c == 1 ? (double)(i % 3) : rng_unit(&rng);
		for (; LANES_WAYS[ways]; ways++)
			if (LANES_WAYS[ways]->runs_here()) {
				find(LANES_WAYS[ways], a, n, x, found);
				if (LANES_WAYS[ways] != lanes_way() && memcmp(first, found, sizeof *first))
					g_error("%s differs at %zu rows", LANES_WAYS[ways]->name, n);
				memcpy(first, found, sizeof *first);
			}
		for (size_t i = 0; i < n; i++) {
			double back = 0;
			for (size_t k = 0; k < n; k++) {
				double one = 0, square = 0;
				for (size_t m = 0; m < n; m++) {
					one += a[i * n + m] * found->inverse[m * wide + k];
					square += found->u[m * wide + i] * found->u[m * wide + k];
				}
				near("A A^-1", one, i == k, 1e-10);
				near("U^T U", square, a[i * n + k], 1e-12);
				back += a[i * n + k] * found->solved[wide + k];
			}
			near("A x", back, x[i], 1e-10);
		}
	}
	double not_positive[LANES * LANES] = {1, 2};
	for (size_t i = 1; i < LANES; i++)
		not_positive[i * (LANES + 1)] = 1;
	g_assert_false(lanes_way()->factor(not_positive, LANES));
}

/* exp and the root, by the covariance at distances from none to where nothing is left: as the C library has them. */
static void test_covariance(void)
{
	static const double AT_ZERO[] = {0};
	static const bool CHOICES[] = {false};
	double weight = 1, x[LANES], value[LANES], slope[LANES];
	for (int i = 0; i < 4000; i++) {
		for (size_t l = 0; l < LANES; l++)
			x[l] = (i + (double)l / LANES) / 100;
		lanes_way()->covariances(
		        &(Matern){&weight, CHOICES, 1, 2}, AT_ZERO, (Points){x, LANES, LANES}, value, slope);
		for (size_t l = 0; l < LANES; l++) {
			double q = sqrt(5 * (x[l] * x[l])), e = 2 * exp(-q), expected = (1 + q + q * q / 3) * e;
			g_assert_cmpfloat(fabs(value[l] - expected), <=, 1e-15 * expected);
			g_assert_cmpfloat(fabs(slope[l] + 5.0 / 6 * (1 + q) * e), <=, 1e-15 * e * (1 + q));
		}
	}
}

static double rosenbrock(void *context, const double *x, double *g)
{
	(void)context;
	double a = x[1] - x[0] * x[0], b = 1 - x[0];
	g[0] = -400 * x[0] * a - 2 * b;
	g[1] = 200 * a;
	return 100 * a * a + b * b;
}

/* Within the bounds: 0.25 at (0.5, 0.25), as SciPy 1.17.1's L-BFGS-B finds; without: 0 at (1, 1). */
static void test_minimize(void)
{
	double low[2] = {-2, -1}, high[2] = {0.5, 2}, x[2] = {-1, 1.5}, free_x[2] = {-1, 1.5};
	Minimize m = {.value = rosenbrock, .count = 2, .low = low, .high = high, .tolerance = 1e-9, .iterations = 500};
	near("bounded", minimize(&m, x), 0.25, 1e-9);
	near("x", x[0], 0.5, 1e-9);
	near("y", x[1], 0.25, 1e-6);
	m.low = m.high = NULL;
	near("free", minimize(&m, free_x), 0, 1e-12);
	near("free x", free_x[0], 1, 1e-5);
}

/* Expected: optuna 5.0.0, _ParzenEstimator(...).log_pdf with the settings of its TPESampler. */
static void test_parzen(void)
{
	static const double SEEN[4][4] = {{-3.2, 1e-3, 2, 0}, {0.5, 0.2, 7, 1}, {7.9, 0.05, 9, 1}, {1.25, 0.6, 12, 2}};
	static const double AT[3][4] = {{0.4, 0.1, 7, 1}, {-4.9, 2e-4, 3, 0}, {9.5, 0.9, 12, 2}};
	static const double FOUR[] = {-7.195938787216087, -7.656570586676285, -7.432238523654444};
	static const double NONE[] = {-8.343345472652388, -8.580257638860779, -8.633764763342848};
	static const double FORTY[] = {-2.7568556241609166, -2.4214068653756917, -2.7487295395102684};
	static const size_t DIMS[] = {0, 1, 2, 3};
	json_auto_t *about =
	        kit_json("{'x':{'type':'real','min':-5,'max':10},'lr':{'type':'real','min':1e-4,'max':1,'log':true},"
	                 "'d':{'type':'int','min':2,'max':12},'k':{'type':'text','choices':['a','b','c']}}");
	g_autoptr(Space) s = NULL;
	space_read(about, &s, NULL);
	const double *points[] = {SEEN[0], SEEN[1], SEEN[2], SEEN[3]};
	double many[40];
	const double *many_points[40];
	for (int i = 0; i < 40; i++) {
		many[i] = (i * 7919 % 1000) / 1000.0 * 15 - 5;
		many_points[i] = &many[i];
	}
	g_autoptr(Parzen) four = parzen_new(&(ParzenPlan){s, DIMS, 4, points, 4});
	g_autoptr(Parzen) none = parzen_new(&(ParzenPlan){s, DIMS, 4, points, 0});
	g_autoptr(Parzen) forty = parzen_new(&(ParzenPlan){s, DIMS, 1, many_points, 40});
	double found[3], first[] = {AT[0][0], AT[1][0], AT[2][0]};
	parzen_log_densities(four, AT[0], 3, found);
	for (size_t i = 0; i < 3; i++)
		near("four", found[i], FOUR[i], 1e-9);
	parzen_log_densities(none, AT[0], 3, found);
	for (size_t i = 0; i < 3; i++)
		near("none", found[i], NONE[i], 1e-9);
	parzen_log_densities(forty, first, 3, found);
	for (size_t i = 0; i < 3; i++)
		near("forty", found[i], FORTY[i], 1e-9);
}

/* Draws follow the density: the share below a value is the density's integral up to it (20,000 draws: four standard errors
 * are 0.014). */
static void test_parzen_draws(void)
{
	static const double SEEN[3] = {-4.8, 2, 2.5};
	static const size_t DIMS[] = {0};
	json_auto_t *about = kit_json(SPACE_BRANIN);
	g_autoptr(Space) s = NULL;
	space_read(about, &s, NULL);
	const double *points[] = {&SEEN[0], &SEEN[1], &SEEN[2]};
	g_autoptr(Parzen) p = parzen_new(&(ParzenPlan){s, DIMS, 1, points, 3});
	Rng rng = rng_stream(5, "draws");
	double below = 0, integral = 0;
	for (int i = 0; i < 20000; i++) {
		double value;
		parzen_draw(p, &rng, &value);
		g_assert_true(value >= -5 && value <= 10);
		below += value < 1 ? 1 / 20000.0 : 0;
	}
	for (int i = 0; i < 6000; i++) {
		double at = -5 + (i + 0.5) / 1000, density;
		parzen_log_densities(p, &at, 1, &density);
		integral += exp(density) / 1000;
	}
	near("share", below, integral, 0.014);
}

/* Expected: the definitions evaluated with numpy 2.4. */
static void test_gp(void)
{
	static const double X[] = {.1, .9, .4, .3, .7, .55, .95, .05, .2, .5}, Y[] = {.3, -1.2, .8, 1.4, -.9};
	static const double HYPER[] = {4, .5, 1.7, .01}, AT[] = {.33, .61};
	static const bool CHOICES[] = {false, false};
	GpData d = {5, 2, X, Y, CHOICES};
	double logs[] = {log(4), log(.5), log(1.7), log(.01 - 1e-6)}, slopes[4], mean[2], variance[2];
	near("posterior", gp_log_posterior(&d, logs, slopes), -10.004468153859852, 1e-10);
	for (size_t i = 0; i < 4; i++) {
		double up[4], down[4];
		memcpy(up, logs, sizeof up);
		memcpy(down, logs, sizeof down);
		up[i] += 1e-5;
		down[i] -= 1e-5;
		double side[4], slope = (gp_log_posterior(&d, up, side) - gp_log_posterior(&d, down, side)) / 2e-5;
		near("its slope", slopes[i], slope, 1e-6);
	}
	g_autoptr(Gp) g = gp_new(&d, HYPER);
	GpGuess guess, again = gp_slopes(g, AT, mean, variance);
	gp_guess(g, AT, 1, &guess);
	near("mean", guess.mean, -0.821915382802458, 1e-10);
	near("variance", guess.variance, 0.0655300452408083, 1e-10);
	near("mean again", again.mean, guess.mean, 1e-12);
	for (size_t c = 0; c < 2; c++) {
		double at[4] = {AT[0], AT[1], AT[0], AT[1]};
		GpGuess sides[2];
		at[c] += 1e-6;
		at[2 + c] -= 1e-6;
		gp_guess(g, at, 2, sides);
		near("slope of the mean", mean[c], (sides[0].mean - sides[1].mean) / 2e-6, 1e-6);
		near("slope of the variance", variance[c], (sides[0].variance - sides[1].variance) / 2e-6, 1e-6);
	}
}

/* log(z Phi(z) + phi(z)) with mpmath at 60 digits. */
static void test_improvement(void)
{
	static const double Z[] = {2, 0, -3, -20, -30, -1000};
	static const double EXPECTED[] = {0.69738354578822831, -0.91893853320467274, -7.8696860596030285,
	        -206.9178385094251, -457.724653760598, -500014.73445209116};
	for (size_t i = 0; i < G_N_ELEMENTS(Z); i++) {
		double by_mean, by_variance, up, down;
		GpGuess guess = {Z[i], 1 - 1e-12};
		near("log EI", log_improvement(guess, 0, &by_mean, &by_variance), EXPECTED[i], 1e-10);
		up = log_improvement((GpGuess){Z[i] + 1e-5, 1}, 0, NULL, NULL);
		down = log_improvement((GpGuess){Z[i] - 1e-5, 1}, 0, NULL, NULL);
		near("by mean", by_mean, (up - down) / 2e-5, 1e-5);
		up = log_improvement((GpGuess){Z[i], 1 + 1e-6}, 0, NULL, NULL);
		down = log_improvement((GpGuess){Z[i], 1 - 1e-6}, 0, NULL, NULL);
		near("by variance", by_variance, (up - down) / 2e-6, 1e-4);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/maths/eigen", test_eigen);
	g_test_add_func("/maths/lanes", test_lanes);
	g_test_add_func("/maths/covariance", test_covariance);
	g_test_add_func("/maths/minimize", test_minimize);
	g_test_add_func("/maths/parzen", test_parzen);
	g_test_add_func("/maths/parzen_draws", test_parzen_draws);
	g_test_add_func("/maths/gp", test_gp);
	g_test_add_func("/maths/improvement", test_improvement);
	return g_test_run();
}
