/* export_c.c: a bundle as one file of C11 that needs nothing but the C library.
 *
 * The recipe becomes straight code, tables of categories are searched by halving; c_model.c writes the model. */
#include "export/export.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "export/c_model.h"
#include "export/calibrated.h"
#include "export/c_words.h"
#include "export/text.h"

static const char HEAD[] =
        "#include <float.h>\n#include <math.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
        "#include <string.h>\n\n"
        "#if defined __GNUC__\n#pragma GCC diagnostic ignored \"-Wunused-function\"\n#endif\n\n"
        "static double look_up(const char *text, const char *const *keys, const double *values, int count, double "
        "other,\n"
        "        double missing)\n"
        "{\n\tint low = 0, high = count - 1;\n\tif (!text)\n\t\treturn missing;\n"
        "\twhile (low <= high) {\n\t\tint middle = (low + high) / 2, order = strcmp(text, keys[middle]);\n"
        "\t\tif (order == 0)\n\t\t\treturn values[middle];\n\t\tif (order < 0)\n\t\t\thigh = middle - 1;\n"
        "\t\telse\n\t\t\tlow = middle + 1;\n\t}\n\treturn other;\n}\n\n"
        "static double look_up_number(double x, const double *keys, const double *values, int count, double other,\n"
        "        double missing)\n"
        "{\n\tif (isnan(x))\n\t\treturn missing;\n\tfor (int i = 0; i < count; i++)\n\t\tif (keys[i] == x)\n"
        "\t\t\treturn values[i];\n\treturn other;\n}\n\n"
        "static double bin(double x, const double *edges, int count)\n"
        "{\n\tint i = 0;\n\twhile (i < count && edges[i] <= x)\n\t\ti++;\n\treturn isnan(x) ? NAN : i;\n}\n\n"
        "static const char *join(const char *a, const char *between, const char *b, char *into, size_t room)\n"
        "{\n\tif (!a || !b)\n\t\treturn NULL;\n"
        "\tint size = snprintf(into, room, \"%s%s%s\", a, between, b);\n"
        "\treturn size >= 0 && (size_t)size < room ? into : \"\\001\"; /* too long to be known */\n}\n\n"
        "static float feature(double x)\n"
        "{\n\tif (!isfinite(x))\n\t\treturn NAN;\n"
        "\treturn x > FLT_MAX ? FLT_MAX : x < -FLT_MAX ? -FLT_MAX : (float)x;\n}\n\n";

/* Hinnant's civil_from_days, as feature/date_parts.c has it. */
static const char DATES[] =
        "static int64_t floor_div(int64_t a, int64_t b)\n{\n\treturn a / b - (a % b < 0);\n}\n\n"
        "enum { YEAR, MONTH, DAY, WEEKDAY, HOUR, MINUTE, MINUTE_OF_DAY, DAY_OF_YEAR, WEEK, IS_WEEKEND, EPOCH };\n\n"
        "static double date_part(double time_us, int part)\n{\n"
        "\tif (isnan(time_us))\n\t\treturn NAN;\n"
        "\tint64_t us = (int64_t)time_us, days = floor_div(us, 86400000000), rest = us - days * 86400000000;\n"
        "\tint weekday = (int)(((days + 3) % 7 + 7) % 7);\n"
        "\tint64_t z = (part == WEEK ? days + 3 - weekday : days) + 719468, era = floor_div(z, 146097);\n"
        "\tint64_t doe = z - era * 146097, yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;\n"
        "\tint64_t march = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * march + 2) / 153;\n"
        "\tint64_t day = march - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;\n"
        "\tint64_t year = yoe + era * 400 + (month <= 2);\n"
        "\tint leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;\n"
        "\tint64_t of_year = march < 306 ? march + 60 + leap : march - 305;\n"
        "\tswitch (part) {\n"
        "\tcase YEAR: return (double)year;\n\tcase MONTH: return (double)month;\n\tcase DAY: return (double)day;\n"
        "\tcase WEEKDAY: return weekday;\n\tcase HOUR: return (double)(rest / 3600000000);\n"
        "\tcase MINUTE: return (double)(rest / 60000000 % 60);\n\tcase MINUTE_OF_DAY: return (double)(rest / "
        "60000000);\n"
        "\tcase DAY_OF_YEAR: return (double)of_year;\n\tcase WEEK: return (double)((of_year - 1) / 7 + 1);\n"
        "\tcase IS_WEEKEND: return weekday >= 5;\n\tdefault: return (double)days + (double)rest / "
        "86400000000.0;\n\t}\n}\n\n";

static void add_table(GString *to, const char *name, unsigned number, const double *values, size_t count)
{
	text_add(to, "static const double %s_%u[] = ", name, number);
	text_values(to, false, values, count);
}

typedef struct Key {
	const char *text;
	double value;
} Key;

static int by_text(const void *a, const void *b)
{
	return strcmp(((const Key *)a)->text, ((const Key *)b)->text);
}

static void add_look_up_tables(GString *to, const LowerStep *s, unsigned number)
{
	size_t count = s->keys->len;
	g_autofree Key *keys = g_new(Key, MAX(count, (size_t)1));
	g_autofree double *values = g_new(double, MAX(count, (size_t)1));
	for (size_t i = 0; i < count; i++)
		keys[i] = (Key){s->keys->pdata[i], g_array_index(s->values, double, i)};
	if (s->op == LOWER_LOOK_UP_NUMBER) {
		add_table(to, "key", number, (double *)(void *)s->key_numbers->data, count);
		add_table(to, "value", number, (double *)(void *)s->values->data, count);
		return;
	}
	qsort(keys, count, sizeof *keys, by_text);
	text_add(to, "static const char *const key_%u[] = {", number);
	for (size_t i = 0; i < count; i++) {
		g_string_append(to, i ? (i % 8 ? ", " : ",\n\t") : "\n\t");
		text_string(to, keys[i].text);
		values[i] = keys[i].value;
	}
	g_string_append(to, count ? "};\n" : "NULL};\n");
	add_table(to, "value", number, values, count);
}

static void add_tables(GString *to, const Lowered *l)
{
	for (guint i = 0; i < l->steps->len; i++) {
		const LowerStep *s = l->steps->pdata[i];
		if (s->op == LOWER_LOOK_UP || s->op == LOWER_LOOK_UP_NUMBER)
			add_look_up_tables(to, s, i);
		if (s->op == LOWER_BIN)
			add_table(to, "edge", i, (double *)(void *)s->values->data, s->values->len);
		if (s->op == LOWER_WORDS)
			add_table(to, "idf", i, (double *)(void *)s->values->data, s->values->len);
	}
}

static void add_look_up(GString *to, const LowerStep *s, unsigned number)
{
	bool is_text = s->op == LOWER_LOOK_UP;
	text_add(to, "%s(%s%u, key_%u, value_%u, %u, ", is_text ? "look_up" : "look_up_number", is_text ? "t" : "n",
	        s->a, number, number, s->keys->len);
	text_double(to, s->other);
	g_string_append(to, ", ");
	text_double(to, s->missing);
	g_string_append(to, ")");
}

/* "n3 < low ? low : n3 > high ? high : n3": comparisons with NaN are false, so missing stays missing. */
static void add_bounds(GString *to, const LowerStep *s)
{
	if (!isnan(s->p)) {
		text_add(to, "n%u < ", s->a);
		text_double(to, s->p);
		g_string_append(to, " ? ");
		text_double(to, s->p);
		g_string_append(to, " : ");
	}
	if (!isnan(s->q)) {
		text_add(to, "n%u > ", s->a);
		text_double(to, s->q);
		g_string_append(to, " ? ");
		text_double(to, s->q);
		g_string_append(to, " : ");
	}
	text_add(to, "n%u", s->a);
}

static void add_with_number(
        GString *to, const char *before, unsigned a, const char *between, double p, const char *after)
{
	text_add(to, "%s%u%s", before, a, between);
	text_double(to, p);
	g_string_append(to, after);
}

static void add_expression(GString *to, const LowerStep *s, unsigned number, const char *const *inputs)
{
	g_autofree char *part = s->op == LOWER_DATE_PART ? g_ascii_strup(s->text, -1) : NULL;
	switch (s->op) {
	case LOWER_NUMBER:
	case LOWER_TEXT:
		text_add(to, "row->%s", inputs[s->index]);
		break;
	case LOWER_LOOK_UP:
	case LOWER_LOOK_UP_NUMBER:
		add_look_up(to, s, number);
		break;
	case LOWER_EQUALS:
		add_with_number(to, "n", s->a, " == ", s->p, "");
		break;
	case LOWER_AFFINE:
		add_with_number(to, "(n", s->a, " - ", s->p, ") / ");
		text_double(to, s->q);
		break;
	case LOWER_LOG:
		add_with_number(to, "copysign(log1p(fabs(n", s->a, " + ", s->p, ")), ");
		add_with_number(to, "n", s->a, " + ", s->p, ")");
		break;
	case LOWER_CLIP:
		add_bounds(to, s);
		break;
	case LOWER_FILL:
		text_add(to, "isfinite(n%u) ? n%u : ", s->a, s->a);
		text_double(to, s->p);
		break;
	case LOWER_ABSENT:
		text_add(to, "!isfinite(n%u)", s->a);
		break;
	case LOWER_FILL_TEXT:
		text_add(to, "t%u ? t%u : ", s->a, s->a);
		text_string(to, s->text);
		break;
	case LOWER_ABSENT_TEXT:
		text_add(to, "!t%u", s->a);
		break;
	case LOWER_BIN:
		text_add(to, "bin(n%u, edge_%u, %u)", s->a, number, s->values->len);
		break;
	case LOWER_RATIO:
		text_add(to, "n%u == 0 ? NAN : n%u / n%u", s->b, s->a, s->b);
		break;
	case LOWER_DIFFERENCE:
	case LOWER_PRODUCT:
	case LOWER_SUM:
		text_add(to, "n%u %c n%u", s->a, s->op == LOWER_SUM ? '+' : s->op == LOWER_PRODUCT ? '*' : '-', s->b);
		break;
	case LOWER_JOIN:
		text_add(to, "join(t%u, ", s->a);
		text_string(to, s->text);
		text_add(to, ", t%u, joined_%u, sizeof joined_%u)", s->b, number, number);
		break;
	case LOWER_DATE_PART:
		text_add(to, "date_part(n%u, %s)", s->a, part);
		break;
	case LOWER_ITEM:
		text_add(to, "w%u[%zu]", s->a, s->index);
		break;
	case LOWER_WORDS: /* a statement of its own */
		break;
	}
}

static void add_features(GString *to, const Lowered *l, const char *name, const char *const *inputs)
{
	text_add(to, "\nvoid %s_features(const %s_row *row, float *x)\n{\n", name, name);
	for (guint i = 0; i < l->steps->len; i++) {
		const LowerStep *s = l->steps->pdata[i];
		if (s->op == LOWER_WORDS) {
			export_c_words(to, s, i);
			continue;
		}
		if (s->op == LOWER_JOIN)
			text_add(to, "\tchar joined_%u[4096];\n", i);
		text_add(to, lower_is_text(s->op) ? "\tconst char *t%u = " : "\tdouble n%u = ", i);
		add_expression(to, s, i, inputs);
		g_string_append(to, ";\n");
	}
	for (guint k = 0; k < l->features->len; k++)
		text_add(to, "\tx[%u] = feature(n%u);\n", k, g_array_index(l->features, unsigned, k));
	for (guint i = 0; i < l->steps->len; i++) {
		LowerOp op = ((LowerStep *)l->steps->pdata[i])->op;
		text_add(to, "\t(void)%c%u;\n", op == LOWER_WORDS ? 'w' : lower_is_text(op) ? 't' : 'n', i);
	}
	g_string_append(to, "}\n");
}

/* Names that differ only in what C has no letters for get a number behind. */
static char **input_names(const Lowered *l)
{
	char **names = g_new0(char *, l->inputs->len + 1);
	for (guint i = 0; i < l->inputs->len; i++) {
		g_autofree char *plain = text_name(((const LowerInput *)l->inputs->pdata[i])->name);
		char *name = g_strdup_printf("in_%s", plain);
		for (unsigned again = 2; g_strv_contains((const char *const *)names, name); again++) {
			g_free(name);
			name = g_strdup_printf("in_%s_%u", plain, again);
		}
		names[i] = name;
	}
	return names;
}

static void add_row(GString *to, const ExportJob *job, const char *name, char **inputs)
{
	const Lowered *l = job->recipe;
	text_add(to,
	        "/* A row as it is in the data.  Numbers: NAN is missing; booleans: 0, 1.  Times: microseconds since "
	        "1970 "
	        "UTC.  Texts: NULL is\n * missing. */\ntypedef struct %s_row {\n",
	        name);
	for (guint i = 0; i < l->inputs->len; i++) {
		const LowerInput *in = l->inputs->pdata[i];
		text_add(to, "\t%s%s; /* %s */\n", strcmp(in->type, "text") == 0 ? "const char *" : "double ",
		        inputs[i], in->type);
	}
	text_add(to, "} %s_row;\n\nenum { %s_FEATURES = %u, %s_SCORES = %zu };\n\n", name, name, l->features->len, name,
	        bundle_outputs(job->bundle));
	text_add(to, "void %s_features(const %s_row *row, float *x); /* %s_FEATURES */\n", name, name, name);
	text_add(to, "void %s_score(const %s_row *row, double *scores); /* %s_SCORES: %s */\n", name, name, name,
	        bundle_classifies(job->bundle) ? "a probability for each class" : "the number");
	if (bundle_classifies(job->bundle))
		text_add(to,
		        "int %s_decide(const double *scores); /* place in %s_classes */\nextern const char *const "
		        "%s_classes[];\n",
		        name, name, name);
	g_string_append_c(to, '\n');
}

static void add_decision(GString *to, const Bundle *b, const char *name)
{
	if (!bundle_classifies(b))
		return;
	text_add(to, "\nconst char *const %s_classes[] = {", name);
	for (size_t k = 0; k < bundle_classes(b); k++) {
		g_string_append(to, k ? ", " : "");
		text_string(to, bundle_class(b, k));
	}
	text_add(to, "};\n\nint %s_decide(const double *scores)\n{\n", name);
	if (bundle_positive(b) >= 0) {
		text_add(to, "\treturn scores[%d] >= ", bundle_positive(b));
		text_double(to, json_get_number(bundle_header(b), "threshold", 0.5));
		text_add(to, " ? %d : %d;\n}\n", bundle_positive(b), 1 - bundle_positive(b));
		return;
	}
	text_add(to,
	        "\tint best = 0;\n\tfor (int k = 1; k < %zu; k++)\n\t\tif (scores[k] > scores[best])\n\t\t\tbest = k;\n"
	        "\treturn best;\n}\n",
	        bundle_classes(b));
}

/* With -DGYRE_MAIN: a program that scores lines of values with tabs between; an empty one is missing. */
static void add_main(GString *to, const ExportJob *job, const char *name, char **inputs)
{
	const Lowered *l = job->recipe;
	text_add(to,
	        "\n#ifdef GYRE_MAIN\nint main(void)\n{\n\tchar line[65536];\n"
	        "\twhile (fgets(line, sizeof line, stdin)) {\n\t\tchar *at = line;\n\t\tconst char *value[%u];\n"
	        "\t\t%s_row row;\n\t\tdouble scores[%s_SCORES];\n\t\tline[strcspn(line, \"\\n\")] = 0;\n"
	        "\t\tfor (int i = 0; i < %u; i++) {\n\t\t\tchar *end = at + strcspn(at, \"\\t\");\n"
	        "\t\t\tvalue[i] = end > at ? at : NULL;\n\t\t\tat = *end ? end + 1 : end;\n\t\t\t*end = 0;\n\t\t}\n",
	        MAX(l->inputs->len, 1u), name, name, l->inputs->len);
	for (guint i = 0; i < l->inputs->len; i++) {
		const LowerInput *in = l->inputs->pdata[i];
		if (strcmp(in->type, "text") == 0)
			text_add(to, "\t\trow.%s = value[%u];\n", inputs[i], i);
		else
			text_add(to, "\t\trow.%s = value[%u] ? strtod(value[%u], NULL) : NAN;\n", inputs[i], i, i);
	}
	text_add(to,
	        "\t\t%s_score(&row, scores);\n\t\tfor (int k = 0; k < %s_SCORES; k++)\n"
	        "\t\t\tprintf(\"%%s%%.17g\", k ? \"\\t\" : \"\", scores[k]);\n\t\tputchar('\\n');\n\t}\n\treturn "
	        "0;\n}\n#endif\n",
	        name, name);
}

static bool write_c(const ExportJob *job, GByteArray *to, GError **error)
{
	g_autofree char *name = text_name(job->name);
	g_auto(GStrv) inputs = input_names(job->recipe);
	g_autoptr(GString) text = g_string_new(NULL);
	unsigned next = 0;
	text_add(text,
	        "/* %s.c: a model written by Gyre %s.  cc -O2 -c %s.c; link with -lm.  With -DGYRE_MAIN it is a "
	        "program: "
	        "lines of\n * values with tabs between, in the order of the row below, become lines of scores. */\n",
	        name, GYRE_VERSION, name);
	g_string_append(text, HEAD);
	g_string_append(text, lower_has(job->recipe, LOWER_DATE_PART) ? DATES : "");
	g_string_append(text, lower_has(job->recipe, LOWER_WORDS) ? C_WORDS : "");
	c_model_types(text, job->form);
	add_row(text, job, name, inputs);
	add_tables(text, job->recipe);
	add_features(text, job->recipe, name, (const char *const *)inputs);
	unsigned model = c_model(text, job->form, &next);
	const json_t *calibration = json_object_get(bundle_header(job->bundle), "calibration");
	bool is_calibrated = json_is_object(calibration);
	if (is_calibrated && !calibrated_c(text, job->bundle, calibration, error))
		return false;
	text_add(text,
	        "\nvoid %1$s_score(const %1$s_row *row, double *scores)\n{\n\tfloat "
	        "x[%1$s_FEATURES];\n\t%1$s_features(row, "
	        "x);\n\tmodel_%2$u(x, scores);\n%3$s}\n",
	        name, model, is_calibrated ? "\tcalibrate(scores);\n" : "");
	add_decision(text, job->bundle, name);
	add_main(text, job, name, inputs);
	g_byte_array_append(to, (const guint8 *)text->str, (guint)text->len);
	return true;
}

const ExportKind EXPORT_C = {
        .name = "c",
        .help = "one file of C11 that needs nothing but the C library",
        .suffix = ".c",
        .takes_words = true,
        .write = write_c,
};
