/* pmml_model.c: trees as sums of TreeModels, linear models as RegressionModels, networks by pmml_network.c; links, ensembles and calibrations as arithmetic on what these leave.
 *
 * Each margin is a segment of the chain that leaves a number; the fields of the last model, which only reads them out, are made of these. */
#include "export/pmml_model.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "export/pmml_network.h"
#include "export/text.h"

static char *add(char *a, char *b)
{
	return pmml_apply("+", a, b, NULL);
}

static char *times(char *a, double by)
{
	return pmml_apply("*", a, pmml_number(by), NULL);
}

static char *local(Pmml *p, char *expression)
{
	return pmml_derive(p, p->locals, "double", expression);
}

static void add_schema(GString *to, const Pmml *p, const bool *used, size_t count)
{
	bool any = false;
	g_string_append(to, "<MiningSchema>");
	for (size_t j = 0; j < count; j++) {
		any = any || used[j];
		if (used[j] || (!any && j + 1 == count)) /* a schema has one field at least */
			text_add(to, "<MiningField name=\"%s\"/>", (const char *)p->features->pdata[j]);
	}
	g_string_append(to, "</MiningSchema>");
}

/* Of a segment that leaves a number under a new name, which is given back, borrowed. */
static const char *begin_segment(Pmml *p, const char *element, const bool *used, size_t count)
{
	text_add(p->segments, "<Segment><True/><%s functionName=\"regression\">", element);
	add_schema(p->segments, p, used, count);
	g_string_append(p->segments, "<Output>");
	const char *name = pmml_leave(p, "feature=\"predictedValue\"");
	g_string_append(p->segments, "</Output>\n");
	return name;
}

/* Which features a tree asks for. */
static void mark(const Trees *t, uint32_t tree, bool *used)
{
	for (uint32_t i = t->start[tree]; i < t->start[tree + 1]; i++)
		if (t->nodes[i].is_split || t->nodes[i].by_set)
			used[t->nodes[i].feature] = true;
}

static void add_test(GString *to, const Pmml *p, const Trees *t, const TreeNode *n, bool is_right)
{
	const char *feature = p->features->pdata[n->feature];
	if (!n->by_set) {
		char number[G_ASCII_DTOSTR_BUF_SIZE];
		text_add(to, "<SimplePredicate field=\"%s\" operator=\"%s\" value=\"%s\"/>", feature,
		        is_right ? "greaterOrEqual" : "lessThan",
		        g_ascii_formatd(number, sizeof number, "%.9g", (double)n->value));
		return;
	}
	const uint32_t *set = t->sets + tree_node_set(n);
	g_autoptr(GString) codes = g_string_new(NULL);
	unsigned count = 0;
	for (uint32_t c = 0; c < set[0] * 32; c++)
		if (set[1 + c / 32] >> c % 32 & 1) {
			text_add(codes, "%s%u", count ? " " : "", c);
			count++;
		}
	text_add(to,
	        "<SimpleSetPredicate field=\"%s\" booleanOperator=\"%s\"><Array n=\"%u\" "
	        "type=\"real\">%s</Array></SimpleSetPredicate>",
	        feature, is_right ? "isIn" : "isNotIn", count, codes->str);
}

/* The node at `at`, whose own test is already written, and all below. */
static void add_nodes(GString *to, const Pmml *p, const Trees *t, uint32_t at)
{
	const TreeNode *n = &t->nodes[at];
	for (unsigned side = 0; (n->is_split || n->by_set) && side < 2; side++) {
		uint32_t child = n->left + side;
		const TreeNode *below = &t->nodes[child];
		char number[G_ASCII_DTOSTR_BUF_SIZE];
		text_add(to, "<Node id=\"%u\"", child);
		if (below->is_split || below->by_set)
			text_add(to, " defaultChild=\"%u\"", below->left + below->missing_right);
		else
			text_add(to, " score=\"%s\"",
			        g_ascii_formatd(number, sizeof number, "%.9g", (double)below->value));
		g_string_append(to, ">");
		add_test(to, p, t, n, side);
		add_nodes(to, p, t, child);
		g_string_append(to, "</Node>");
	}
}

static void add_tree(GString *to, const Pmml *p, const Trees *t, uint32_t tree)
{
	g_autofree bool *used = g_new0(bool, t->columns);
	uint32_t root = t->start[tree];
	const TreeNode *n = &t->nodes[root];
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	mark(t, tree, used);
	g_string_append(to,
	        "<Segment><True/><TreeModel functionName=\"regression\" missingValueStrategy=\"defaultChild\" "
	        "splitCharacteristic=\"binarySplit\">");
	add_schema(to, p, used, t->columns);
	if (n->is_split || n->by_set)
		text_add(to, "<Node id=\"%u\" defaultChild=\"%u\"><True/>", root, n->left + n->missing_right);
	else
		text_add(to, "<Node id=\"%u\" score=\"%s\"><True/>", root,
		        g_ascii_formatd(number, sizeof number, "%.9g", (double)n->value));
	add_nodes(to, p, t, root);
	g_string_append(to, "</Node></TreeModel></Segment>\n");
}

/* Expression of the sum of a group's trees. */
static char *trees_margin(Pmml *p, const Trees *t, uint32_t group)
{
	g_autofree bool *used = g_new0(bool, t->columns);
	bool any = false;
	for (uint32_t i = 0; i < t->count; i++)
		if (t->group[i] == group) {
			mark(t, i, used);
			any = true;
		}
	if (!any)
		return pmml_number(0);
	const char *name = begin_segment(p, "MiningModel", used, t->columns);
	g_string_append(p->segments, "<Segmentation multipleModelMethod=\"sum\">");
	for (uint32_t i = 0; i < t->count; i++)
		if (t->group[i] == group)
			add_tree(p->segments, p, t, i);
	g_string_append(p->segments, "</Segmentation></MiningModel></Segment>\n");
	return pmml_field(name);
}

static char **names_new(size_t count)
{
	return g_new0(char *, count + 1);
}

static char *inverse(Pmml *p, char *margin) /* 1 / (1 + e^-margin) */
{
	char *away = add(pmml_apply("exp", times(margin, -1), NULL, NULL), pmml_number(1));
	return pmml_apply("/", pmml_number(1), away, NULL);
}

static char **two_classes(Pmml *p, char *second)
{
	char **scores = names_new(2);
	scores[1] = local(p, second);
	scores[0] = local(p, pmml_apply("-", pmml_number(1), pmml_field(scores[1]), NULL));
	return scores;
}

/* Each by their sum; where it is 0, alike. */
static char **by_sum(Pmml *p, char **parts, size_t count)
{
	char **scores = names_new(count), **fields = g_new(char *, count);
	for (size_t k = 0; k < count; k++)
		fields[k] = pmml_field(parts[k]);
	g_autofree char *sum = local(p, pmml_sum(fields, count));
	g_free(fields);
	for (size_t k = 0; k < count; k++) {
		char *is_there = pmml_apply("greaterThan", pmml_field(sum), pmml_number(0), NULL);
		char *share = pmml_apply("/", pmml_field(parts[k]), pmml_field(sum), NULL);
		scores[k] = local(p, pmml_apply("if", is_there, share, pmml_number(1.0 / (double)count)));
	}
	g_strfreev(parts);
	return scores;
}

/* margins: fields' names, given away. */
static char **softmax(Pmml *p, char **margins, size_t count)
{
	char *top = pmml_field(margins[0]);
	for (size_t k = 1; k < count; k++)
		top = pmml_apply("max", top, pmml_field(margins[k]), NULL);
	g_autofree char *most = local(p, top);
	char **parts = names_new(count);
	for (size_t k = 0; k < count; k++) {
		char *below = pmml_apply("-", pmml_field(margins[k]), pmml_field(most), NULL);
		parts[k] = local(p, pmml_apply("exp", below, NULL, NULL));
	}
	g_strfreev(margins);
	return by_sum(p, parts, count);
}

static char *cut(char *margin)
{
	return pmml_apply("min", pmml_apply("max", margin, pmml_number(0), NULL), pmml_number(1), NULL);
}

static char **one(Pmml *p, char *expression)
{
	char **scores = names_new(1);
	scores[0] = local(p, expression);
	return scores;
}

static char *exponential(char *margin, double scale)
{
	return times(
	        pmml_apply("exp", pmml_apply("min", margin, pmml_number(FORM_MARGIN_MOST), NULL), NULL, NULL), scale);
}

static char **trees(Pmml *p, const Trees *t)
{
	char **margins = names_new(t->groups);
	for (uint32_t g = 0; g < t->groups; g++) {
		char *margin = trees_margin(p, t, g);
		margins[g] = local(p, t->link == LINK_SHARES ? cut(margin) : margin);
	}
	if (t->link == LINK_SOFTMAX)
		return softmax(p, margins, t->groups);
	if (t->link == LINK_SHARES && t->groups > 1)
		return by_sum(p, margins, t->groups);
	char *margin = pmml_field(margins[0]);
	g_strfreev(margins);
	if (t->link == LINK_SCALED)
		return one(p, add(times(margin, t->scale), pmml_number(t->shift)));
	if (t->link == LINK_EXPONENTIAL)
		return one(p, exponential(margin, t->scale));
	return two_classes(p, t->link == LINK_LOGISTIC ? inverse(p, margin) : margin);
}

static char *held(const ModelForm *f, char *score)
{
	if (!f->is_held)
		return score;
	return pmml_apply("min", pmml_apply("max", score, pmml_number(f->low), NULL), pmml_number(f->high), NULL);
}

static char **curves(Pmml *p, const ModelForm *f, char **margins)
{
	char **parts = names_new(f->margins);
	for (size_t k = 0; k < f->margins; k++) {
		char *low = pmml_apply("max", pmml_field(margins[k]), pmml_number(-FORM_ODDS_MOST), NULL);
		char *odds = pmml_apply("min", low, pmml_number(FORM_ODDS_MOST), NULL);
		parts[k] = local(p, inverse(p, add(times(odds, f->curve[2 * k]), pmml_number(f->curve[2 * k + 1]))));
	}
	g_strfreev(margins);
	if (f->margins > 1)
		return by_sum(p, parts, f->margins);
	char **scores = two_classes(p, pmml_field(parts[0]));
	g_strfreev(parts);
	return scores;
}

/* margins: fields' names, given away. */
static char **linked(Pmml *p, const ModelForm *f, char **margins)
{
	if (f->link == FORM_SOFTMAX)
		return softmax(p, margins, f->margins);
	if (f->link == FORM_CURVES)
		return curves(p, f, margins);
	char *margin = pmml_field(margins[0]);
	g_strfreev(margins);
	if (f->link == FORM_LOGISTIC)
		return two_classes(p, inverse(p, margin));
	if (f->link == FORM_EXPONENTIAL)
		return one(p, exponential(margin, 1));
	return one(p, held(f, add(times(margin, f->scale), pmml_number(f->shift))));
}

/* For each feature how far it is from its centre, 0 where missing, and 1 where missing: terms of a linear model that are always there. */
static void add_terms(Pmml *p, const ModelForm *f, char **ret_moved, char **ret_absent)
{
	for (size_t j = 0; j < f->columns; j++) {
		const char *feature = p->features->pdata[j];
		char *moved = pmml_apply("-", pmml_field(feature), pmml_number(f->centre[j]), NULL);
		char *is_missing = pmml_apply("isMissing", pmml_field(feature), NULL, NULL);
		ret_moved[j] = pmml_derive(
		        p, p->globals, "double", pmml_apply("if", g_strdup(is_missing), pmml_number(0), moved));
		ret_absent[j] = pmml_derive(
		        p, p->globals, "double", pmml_apply("if", is_missing, pmml_number(1), pmml_number(0)));
	}
}

static void add_predictor(GString *to, const char *field, int exponent, double by)
{
	g_autofree char *number = pmml_digits(by);
	text_add(to, "<NumericPredictor name=\"%s\" exponent=\"%d\" coefficient=\"%s\"/>", field, exponent, number);
}

static char *linear_margin(Pmml *p, const ModelForm *f, char *const *moved, char *const *absent, size_t k)
{
	GString *to = p->segments;
	g_autofree char *intercept = pmml_digits(f->intercept[k]);
	g_string_append(to, "<Segment><True/><RegressionModel functionName=\"regression\"><MiningSchema>");
	for (size_t j = 0; j < f->columns; j++)
		text_add(to, "<MiningField name=\"%s\"/><MiningField name=\"%s\"/>", moved[j], absent[j]);
	g_string_append(to, "</MiningSchema><Output>");
	const char *name = pmml_leave(p, "feature=\"predictedValue\"");
	text_add(to, "</Output>\n<RegressionTable intercept=\"%s\">", intercept);
	for (size_t j = 0; j < f->columns; j++) {
		add_predictor(to, moved[j], 1, f->slope[j * f->margins + k]);
		if (f->square)
			add_predictor(to, moved[j], 2, f->square[j * f->margins + k]);
		add_predictor(to, absent[j], 1, f->missing[j * f->margins + k]);
	}
	g_string_append(to, "</RegressionTable></RegressionModel></Segment>\n");
	return local(p, pmml_field(name));
}

static char **linear(Pmml *p, const ModelForm *f)
{
	g_auto(GStrv) moved = names_new(f->columns);
	g_auto(GStrv) absent = names_new(f->columns);
	char **margins = names_new(f->margins);
	add_terms(p, f, moved, absent);
	for (size_t k = 0; k < f->margins; k++)
		margins[k] = linear_margin(p, f, moved, absent, k);
	return linked(p, f, margins);
}

static char **network(Pmml *p, const ModelForm *f)
{
	char **left = pmml_network(p, f);
	return f->layers > 1 && f->link == FORM_SOFTMAX ? left : linked(p, f, left);
}

static char **constant(Pmml *p, const ModelForm *f)
{
	char **scores = names_new(f->outputs);
	for (size_t k = 0; k < f->outputs; k++)
		scores[k] = local(p, pmml_number(f->scores[k]));
	return scores;
}

static char **ensemble(Pmml *p, const ModelForm *f)
{
	bool by_logs = f->intercept && f->outputs > 1;
	char **sums = names_new(f->outputs);
	for (size_t k = 0; k < f->outputs; k++)
		sums[k] = pmml_number(f->intercept ? f->intercept[k] : 0);
	for (size_t i = 0; i < f->count; i++) {
		g_auto(GStrv) said = pmml_model(p, &f->members[i]);
		for (size_t k = 0; k < f->outputs; k++) {
			char *score = pmml_field(said[k]);
			if (by_logs)
				score = pmml_apply(
				        "ln", pmml_apply("max", score, pmml_number(f->least), NULL), NULL, NULL);
			sums[k] = add(sums[k], times(score, f->weight[i]));
		}
	}
	for (size_t k = 0; k < f->outputs; k++)
		sums[k] = local(p, sums[k]);
	return by_logs ? softmax(p, sums, f->outputs) : sums;
}

char **pmml_model(Pmml *p, const ModelForm *form)
{
	switch (form->kind) {
	case FORM_LINEAR:
		return linear(p, form);
	case FORM_TREES:
		return trees(p, form->trees);
	case FORM_NETWORK:
		return network(p, form);
	case FORM_ENSEMBLE:
		return ensemble(p, form);
	default:
		return constant(p, form);
	}
}

/* Held off 0 and 1 before a logarithm is taken, as stats/calibration.h says. */
static char *inside(const char *p)
{
	return pmml_apply(
	        "min", pmml_apply("max", pmml_field(p), pmml_number(1e-9), NULL), pmml_number(1 - 1e-9), NULL);
}

static char *rest_log(const char *p) /* ln(1 - p) */
{
	return pmml_apply("ln1p", times(inside(p), -1), NULL, NULL);
}

static char *on_curve(Pmml *p, const char *method, const double *c, size_t count, const char *score)
{
	char *log_p = pmml_apply("ln", inside(score), NULL, NULL);
	if (g_str_equal(method, "platt"))
		return inverse(p, add(times(pmml_apply("-", log_p, rest_log(score), NULL), c[0]), pmml_number(c[1])));
	if (g_str_equal(method, "beta"))
		return inverse(p, add(pmml_apply("-", times(log_p, c[0]), times(rest_log(score), c[1]), NULL),
		                          pmml_number(c[2])));
	if (g_str_equal(method, "temperature"))
		return pmml_apply("exp", times(log_p, 1 / c[0]), NULL, NULL);
	g_free(log_p);
	if (count < 4)
		return pmml_number(count ? c[1] : 0);
	GString *to = g_string_new(NULL);
	text_add(to, "<NormContinuous field=\"%s\" outliers=\"asExtremeValues\">", score);
	for (size_t i = 0; i + 1 < count; i += 2) {
		g_autofree char *from = pmml_digits(c[i]);
		g_autofree char *is = pmml_digits(c[i + 1]);
		text_add(to, "<LinearNorm orig=\"%s\" norm=\"%s\"/>", from, is);
	}
	g_string_append(to, "</NormContinuous>");
	return g_string_free(to, FALSE);
}

static char *curve_score(Pmml *p, const json_t *calibration, size_t k, const char *score)
{
	const json_t *curves = json_object_get(calibration, "curves");
	const json_t *curve = json_array_get(curves, json_array_size(curves) == 1 ? 0 : k);
	size_t count = json_array_size(curve);
	g_autofree double *c = g_new0(double, count + 3);
	for (size_t i = 0; i < count; i++)
		c[i] = json_number_value(json_array_get(curve, i));
	return local(p, on_curve(p, json_get_text(calibration, "method", ""), c, count, score));
}

bool pmml_calibrate(Pmml *p, const Bundle *b, const json_t *calibration, char ***scores, GError **error)
{
	static const char *const METHODS[] = {"platt", "beta", "temperature", "isotonic", NULL};
	const char *method = json_get_text(calibration, "method", "");
	size_t classes = bundle_classes(b);
	int positive = bundle_positive(b);
	if (!g_strv_contains(METHODS, method))
		return fail(error, FAIL_INVALID, "the calibration \"%s\" cannot be written in another form", method);
	char **right = names_new(classes);
	if (positive >= 0 && !g_str_equal(method, "temperature")) {
		right[positive] = curve_score(p, calibration, 0, (*scores)[positive]);
		right[1 - positive] = local(p, pmml_apply("-", pmml_number(1), pmml_field(right[positive]), NULL));
	} else {
		for (size_t k = 0; k < classes; k++)
			right[k] = curve_score(p, calibration, k, (*scores)[k]);
		right = by_sum(p, right, classes);
	}
	g_strfreev(*scores);
	*scores = right;
	return true;
}
