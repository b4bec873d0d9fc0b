/* c_model.c: a model's form as functions of C.
 *
 * Trees are arrays walked node by node as model/trees.c does, networks sum in the order of model/matmul.h, each in the same arithmetic:
 * margins are equal to the bit. */
#include "export/c_model.h"

#include <string.h>

#include "export/text.h"
#include "model/scaled_inputs.h"

static const char TREES[] =
        "typedef struct Node {\n\tfloat value;\n\tuint32_t left;\n\tuint16_t feature;\n\tuint8_t kind, "
        "missing_right;\n} "
        "Node; /* kind: 0 a leaf, 1 a threshold, 2 a set */\n\n"
        "static float walk(const Node *nodes, const uint32_t *sets, const float *x, uint32_t at)\n{\n"
        "\twhile (nodes[at].kind) {\n\t\tconst Node *n = &nodes[at];\n\t\tfloat v = x[n->feature];\n\t\tint right;\n"
        "\t\tif (isnan(v)) {\n\t\t\tright = n->missing_right;\n\t\t} else if (n->kind == 1) {\n\t\t\tright = v >= "
        "n->value;\n"
        "\t\t} else {\n\t\t\tconst uint32_t *set = sets + (uint32_t)n->value;\n"
        "\t\t\tuint32_t code = v >= 0 && v < 16777216.0f ? (uint32_t)v : UINT32_MAX;\n"
        "\t\t\tright = code / 32 < set[0] && (set[1 + code / 32] >> code % 32 & 1);\n\t\t}\n"
        "\t\tat = n->left + (uint32_t)right;\n\t}\n\treturn nodes[at].value;\n}\n\n";

static bool has_kind(const ModelForm *f, FormKind kind)
{
	bool has = f->kind == kind;
	for (size_t i = 0; f->kind == FORM_ENSEMBLE && i < f->count; i++)
		has = has || has_kind(&f->members[i], kind);
	return has;
}

void c_model_types(GString *to, const ModelForm *form)
{
	if (has_kind(form, FORM_TREES))
		g_string_append(to, TREES);
}

static void add_table(GString *to, const char *name, unsigned number, const double *values, size_t count)
{
	text_add(to, "static const double %s_%u[] = ", name, number);
	text_values(to, false, values, count);
}

static void add_nodes(GString *to, const Trees *t, unsigned number)
{
	uint32_t count = t->start[t->count];
	text_add(to, "\nstatic const Node node_%u[] = {\n", number);
	for (uint32_t i = 0; i < count; i++) {
		const TreeNode *n = &t->nodes[i];
		g_string_append(to, i % 4 ? " {" : "\t{");
		if (n->by_set)
			text_add(to, "%u", tree_node_set(n));
		else
			text_float(to, n->value);
		text_add(to, ", %u, %u, %d, %d},%s", n->left, (unsigned)n->feature, n->is_split + n->by_set,
		        n->missing_right, i % 4 == 3 ? "\n" : "");
	}
	text_add(to, "};\nstatic const uint32_t set_%u[] = {", number);
	for (uint32_t i = 0; i < t->set_words; i++)
		text_add(to, "%s0x%xu", i ? (i % 16 ? ", " : ",\n\t") : "\n\t", t->sets[i]);
	text_add(to, "%s};\nstatic const uint32_t tree_%u[] = {", t->set_words ? "" : "0", number);
	for (uint32_t i = 0; i < t->count; i++)
		text_add(to, "%s%u", i ? (i % 16 ? ", " : ",\n\t") : "\n\t", t->start[i]);
	text_add(to, "%s};\nstatic const uint32_t group_%u[] = {", t->count ? "" : "0", number);
	for (uint32_t i = 0; i < t->count; i++)
		text_add(to, "%s%u", i ? (i % 16 ? ", " : ",\n\t") : "\n\t", t->group[i]);
	text_add(to, "%s};\n", t->count ? "" : "0");
}

static void add_softmax(GString *to, size_t count)
{
	text_add(to,
	        "\tdouble top = m[0], sum = 0;\n\tfor (int k = 1; k < %zu; k++)\n\t\ttop = m[k] > top ? m[k] : top;\n"
	        "\tfor (int k = 0; k < %zu; k++)\n\t\tsum += s[k] = exp(m[k] - top);\n"
	        "\tfor (int k = 0; k < %zu; k++)\n\t\ts[k] /= sum;\n",
	        count, count, count);
}

static void add_logistic(GString *to)
{
	g_string_append(to, "\ts[0] = 1 / (1 + exp((double)m[0]));\n\ts[1] = 1 / (1 + exp(-(double)m[0]));\n");
}

static void add_scaled(GString *to, double shift, double scale)
{
	g_string_append(to, "\ts[0] = ");
	text_double(to, shift);
	g_string_append(to, " + ");
	text_double(to, scale);
	g_string_append(to, " * (double)m[0];\n");
}

static void add_exponential(GString *to, double scale)
{
	g_string_append(to, "\ts[0] = ");
	text_double(to, scale);
	text_add(to, " * exp(m[0] > %1$d ? %1$d : (double)m[0]);\n", FORM_MARGIN_MOST);
}

static void add_shares(GString *to, unsigned groups)
{
	if (groups == 1) {
		g_string_append(to, "\ts[1] = m[0] < 0 ? 0 : m[0] > 1 ? 1 : (double)m[0];\n\ts[0] = 1 - s[1];\n");
		return;
	}
	text_add(to,
	        "\tdouble sum = 0;\n\tfor (int g = 0; g < %1$u; g++)\n"
	        "\t\tsum += s[g] = m[g] < 0 ? 0 : m[g] > 1 ? 1 : (double)m[g];\n"
	        "\tfor (int g = 0; g < %1$u; g++)\n\t\ts[g] = sum > 0 ? s[g] / sum : 1.0 / %1$u;\n",
	        groups);
}

static void add_trees(GString *to, const Trees *t, unsigned number)
{
	add_nodes(to, t, number);
	text_add(to,
	        "\nstatic void model_%u(const float *x, double *s)\n{\n\tfloat m[%u] = {0};\n"
	        "\tfor (uint32_t i = 0; i < %u; i++)\n\t\tm[group_%u[i]] += walk(node_%u, set_%u, x, tree_%u[i]);\n",
	        number, t->groups, t->count, number, number, number, number);
	switch (t->link) {
	case LINK_SCALED:
		add_scaled(to, t->shift, t->scale);
		break;
	case LINK_LOGISTIC:
		add_logistic(to);
		break;
	case LINK_SOFTMAX:
		add_softmax(to, t->groups);
		break;
	case LINK_EXPONENTIAL:
		add_exponential(to, t->scale);
		break;
	case LINK_SHARES:
	case TREES_LINKS:
		add_shares(to, t->groups);
		break;
	}
	g_string_append(to, "}\n");
}

static void add_hold(GString *to, const ModelForm *f)
{
	if (!f->is_held)
		return;
	g_string_append(to, "\ts[0] = s[0] > ");
	text_double(to, f->high);
	g_string_append(to, " ? ");
	text_double(to, f->high);
	g_string_append(to, " : s[0] < ");
	text_double(to, f->low);
	g_string_append(to, " ? ");
	text_double(to, f->low);
	g_string_append(to, " : s[0];\n");
}

static void add_curves(GString *to, const ModelForm *f)
{
	g_string_append(to, "\tstatic const double curve[] = ");
	text_values(to, false, f->curve, 2 * f->margins);
	g_string_append(to, "\tconst double most = ");
	text_double(to, FORM_ODDS_MOST);
	text_add(to,
	        ";\n\tdouble sum = 0;\n\tfor (int k = 0; k < %zu; k++) {\n"
	        "\t\tdouble odds = m[k] > most ? most : m[k] < -most ? -most : (double)m[k];\n"
	        "\t\tsum += s[k] = 1 / (1 + exp(-(curve[2 * k] * odds + curve[2 * k + 1])));\n\t}\n",
	        f->margins);
	if (f->margins == 1)
		g_string_append(to, "\ts[1] = sum;\n\ts[0] = 1 - sum;\n");
	else
		text_add(to, "\tfor (int k = 0; k < %1$zu; k++)\n\t\ts[k] = sum > 0 ? s[k] / sum : 1.0 / %1$zu;\n",
		        f->margins);
}

static void add_link(GString *to, const ModelForm *f)
{
	switch (f->link) {
	case FORM_SCALED:
		add_scaled(to, f->shift, f->scale);
		add_hold(to, f);
		break;
	case FORM_LOGISTIC:
		add_logistic(to);
		break;
	case FORM_SOFTMAX:
		add_softmax(to, f->margins);
		break;
	case FORM_EXPONENTIAL:
		add_exponential(to, 1);
		break;
	case FORM_CURVES:
		add_curves(to, f);
		break;
	}
}

static void add_linear(GString *to, const ModelForm *f, unsigned number)
{
	g_string_append_c(to, '\n');
	add_table(to, "intercept", number, f->intercept, f->margins);
	add_table(to, "centre", number, f->centre, f->columns);
	add_table(to, "slope", number, f->slope, f->columns * f->margins);
	add_table(to, "absent", number, f->missing, f->columns * f->margins);
	if (f->square)
		add_table(to, "square", number, f->square, f->columns * f->margins);
	text_add(to,
	        "\nstatic void model_%1$u(const float *x, double *s)\n{\n\tdouble m[%2$zu];\n"
	        "\tmemcpy(m, intercept_%1$u, sizeof m);\n\tfor (int j = 0; j < %3$zu; j++) {\n"
	        "\t\tint is_missing = isnan(x[j]);\n\t\tdouble value = is_missing ? 1 : (double)x[j] - "
	        "centre_%1$u[j];\n"
	        "\t\tconst double *by = (is_missing ? absent_%1$u : slope_%1$u) + j * %2$zu;\n"
	        "\t\tfor (int k = 0; k < %2$zu; k++)\n\t\t\tm[k] += by[k] * value;\n",
	        number, f->margins, f->columns);
	if (f->square)
		text_add(to,
		        "\t\tfor (int k = 0; !is_missing && k < %1$zu; k++)\n"
		        "\t\t\tm[k] += square_%2$u[j * %1$zu + k] * value * value;\n",
		        f->margins, number);
	g_string_append(to, "\t}\n");
	add_link(to, f);
	g_string_append(to, "}\n");
}

static void add_layer_tables(GString *to, const ModelForm *f, unsigned number, size_t l)
{
	const FormLayer *y = &f->layer[l];
	const char *type = f->single ? "float" : "double";
	text_add(to, "static const %s weight_%u_%zu[] = ", type, number, l);
	text_values(to, f->single, y->weight, y->in * y->out);
	text_add(to, "static const %s intercept_%u_%zu[] = ", type, number, l);
	text_values(to, f->single, y->intercept, y->out);
}

/* The float array "z": model/scaled_inputs.h. */
static void add_inputs(GString *to, const ScaledInputs *in, unsigned number)
{
	text_add(to,
	        "\tfloat z[%2$u] = {0};\n\tfor (int j = 0; j < %3$u; j++) {\n\t\tif (isnan(x[j])) {\n"
	        "\t\t\tif (flag_%1$u[j])\n\t\t\t\tz[flag_%1$u[j]] = 1;\n\t\t\tcontinue;\n\t\t}\n"
	        "\t\tdouble away = ((double)x[j] - centre_%1$u[j]) * scale_%1$u[j];\n"
	        "\t\tz[j] = (float)(away / sqrt(1 + away * away / 9));\n\t}\n",
	        number, MAX(in->count, 1u), in->columns);
}

/* The sums of each vector's nearness, which is not kept: there may be many. */
static void add_nearness(GString *to, const ModelForm *f, unsigned number, const char *name)
{
	text_add(to,
	        "\tfor (int v = 0; v < %1$zu; v++) {\n\t\tdouble near = 0;\n\t\tfor (int i = 0; i < %2$u; i++) {\n"
	        "\t\t\tdouble apart = (double)z[i] - (double)vector_%3$u[v * %2$u + i];\n\t\t\tnear += apart * apart;\n"
	        "\t\t}\n\t\tnear = exp(-near * ",
	        f->vectors, f->inputs->count, number);
	text_double(to, f->gamma);
	text_add(to,
	        ");\n\t\tfor (int o = 0; o < %1$zu; o++)\n\t\t\t%2$s[o] += near * weight_%3$u_0[v * %1$zu + o];\n\t}\n",
	        f->layer[0].out, name, number);
}

/* From the array `from` to one named "layer_<l>", the last one "m".  Whole rows of weights at a time: compilers make vectors of that, and
 * each sum has the order it has here. */
static void add_layer(GString *to, const ModelForm *f, unsigned number, size_t l, const char *from)
{
	const FormLayer *y = &f->layer[l];
	bool is_last = l + 1 == f->layers;
	g_autofree char *name = is_last ? g_strdup("m") : g_strdup_printf("layer_%zu", l);
	const char *type = f->single ? "float" : "double";
	text_add(to, "\t%1$s %2$s[%3$zu];\n\tmemcpy(%2$s, intercept_%4$u_%5$zu, sizeof %2$s);\n", type, name, y->out,
	        number, l);
	if (l == 0 && f->vectors)
		add_nearness(to, f, number, name);
	else
		text_add(to,
		        "\tfor (int i = 0; i < %1$zu; i++)\n\t\tfor (int o = 0; o < %2$zu; o++)\n"
		        "\t\t\t%3$s[o] += (%4$s)%5$s[i] * weight_%6$u_%7$zu[i * %2$zu + o];\n",
		        y->in, y->out, name, type, from, number, l);
	if (!is_last)
		text_add(to, "\tfor (int o = 0; o < %1$zu; o++)\n\t\t%2$s[o] = %2$s[o] > 0 ? %2$s[o] : 0;\n", y->out,
		        name);
}

static void add_vectors(GString *to, const ModelForm *f, unsigned number)
{
	size_t count = f->vectors * f->inputs->count;
	g_autofree double *values = g_new(double, count + 1);
	for (size_t i = 0; i < count; i++)
		values[i] = (double)f->vector[i];
	text_add(to, "static const float vector_%u[] = ", number);
	text_values(to, true, values, count);
}

static void add_network(GString *to, const ModelForm *f, unsigned number)
{
	const ScaledInputs *in = f->inputs;
	g_autofree char *from = g_strdup("z");
	g_string_append_c(to, '\n');
	add_table(to, "centre", number, in->centre, in->columns);
	add_table(to, "scale", number, in->scale, in->columns);
	text_add(to, "static const uint32_t flag_%u[] = {", number);
	for (uint32_t j = 0; j < in->columns; j++)
		text_add(to, "%s%u", j ? (j % 16 ? ", " : ",\n\t") : "\n\t", in->flag[j]);
	g_string_append(to, in->columns ? "};\n" : "0};\n");
	if (f->vectors)
		add_vectors(to, f, number);
	for (size_t l = 0; l < f->layers; l++)
		add_layer_tables(to, f, number, l);
	text_add(to, "\nstatic void model_%u(const float *x, double *s)\n{\n", number);
	add_inputs(to, in, number);
	for (size_t l = 0; l < f->layers; l++) {
		add_layer(to, f, number, l, from);
		g_free(from);
		from = g_strdup_printf("layer_%zu", l);
	}
	add_link(to, f);
	g_string_append(to, "}\n");
}

static void add_members(GString *to, const ModelForm *f, const unsigned *number, unsigned own)
{
	text_add(to, "\nstatic void model_%u(const float *x, double *s)\n{\n\tdouble said[%zu], m[%zu] = {0};\n", own,
	        f->outputs, f->outputs);
	for (size_t k = 0; f->intercept && k < f->outputs; k++) {
		text_add(to, "\tm[%zu] = ", k);
		text_double(to, f->intercept[k]);
		g_string_append(to, ";\n");
	}
	for (size_t i = 0; i < f->count; i++) {
		text_add(to, "\tmodel_%u(x, said);\n\tfor (int k = 0; k < %zu; k++)\n\t\tm[k] += ", number[i],
		        f->outputs);
		text_double(to, f->weight[i]);
		if (f->intercept && f->outputs > 1) {
			g_string_append(to, " * log(said[k] > ");
			text_double(to, f->least);
			g_string_append(to, " ? said[k] : ");
			text_double(to, f->least);
			g_string_append(to, ");\n");
		} else {
			g_string_append(to, " * said[k];\n");
		}
	}
	if (f->intercept && f->outputs > 1)
		add_softmax(to, f->outputs);
	else
		g_string_append(to, "\tmemcpy(s, m, sizeof m);\n");
	g_string_append(to, "}\n");
}

unsigned c_model(GString *to, const ModelForm *f, unsigned *next)
{
	g_autofree unsigned *members = g_new(unsigned, MAX(f->count, (size_t)1));
	for (size_t i = 0; f->kind == FORM_ENSEMBLE && i < f->count; i++)
		members[i] = c_model(to, &f->members[i], next);
	unsigned number = (*next)++;
	switch (f->kind) {
	case FORM_CONSTANT:
		g_string_append_c(to, '\n');
		add_table(to, "score", number, f->scores, f->outputs);
		text_add(to,
		        "\nstatic void model_%u(const float *x, double *s)\n{\n\t(void)x;\n\tmemcpy(s, score_%u, "
		        "sizeof "
		        "score_%u);\n}\n",
		        number, number, number);
		break;
	case FORM_LINEAR:
		add_linear(to, f, number);
		break;
	case FORM_TREES:
		add_trees(to, f->trees, number);
		break;
	case FORM_NETWORK:
		add_network(to, f, number);
		break;
	case FORM_ENSEMBLE:
		add_members(to, f, members, number);
		break;
	}
	return number;
}
