/* onnx_recipe.c: steps as nodes, every place a tensor of rows x 1, numbers in double.  A missing text is the empty one. */
#include "export/onnx_recipe.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

#define DAY_US 86400e6

static const char *both(Onnx *o, const char *op, const char *a, const char *b)
{
	return onnx_node(o, op, a, b, NULL);
}

static const char *with(Onnx *o, const char *op, const char *a, double p)
{
	return both(o, op, a, onnx_number(o, p));
}

static const char *choose(Onnx *o, const char *condition, const char *yes, const char *no)
{
	return onnx_node(o, "Where", condition, yes, no);
}

static const char *truth(Onnx *o, const char *condition)
{
	return onnx_cast(o, condition, ONNX_DOUBLE);
}

static const char *is_absent(Onnx *o, const char *a)
{
	return both(o, "Or", onnx_node(o, "IsNaN", a, NULL, NULL), onnx_node(o, "IsInf", a, NULL, NULL));
}

static const char *floor_of(Onnx *o, const char *a, double by)
{
	return onnx_node(o, "Floor", with(o, "Div", a, by), NULL, NULL);
}

typedef struct Moment {
	const char *days, *rest, *weekday;
} Moment;

/* The quotient of two doubles may round up to the next day: put right by what is left over. */
static Moment moment_of(Onnx *o, const char *us)
{
	Moment m;
	const char *days = floor_of(o, us, DAY_US);
	const char *rest = both(o, "Sub", us, with(o, "Mul", days, DAY_US));
	const char *below = truth(o, with(o, "Less", rest, 0)),
	           *above = truth(o, with(o, "GreaterOrEqual", rest, DAY_US));
	const char *more = both(o, "Sub", above, below);
	m.days = both(o, "Add", days, more);
	m.rest = both(o, "Sub", rest, with(o, "Mul", more, DAY_US));
	const char *monday = with(o, "Add", m.days, 3);
	m.weekday = both(o, "Sub", monday, with(o, "Mul", floor_of(o, monday, 7), 7));
	return m;
}

typedef struct Date {
	const char *year, *month, *day, *of_year;
} Date;

static const char *divides(Onnx *o, const char *a, double by)
{
	return truth(o, both(o, "Equal", a, with(o, "Mul", floor_of(o, a, by), by)));
}

/* civil_from_days, as feature/date_parts.c has it. */
static Date date_of(Onnx *o, const char *days)
{
	Date d;
	const char *z = with(o, "Add", days, 719468), *era = floor_of(o, z, 146097);
	const char *doe = both(o, "Sub", z, with(o, "Mul", era, 146097));
	const char *years =
	        both(o, "Sub", both(o, "Add", both(o, "Sub", doe, floor_of(o, doe, 1460)), floor_of(o, doe, 36524)),
	                floor_of(o, doe, 146096));
	const char *yoe = floor_of(o, years, 365);
	const char *before =
	        both(o, "Sub", both(o, "Add", with(o, "Mul", yoe, 365), floor_of(o, yoe, 4)), floor_of(o, yoe, 100));
	const char *march = both(o, "Sub", doe, before);
	const char *mp = floor_of(o, with(o, "Add", with(o, "Mul", march, 5), 2), 153);
	d.day = with(o, "Add", both(o, "Sub", march, floor_of(o, with(o, "Add", with(o, "Mul", mp, 153), 2), 5)), 1);
	const char *wraps = truth(o, with(o, "GreaterOrEqual", mp, 10));
	d.month = both(o, "Sub", with(o, "Add", mp, 3), with(o, "Mul", wraps, 12));
	d.year = both(
	        o, "Add", both(o, "Add", yoe, with(o, "Mul", era, 400)), truth(o, with(o, "LessOrEqual", d.month, 2)));
	const char *leap =
	        both(o, "Add", both(o, "Sub", divides(o, d.year, 4), divides(o, d.year, 100)), divides(o, d.year, 400));
	d.of_year = choose(o, with(o, "Less", march, 306), both(o, "Add", with(o, "Add", march, 60), leap),
	        with(o, "Sub", march, 305));
	return d;
}

static const char *week_of(Onnx *o, const Moment *m)
{
	const char *thursday = both(o, "Sub", with(o, "Add", m->days, 3), m->weekday);
	const char *of_year = date_of(o, thursday).of_year;
	return with(o, "Add", floor_of(o, with(o, "Sub", of_year, 1), 7), 1);
}

static const char *date_part(Onnx *o, const char *us, const char *part)
{
	Moment m = moment_of(o, us);
	if (strcmp(part, "weekday") == 0)
		return m.weekday;
	if (strcmp(part, "hour") == 0)
		return floor_of(o, m.rest, 3600e6);
	if (strcmp(part, "minute_of_day") == 0)
		return floor_of(o, m.rest, 60e6);
	if (strcmp(part, "minute") == 0)
		return both(o, "Sub", floor_of(o, m.rest, 60e6), with(o, "Mul", floor_of(o, m.rest, 3600e6), 60));
	if (strcmp(part, "epoch") == 0)
		return both(o, "Add", m.days, with(o, "Div", m.rest, DAY_US));
	if (strcmp(part, "is_weekend") == 0) /* missing stays missing */
		return choose(o, onnx_node(o, "IsNaN", us, NULL, NULL), onnx_number(o, NAN),
		        truth(o, with(o, "GreaterOrEqual", m.weekday, 5)));
	if (strcmp(part, "week") == 0)
		return week_of(o, &m);
	Date d = date_of(o, m.days);
	return strcmp(part, "year") == 0    ? d.year
	       : strcmp(part, "month") == 0 ? d.month
	       : strcmp(part, "day") == 0   ? d.day
	                                    : d.of_year;
}

static const char *look_up(Onnx *o, const LowerStep *s, const char *a)
{
	size_t count = s->keys->len;
	g_autofree const char **keys = g_new(const char *, count + 1);
	g_autofree float *values = g_new(float, count + 1);
	for (size_t i = 0; i < count; i++) {
		keys[i] = s->keys->pdata[i];
		values[i] = (float)g_array_index(s->values, double, i);
	}
	keys[count] = "";
	values[count] = (float)s->missing;
	onnx_texts(o, "keys_strings", keys, count + 1);
	onnx_floats(o, "values_floats", values, count + 1);
	onnx_float(o, "default_float", (float)s->other);
	return onnx_cast(o, onnx_node(o, "ml.LabelEncoder", a, NULL, NULL), ONNX_DOUBLE);
}

static bool look_up_number(Onnx *o, const LowerStep *s, const char *a, const char **ret, GError **error)
{
	size_t count = s->key_numbers->len;
	const char *single = onnx_cast(o, a, ONNX_FLOAT);
	g_autofree float *keys = g_new(float, count + 1), *values = g_new(float, count + 1);
	for (size_t i = 0; i < count; i++) {
		double key = g_array_index(s->key_numbers, double, i);
		keys[i] = (float)key;
		values[i] = (float)g_array_index(s->values, double, i);
		if ((double)keys[i] != key)
			return fail(error, FAIL_INVALID,
			        "the category %.17g of a column of numbers cannot be said in ONNX exactly", key);
	}
	keys[count] = INFINITY; /* a list must not be empty */
	values[count] = (float)s->other;
	onnx_floats(o, "keys_floats", keys, count + 1);
	onnx_floats(o, "values_floats", values, count + 1);
	onnx_float(o, "default_float", (float)s->other);
	const char *found = onnx_node(o, "ml.LabelEncoder", single, NULL, NULL);
	*ret = choose(
	        o, onnx_node(o, "IsNaN", a, NULL, NULL), onnx_number(o, s->missing), onnx_cast(o, found, ONNX_DOUBLE));
	return true;
}

static const char *bin(Onnx *o, const LowerStep *s, const char *a)
{
	const char *missing = onnx_node(o, "IsNaN", a, NULL, NULL), *sum;
	if (s->values->len) {
		const char *edges = onnx_matrix(o, (const double *)(const void *)s->values->data, 0, s->values->len);
		const char *above = truth(o, both(o, "GreaterOrEqual", a, edges));
		sum = both(o, "ReduceSum", above, onnx_list(o, (const int64_t[]){1}, 1));
	} else {
		sum = onnx_number(o, 0);
	}
	return choose(o, missing, onnx_number(o, NAN), sum);
}

static const char *clip(Onnx *o, const LowerStep *s, const char *a)
{
	const char *low = isnan(s->p) ? a : choose(o, with(o, "Less", a, s->p), onnx_number(o, s->p), a);
	return isnan(s->q) ? low : choose(o, with(o, "Greater", low, s->q), onnx_number(o, s->q), low);
}

static const char *logarithm(Onnx *o, const LowerStep *s, const char *a)
{
	const char *v = with(o, "Add", a, s->p);
	const char *size = with(o, "Add", onnx_node(o, "Abs", v, NULL, NULL), 1);
	return both(o, "Mul", onnx_node(o, "Sign", v, NULL, NULL), onnx_node(o, "Log", size, NULL, NULL));
}

static const char *is_empty(Onnx *o, const char *a)
{
	return both(o, "Equal", a, onnx_string(o, ""));
}

static const char *join(Onnx *o, const LowerStep *s, const char *a, const char *b)
{
	const char *whole = both(o, "StringConcat", both(o, "StringConcat", a, onnx_string(o, s->text)), b);
	return choose(o, both(o, "Or", is_empty(o, a), is_empty(o, b)), onnx_string(o, ""), whole);
}

static const char *arithmetic(Onnx *o, const LowerStep *s, const char *a, const char *b)
{
	static const char *const OPS[] = {"Div", "Sub", "Mul", "Add"};
	const char *value = both(o, OPS[s->op - LOWER_RATIO], a, b);
	return s->op == LOWER_RATIO ? choose(o, with(o, "Equal", b, 0), onnx_number(o, NAN), value) : value;
}

static bool add_step(
        Onnx *o, const Lowered *l, const LowerStep *s, const char *const *place, const char **ret, GError **error)
{
	const char *a = place[s->a], *b = place[s->b];
	switch (s->op) {
	case LOWER_NUMBER:
	case LOWER_TEXT:
		*ret = ((const LowerInput *)l->inputs->pdata[s->index])->name;
		return true;
	case LOWER_LOOK_UP:
		*ret = look_up(o, s, a);
		return true;
	case LOWER_LOOK_UP_NUMBER:
		return look_up_number(o, s, a, ret, error);
	case LOWER_EQUALS:
		*ret = truth(o, with(o, "Equal", a, s->p));
		return true;
	case LOWER_AFFINE:
		*ret = with(o, "Div", with(o, "Sub", a, s->p), s->q);
		return true;
	case LOWER_LOG:
		*ret = logarithm(o, s, a);
		return true;
	case LOWER_CLIP:
		*ret = clip(o, s, a);
		return true;
	case LOWER_FILL:
		*ret = choose(o, is_absent(o, a), onnx_number(o, s->p), a);
		return true;
	case LOWER_ABSENT:
		*ret = truth(o, is_absent(o, a));
		return true;
	case LOWER_FILL_TEXT:
		*ret = choose(o, is_empty(o, a), onnx_string(o, s->text), a);
		return true;
	case LOWER_ABSENT_TEXT:
		*ret = truth(o, is_empty(o, a));
		return true;
	case LOWER_BIN:
		*ret = bin(o, s, a);
		return true;
	case LOWER_JOIN:
		*ret = join(o, s, a, b);
		return true;
	case LOWER_DATE_PART:
		*ret = date_part(o, a, s->text);
		return true;
	default:
		*ret = arithmetic(o, s, a, b);
		return true;
	}
}

bool onnx_recipe(Onnx *o, const Lowered *l, const char **ret, GError **error)
{
	g_autofree const char **place = g_new0(const char *, l->steps->len + 1),
	                      **wanted = g_new0(const char *, l->features->len + 1);
	for (guint i = 0; i < l->inputs->len; i++) {
		const LowerInput *in = l->inputs->pdata[i];
		onnx_input(o, in->name, strcmp(in->type, "text") == 0 ? ONNX_STRING : ONNX_DOUBLE, 1);
	}
	for (guint i = 0; i < l->steps->len; i++)
		if (!add_step(o, l, l->steps->pdata[i], place, &place[i], error))
			return false;
	for (guint k = 0; k < l->features->len; k++)
		wanted[k] = place[g_array_index(l->features, unsigned, k)];
	const char *all = onnx_concat(o, wanted, l->features->len);
	all = choose(o, is_absent(o, all), onnx_number(o, NAN), all);
	all = choose(o, with(o, "Greater", all, (double)FLT_MAX), onnx_number(o, (double)FLT_MAX), all);
	all = choose(o, with(o, "Less", all, -(double)FLT_MAX), onnx_number(o, -(double)FLT_MAX), all);
	*ret = onnx_cast(o, all, ONNX_FLOAT);
	return true;
}
