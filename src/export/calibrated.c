/* calibrated.c: probabilities put right, in C and in ONNX. */
#include "export/calibrated.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "export/text.h"

#define NEAREST \
	1e-9 /* probabilities are held off 0 and 1 by this before a logarithm is taken, as stats/calibration.h says */

typedef const char *OnCurve(Onnx *o, const double *curve, size_t count, const char *p);

static const char *with(Onnx *o, const char *op, const char *a, double p)
{
	return onnx_node(o, op, a, onnx_number(o, p), NULL);
}

static const char *hold(Onnx *o, const char *p)
{
	return with(o, "Min", with(o, "Max", p, NEAREST), 1 - NEAREST);
}

static const char *ln(Onnx *o, const char *p)
{
	return onnx_node(o, "Log", p, NULL, NULL);
}

static const char *ln_rest(Onnx *o, const char *p)
{
	return ln(o, onnx_node(o, "Sub", onnx_number(o, 1), p, NULL));
}

static const char *logistic(Onnx *o, const char *margin)
{
	const char *away = onnx_node(o, "Exp", onnx_node(o, "Neg", margin, NULL, NULL), NULL, NULL);
	return onnx_node(o, "Div", onnx_number(o, 1), with(o, "Add", away, 1), NULL);
}

static const char *platt(Onnx *o, const double *curve, size_t count, const char *p)
{
	const char *held = hold(o, p);
	const char *odds = onnx_node(o, "Sub", ln(o, held), ln_rest(o, held), NULL);
	return logistic(o, with(o, "Add", with(o, "Mul", odds, curve[0]), curve[1]));
}

static const char *beta(Onnx *o, const double *curve, size_t count, const char *p)
{
	const char *held = hold(o, p);
	const char *first = with(o, "Mul", ln(o, held), curve[0]), *second = with(o, "Mul", ln_rest(o, held), curve[1]);
	return logistic(o, with(o, "Add", onnx_node(o, "Sub", first, second, NULL), curve[2]));
}

static const char *temperature(Onnx *o, const double *curve, size_t count, const char *p)
{
	return onnx_node(o, "Exp", with(o, "Div", ln(o, hold(o, p)), curve[0]), NULL, NULL);
}

/* Each piece between two points adds its rise times the share of it that lies below p. */
static const char *isotonic(Onnx *o, const double *curve, size_t count, const char *p)
{
	size_t pieces = count / 2 - 1;
	g_autofree double *from = g_new(double, pieces + 1), *width = g_new(double, pieces + 1),
	                  *rise = g_new(double, pieces + 1);
	for (size_t i = 0; i < pieces; i++) {
		from[i] = curve[2 * i];
		width[i] = curve[2 * i + 2] - curve[2 * i];
		rise[i] = curve[2 * i + 3] - curve[2 * i + 1];
	}
	if (pieces == 0)
		return with(o, "Add", with(o, "Mul", p, 0), curve[1]);
	const char *share = onnx_node(o, "Sub", p, onnx_matrix(o, from, 0, pieces), NULL);
	share = onnx_node(o, "Div", share, onnx_matrix(o, width, 0, pieces), NULL);
	share = with(o, "Min", with(o, "Max", share, 0), 1);
	const char *risen = onnx_node(o, "Mul", share, onnx_matrix(o, rise, 0, pieces), NULL);
	const char *sum = onnx_node(o, "ReduceSum", risen, onnx_list(o, (const int64_t[]){1}, 1), NULL);
	return with(o, "Add", sum, curve[1]);
}

static const struct {
	const char *method;
	bool of_row;
	const char *c; /* value of p, under the curve c of `count` numbers */
	OnCurve *onnx;
} METHODS[] = {
        {"platt", false, "\tp = held(p);\n\treturn 1 / (1 + exp(-(c[0] * (log(p) - log1p(-p)) + c[1])));\n", platt},
        {"beta", false, "\tp = held(p);\n\treturn 1 / (1 + exp(-(c[0] * log(p) - c[1] * log1p(-p) + c[2])));\n", beta},
        {"temperature", true, "\treturn exp(log(held(p)) / c[0]);\n", temperature},
        {"isotonic", false,
                "\tint low = 0;\n\twhile (low < count / 2 && c[2 * low] < p)\n\t\tlow++;\n"
                "\tif (low == count / 2)\n\t\treturn c[count - 1];\n\tif (low == 0 || c[2 * low] == p)\n"
                "\t\treturn c[2 * low + 1];\n\tconst double *a = c + 2 * low - 2, *b = c + 2 * low;\n"
                "\treturn a[1] + (b[1] - a[1]) * (p - a[0]) / (b[0] - a[0]);\n",
                isotonic},
};

static bool find(const json_t *calibration, size_t *ret, GError **error)
{
	const char *method = json_get_text(calibration, "method", "");
	for (size_t i = 0; i < G_N_ELEMENTS(METHODS); i++)
		if (strcmp(METHODS[i].method, method) == 0) {
			*ret = i;
			return true;
		}
	return fail(error, FAIL_INVALID, "the calibration \"%s\" cannot be written in another form", method);
}

static double *curve_of(const json_t *calibration, size_t k, size_t *ret_count)
{
	const json_t *curves = json_object_get(calibration, "curves");
	const json_t *curve = json_array_get(curves, json_array_size(curves) == 1 ? 0 : k);
	*ret_count = json_array_size(curve);
	double *numbers = g_new(double, *ret_count + 1);
	for (size_t i = 0; i < *ret_count; i++)
		numbers[i] = json_number_value(json_array_get(curve, i));
	return numbers;
}

static void add_curve(GString *to, const json_t *calibration, size_t k)
{
	size_t count;
	g_autofree double *curve = curve_of(calibration, k, &count);
	text_add(to, "\tstatic const double curve_%zu[] = {", k);
	for (size_t i = 0; i < count; i++) {
		g_string_append(to, i ? ", " : "");
		text_double(to, curve[i]);
	}
	g_string_append(to, "};\n");
}

bool calibrated_c(GString *to, const Bundle *b, const json_t *calibration, GError **error)
{
	size_t method, classes = bundle_classes(b);
	if (!find(calibration, &method, error))
		return false;
	int positive = bundle_positive(b);
	bool is_single = positive >= 0 && !METHODS[method].of_row;
	text_add(to,
	        "\nstatic double held(double p)\n{\n\treturn p < 1e-9 ? 1e-9 : p > 1 - 1e-9 ? 1 - 1e-9 : p;\n}\n\n"
	        "static double on_curve(double p, const double *c, int count)\n{\n\t(void)count;\n%s}\n\n"
	        "static void calibrate(double *s)\n{\n",
	        METHODS[method].c);
	for (size_t k = 0; k < (is_single ? 1 : classes); k++)
		add_curve(to, calibration, k);
	if (is_single) {
		text_add(to,
		        "\ts[%1$d] = on_curve(s[%1$d], curve_0, (int)(sizeof curve_0 / sizeof *curve_0));\n"
		        "\ts[%2$d] = 1 - s[%1$d];\n}\n",
		        positive, 1 - positive);
		return true;
	}
	text_add(to, "\tdouble sum = 0, to[%zu];\n", classes);
	for (size_t k = 0; k < classes; k++)
		text_add(to,
		        "\tsum += to[%1$zu] = on_curve(s[%1$zu], curve_%1$zu, (int)(sizeof curve_%1$zu / sizeof "
		        "*curve_%1$zu));\n",
		        k);
	text_add(to, "\tfor (int k = 0; sum > 0 && k < %zu; k++)\n\t\ts[k] = to[k] / sum;\n}\n", classes);
	return true;
}

static const char *column(Onnx *o, const char *scores, size_t k)
{
	onnx_int(o, "axis", 1);
	return onnx_node(o, "Gather", scores, onnx_list(o, (const int64_t[]){(int64_t)k}, 1), NULL);
}

bool calibrated_onnx(Onnx *o, const Bundle *b, const json_t *calibration, const char **scores, GError **error)
{
	size_t method, classes = bundle_classes(b), count;
	if (!find(calibration, &method, error))
		return false;
	g_autofree const char **put_right = g_new(const char *, classes);
	int positive = bundle_positive(b);
	bool is_single = positive >= 0 && !METHODS[method].of_row;
	for (size_t k = 0; k < classes; k++) {
		g_autofree double *curve = curve_of(calibration, k, &count);
		if (!is_single || (int)k == positive)
			put_right[k] = METHODS[method].onnx(o, curve, count, column(o, *scores, k));
	}
	if (is_single)
		put_right[1 - positive] = onnx_node(o, "Sub", onnx_number(o, 1), put_right[positive], NULL);
	const char *all = onnx_concat(o, put_right, classes);
	if (!is_single) {
		const char *sum = onnx_node(o, "ReduceSum", all, onnx_list(o, (const int64_t[]){1}, 1), NULL);
		all = onnx_node(o, "Where", with(o, "Greater", sum, 0), onnx_node(o, "Div", all, sum, NULL), *scores);
	}
	*scores = all;
	return true;
}
