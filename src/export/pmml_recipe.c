/* pmml_recipe.c: the steps of a recipe, each a derived field: look-ups as MapValues, bins as Discretize, the rest as arithmetic.
 *
 * Most functions of PMML give missing where an argument is missing, as numbers here do; where its own rule differs (min, max, concat), or a step
 * tells the missing from the rest, it is asked for first. */
#include "export/pmml_recipe.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "export/text.h"

/* In joined texts, in place of the separator U+001F, which XML cannot hold. */
#define SEPARATOR "\xe2\x90\x9f"

typedef struct Writer {
	Pmml *p;
	const Lowered *l;
	char **places; /* name of each step's field */
} Writer;

static char *field(const Writer *w, unsigned place)
{
	return pmml_field(w->places[place]);
}

static char *at_separator(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "\x1f", -1);
	return g_strjoinv(SEPARATOR, parts);
}

static void add_row(GString *to, const char *key, double value)
{
	g_autofree char *plain = at_separator(key);
	g_autofree char *escaped = pmml_escape(plain);
	g_autofree char *number = pmml_digits(value);
	text_add(to, "<row><k>%s</k><v>%s</v></row>", escaped, number);
}

/* "defaultValue" is what a key that is not in the table gives; without it, or without mapMissingTo, missing. */
static char *look_up(const Writer *w, const LowerStep *s)
{
	GString *to = g_string_new("<MapValues outputColumn=\"v\" dataType=\"double\"");
	g_autofree char *name = pmml_escape(w->places[s->a]);
	g_autofree char *other = pmml_digits(s->other);
	g_autofree char *missing = pmml_digits(s->missing);
	if (!isnan(s->other))
		text_add(to, " defaultValue=\"%s\"", other);
	if (!isnan(s->missing))
		text_add(to, " mapMissingTo=\"%s\"", missing);
	text_add(to, "><FieldColumnPair field=\"%s\" column=\"k\"/><InlineTable>", name);
	for (guint i = 0; i < s->keys->len; i++) {
		double value = g_array_index(s->values, double, i);
		g_autofree char *number =
		        s->op == LOWER_LOOK_UP ? NULL : pmml_digits(g_array_index(s->key_numbers, double, i));
		if (!isnan(value))
			add_row(to, number ? number : s->keys->pdata[i], value);
	}
	g_string_append(to, "</InlineTable></MapValues>");
	return g_string_free(to, FALSE);
}

/* Without a row a table says nothing: then it is but the other and the missing. */
static char *look_up_nothing(const Writer *w, const LowerStep *s)
{
	const char *name = w->places[s->a];
	if (isnan(s->other) && isnan(s->missing))
		return pmml_apply(
		        "if", pmml_apply("equal", pmml_number(0), pmml_number(1), NULL), pmml_number(0), NULL);
	if (isnan(s->missing))
		return pmml_if_there(name, pmml_number(s->other));
	return pmml_apply("if", pmml_apply("isMissing", pmml_field(name), NULL, NULL), pmml_number(s->missing),
	        isnan(s->other) ? NULL : pmml_number(s->other));
}

static char *clip(const Writer *w, const LowerStep *s)
{
	char *value = field(w, s->a);
	if (!isnan(s->p))
		value = pmml_apply("max", value, pmml_number(s->p), NULL);
	if (!isnan(s->q))
		value = pmml_apply("min", value, pmml_number(s->q), NULL);
	return pmml_if_there(w->places[s->a], value);
}

static char *logarithm(const Writer *w, const LowerStep *s)
{
	char *moved = pmml_apply("+", field(w, s->a), pmml_number(s->p), NULL);
	g_autofree char *name = pmml_derive(w->p, w->p->globals, "double", moved);
	char *size = pmml_apply("ln1p", pmml_apply("abs", pmml_field(name), NULL, NULL), NULL, NULL);
	char *negative = pmml_apply("*", g_strdup(size), pmml_number(-1), NULL);
	char *is_below = pmml_apply("lessThan", pmml_field(name), pmml_number(0), NULL);
	return pmml_if_there(name, pmml_apply("if", is_below, negative, size));
}

static char *bin(const Writer *w, const LowerStep *s)
{
	GString *to = g_string_new(NULL);
	g_autofree char *name = pmml_escape(w->places[s->a]);
	if (s->values->len == 0) {
		g_string_free(to, TRUE);
		return pmml_if_there(w->places[s->a], pmml_number(0));
	}
	text_add(to, "<Discretize field=\"%s\" dataType=\"double\">", name);
	for (guint i = 0; i <= s->values->len; i++) {
		g_autofree char *from = i ? pmml_digits(g_array_index(s->values, double, i - 1)) : NULL;
		g_autofree char *until = i < s->values->len ? pmml_digits(g_array_index(s->values, double, i)) : NULL;
		text_add(to, "<DiscretizeBin binValue=\"%u\"><Interval closure=\"%s\"", i,
		        from ? "closedOpen" : "openOpen");
		if (from)
			text_add(to, " leftMargin=\"%s\"", from);
		if (until)
			text_add(to, " rightMargin=\"%s\"", until);
		g_string_append(to, "/></DiscretizeBin>");
	}
	g_string_append(to, "</Discretize>");
	return g_string_free(to, FALSE);
}

static char *join(const Writer *w, const LowerStep *s)
{
	g_autofree char *between = at_separator(s->text);
	char *both = pmml_apply("and", pmml_apply("isNotMissing", field(w, s->a), NULL, NULL),
	        pmml_apply("isNotMissing", field(w, s->b), NULL, NULL), NULL);
	return pmml_apply("if", both, pmml_apply("concat", field(w, s->a), pmml_text(between), field(w, s->b)), NULL);
}

static char *indicator(const Writer *w, const LowerStep *s)
{
	char *is_it = pmml_apply("equal", field(w, s->a), pmml_number(s->p), NULL);
	char *inner = pmml_apply("if", is_it, pmml_number(1), pmml_number(0));
	return pmml_apply("if", pmml_apply("isMissing", field(w, s->a), NULL, NULL), pmml_number(0), inner);
}

static char *ratio(const Writer *w, const LowerStep *s)
{
	char *is_there = pmml_apply("notEqual", field(w, s->b), pmml_number(0), NULL);
	return pmml_if_there(w->places[s->b],
	        pmml_apply("if", is_there, pmml_apply("/", field(w, s->a), field(w, s->b), NULL), NULL));
}

/* Dates: Hinnant's civil_from_days, as feature/date_parts.c has it, over fields of their own.  Only where the time is there are they asked for. */

static char *less(char *a, double p)
{
	return pmml_apply("-", a, pmml_number(p), NULL);
}

static char *floored(char *a, double by)
{
	return pmml_apply("floor", pmml_apply("/", a, pmml_number(by), NULL), NULL, NULL);
}

/* a - by * floor(a / by); a: a field. */
static char *rest_of(const char *a, double by)
{
	return pmml_apply("-", pmml_field(a), pmml_apply("*", floored(pmml_field(a), by), pmml_number(by), NULL), NULL);
}

typedef struct Dates {
	Pmml *p;
	char *days, *rest, *weekday; /* names of fields */
} Dates;

static char *derive(const Dates *d, char *expression)
{
	return pmml_derive(d->p, d->p->globals, "double", expression);
}

typedef enum Civil { CIVIL_YEAR, CIVIL_MONTH, CIVIL_DAY, CIVIL_OF_YEAR } Civil;

/* 1 where a field is below a bound, else 0. */
static char *is_below(const char *name, double bound)
{
	return pmml_apply("if", pmml_apply("lessThan", pmml_field(name), pmml_number(bound), NULL), pmml_number(1),
	        pmml_number(0));
}

static char *is_leap(const Dates *d, const char *year)
{
	g_autofree char *by_4 = derive(d, rest_of(year, 4));
	g_autofree char *by_100 = derive(d, rest_of(year, 100));
	g_autofree char *by_400 = derive(d, rest_of(year, 400));
	char *most = pmml_apply("and", pmml_apply("equal", pmml_field(by_4), pmml_number(0), NULL),
	        pmml_apply("notEqual", pmml_field(by_100), pmml_number(0), NULL), NULL);
	char *leap = pmml_apply("or", most, pmml_apply("equal", pmml_field(by_400), pmml_number(0), NULL), NULL);
	return pmml_apply("if", leap, pmml_number(1), pmml_number(0));
}

/* days: a field of days since 1970. */
static char *civil(const Dates *d, const char *days, Civil what)
{
	g_autofree char *z = derive(d, pmml_apply("+", pmml_field(days), pmml_number(719468), NULL));
	g_autofree char *era = derive(d, floored(pmml_field(z), 146097));
	g_autofree char *doe = derive(d, rest_of(z, 146097));
	char *shifted = pmml_apply("-", pmml_field(doe), floored(pmml_field(doe), 1460), NULL);
	shifted = pmml_apply("+", shifted, floored(pmml_field(doe), 36524), NULL);
	shifted = pmml_apply("-", shifted, floored(pmml_field(doe), 146096), NULL);
	g_autofree char *yoe = derive(d, floored(shifted, 365));
	char *past = pmml_apply(
	        "+", pmml_apply("*", pmml_field(yoe), pmml_number(365), NULL), floored(pmml_field(yoe), 4), NULL);
	past = pmml_apply("-", past, floored(pmml_field(yoe), 100), NULL);
	g_autofree char *march = derive(d, pmml_apply("-", pmml_field(doe), past, NULL));
	char *fifths = pmml_apply("+", pmml_apply("*", pmml_field(march), pmml_number(5), NULL), pmml_number(2), NULL);
	g_autofree char *mp = derive(d, floored(fifths, 153));
	char *of_months =
	        pmml_apply("+", pmml_apply("*", pmml_field(mp), pmml_number(153), NULL), pmml_number(2), NULL);
	if (what == CIVIL_DAY)
		return pmml_apply(
		        "+", pmml_apply("-", pmml_field(march), floored(of_months, 5), NULL), pmml_number(1), NULL);
	g_free(of_months);
	char *late = pmml_apply("*", is_below(mp, 10), pmml_number(12), NULL);
	g_autofree char *month = derive(d, pmml_apply("+", less(pmml_field(mp), 9), late, NULL));
	if (what == CIVIL_MONTH)
		return pmml_field(month);
	char *years = pmml_apply("+", pmml_field(yoe), pmml_apply("*", pmml_field(era), pmml_number(400), NULL), NULL);
	g_autofree char *year = derive(d, pmml_apply("+", years, is_below(month, 3), NULL));
	if (what == CIVIL_YEAR)
		return pmml_field(year);
	char *early =
	        pmml_apply("+", pmml_apply("+", pmml_field(march), pmml_number(60), NULL), is_leap(d, year), NULL);
	char *before = pmml_apply("lessThan", pmml_field(march), pmml_number(306), NULL);
	return pmml_apply("if", before, early, less(pmml_field(march), 305));
}

static char *week(const Dates *d)
{
	char *thursday = pmml_apply(
	        "-", pmml_apply("+", pmml_field(d->days), pmml_number(3), NULL), pmml_field(d->weekday), NULL);
	g_autofree char *days = derive(d, thursday);
	return pmml_apply("+", floored(less(civil(d, days, CIVIL_OF_YEAR), 1), 7), pmml_number(1), NULL);
}

static char *date_expression(const Dates *d, const char *part)
{
	static const struct {
		const char *name;
		Civil what;
	} CIVILS[] = {{"year", CIVIL_YEAR}, {"month", CIVIL_MONTH}, {"day", CIVIL_DAY}, {"day_of_year", CIVIL_OF_YEAR}};
	for (size_t i = 0; i < G_N_ELEMENTS(CIVILS); i++)
		if (g_str_equal(CIVILS[i].name, part))
			return civil(d, d->days, CIVILS[i].what);
	if (g_str_equal(part, "weekday"))
		return pmml_field(d->weekday);
	if (g_str_equal(part, "is_weekend"))
		return pmml_apply("-", pmml_number(1), is_below(d->weekday, 5), NULL);
	if (g_str_equal(part, "hour"))
		return floored(pmml_field(d->rest), 3600e6);
	if (g_str_equal(part, "minute_of_day"))
		return floored(pmml_field(d->rest), 60e6);
	if (g_str_equal(part, "week"))
		return week(d);
	if (g_str_equal(part, "minute")) {
		g_autofree char *minutes = derive(d, floored(pmml_field(d->rest), 60e6));
		return rest_of(minutes, 60);
	}
	return pmml_apply(
	        "+", pmml_field(d->days), pmml_apply("/", pmml_field(d->rest), pmml_number(86400e6), NULL), NULL);
}

static char *date_part(const Writer *w, const LowerStep *s)
{
	Dates d = {.p = w->p};
	g_autofree char *days = derive(&d, floored(field(w, s->a), 86400e6));
	g_autofree char *rest = derive(&d, rest_of(w->places[s->a], 86400e6));
	g_autofree char *from_monday = derive(&d, pmml_apply("+", pmml_field(days), pmml_number(3), NULL));
	g_autofree char *weekday = derive(&d, rest_of(from_monday, 7));
	d.days = days;
	d.rest = rest;
	d.weekday = weekday;
	return pmml_if_there(w->places[s->a], date_expression(&d, s->text));
}

static char *expression(const Writer *w, const LowerStep *s)
{
	switch (s->op) {
	case LOWER_LOOK_UP:
	case LOWER_LOOK_UP_NUMBER:
		return s->keys->len ? look_up(w, s) : look_up_nothing(w, s);
	case LOWER_EQUALS:
		return indicator(w, s);
	case LOWER_AFFINE:
		return pmml_apply("/", less(field(w, s->a), s->p), pmml_number(s->q), NULL);
	case LOWER_LOG:
		return logarithm(w, s);
	case LOWER_CLIP:
		return clip(w, s);
	case LOWER_FILL:
		return pmml_field_or(w->places[s->a], s->p);
	case LOWER_ABSENT:
	case LOWER_ABSENT_TEXT:
		return pmml_apply(
		        "if", pmml_apply("isMissing", field(w, s->a), NULL, NULL), pmml_number(1), pmml_number(0));
	case LOWER_FILL_TEXT:
		return pmml_apply(
		        "if", pmml_apply("isMissing", field(w, s->a), NULL, NULL), pmml_text(s->text), field(w, s->a));
	case LOWER_BIN:
		return bin(w, s);
	case LOWER_RATIO:
		return ratio(w, s);
	case LOWER_DIFFERENCE:
		return pmml_apply("-", field(w, s->a), field(w, s->b), NULL);
	case LOWER_PRODUCT:
		return pmml_apply("*", field(w, s->a), field(w, s->b), NULL);
	case LOWER_SUM:
		return pmml_apply("+", field(w, s->a), field(w, s->b), NULL);
	case LOWER_JOIN:
		return join(w, s);
	default:
		return date_part(w, s);
	}
}

/* Texts of a step that go into the document. */
static bool check_texts(const LowerStep *s, GError **error)
{
	bool ok = true;
	for (guint i = 0; s->op == LOWER_LOOK_UP && i < s->keys->len; i++) {
		g_autofree char *key = at_separator(s->keys->pdata[i]);
		bool is_odd = strstr(s->keys->pdata[i], SEPARATOR) != NULL;
		ok = ok && pmml_can_hold(key) && !is_odd;
	}
	g_autofree char *text = s->text ? at_separator(s->text) : NULL;
	if (ok && (!text || pmml_can_hold(text)))
		return true;
	return fail(error, FAIL_INVALID,
	        "the recipe has a category with a control character, which PMML (XML) has no way to say");
}

bool pmml_recipe(Pmml *p, const Lowered *l, GError **error)
{
	g_auto(GStrv) places = g_new0(char *, l->steps->len + 1);
	Writer w = {p, l, places};
	for (guint i = 0; i < l->steps->len; i++) {
		const LowerStep *s = l->steps->pdata[i];
		if (!check_texts(s, error))
			return false;
		if (s->op == LOWER_NUMBER || s->op == LOWER_TEXT)
			places[i] = g_strdup(((const LowerInput *)l->inputs->pdata[s->index])->name);
		else
			places[i] = pmml_derive(
			        p, p->globals, lower_is_text(s->op) ? "string" : "double", expression(&w, s));
	}
	for (guint k = 0; k < l->features->len; k++) {
		char *name = pmml_name(p, "x");
		pmml_derive_named(p->globals, name, l->names->pdata[k], "float",
		        pmml_field(places[g_array_index(l->features, unsigned, k)]));
		g_ptr_array_add(p->features, name);
	}
	return true;
}
