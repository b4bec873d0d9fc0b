/* profile_moments.c: moments by sums that do not depend on the order of rows. */
#include "data/profile_moments.h"

#include <math.h>

#include "base/json.h"

MomentBase moment_base(double min, double max, double centre)
{
	double unit = fmax(fabs(max), fabs(min)) > 0x1p1000 ? 8 : 1;
	double reach = fmax(max / unit - centre / unit, centre / unit - min / unit);
	int exponent;
	if (!(reach > 0) || !isfinite(reach))
		return (MomentBase){centre, 1, 1};
	frexp(reach, &exponent);
	return (MomentBase){centre, ldexp(1, exponent), unit};
}

char *moment_sql(const char *expression, MomentBase base, const char *prefix)
{
	g_autofree char *units =
	        base.unit == 1 ? g_strdup(expression) : g_strdup_printf("%s / %g", expression, base.unit);
	g_autofree char *z = g_strdup_printf("((%s - CAST('%.17g' AS DOUBLE)) / CAST('%.17g' AS DOUBLE))", units,
	        base.centre / base.unit, base.scale);
	g_autoptr(GString) power = g_string_new(z);
	g_autoptr(GString) sql = g_string_new(NULL);
	for (int k = 1; k <= 4; k++) {
		g_string_append_printf(
		        sql, ", sum(CAST(%s * 4611686018427387904 AS BIGINT)) AS %s_%d", power->str, prefix, k);
		g_string_append_printf(power, " * %s", z);
	}
	g_string_append_printf(sql, ", count(%s) AS %s_n", expression, prefix);
	return g_strdup(sql->str);
}

static double sum_of(const json_t *row, const char *prefix, const char *what, double otherwise)
{
	g_autofree char *key = g_strdup_printf("%s_%s", prefix, what);
	return json_get_number(row, key, otherwise);
}

/* Central moments from those about the centre, then the corrections for small samples. */
static Moments correct(double n, const double m[5], MomentBase base)
{
	double mean = m[1], m2 = m[2] - mean * mean;
	double m3 = m[3] - 3 * mean * m[2] + 2 * mean * mean * mean;
	double m4 = m[4] - 4 * mean * m[3] + 6 * mean * mean * m[2] - 3 * mean * mean * mean * mean;
	Moments ret = {base.centre + base.unit * (base.scale * mean), NAN, NAN, NAN};
	m2 = fmax(m2, 0);
	if (n > 1)
		ret.sd = base.unit * (base.scale * sqrt(m2 * n / (n - 1)));
	if (n > 2 && m2 > 0)
		ret.skewness = sqrt(n * (n - 1)) / (n - 2) * m3 / (m2 * sqrt(m2));
	if (n > 3 && m2 > 0)
		ret.kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / (m2 * m2) - 3) + 6);
	return ret;
}

Moments moments_of(const json_t *row, const char *prefix, MomentBase base)
{
	static const char *const POWERS[] = {NULL, "1", "2", "3", "4"};
	double n = sum_of(row, prefix, "n", 0), m[5] = {1};
	if (n < 1)
		return (Moments){NAN, NAN, NAN, NAN};
	for (int k = 1; k <= 4; k++)
		m[k] = ldexp(sum_of(row, prefix, POWERS[k], 0), -62) / n;
	return correct(n, m, base);
}
