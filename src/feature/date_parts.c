/* date_parts.c: what a clock and a calendar say of a time: "date_hour", "date_weekday", ...
 *
 * UTC, Gregorian calendar also before 1582.  A missing time makes every part missing. */
#include <string.h>

#include "base/json.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const int64_t DAY_US = 86400LL * 1000000;

/* A time taken apart. */
typedef struct Moment {
	int64_t days; /* since 1970-01-01 */
	int64_t us;   /* of the day */
	int64_t year;
	int month, day;  /* 1.. */
	int day_of_year; /* 1.. */
	int weekday;     /* 0: Monday */
} Moment;

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: years begin in March, so that the
 * leap day is the last; an era has 400 years, 146,097 days. */
static void set_date(Moment *m)
{
	int64_t z = m->days + 719468, era = floor_div(z, 146097);
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * from_march + 2) / 153;
	m->day = (int)(from_march - (153 * month + 2) / 5 + 1);
	m->month = (int)(month < 10 ? month + 3 : month - 9);
	m->year = year_of_era + era * 400 + (m->month <= 2);
	bool leap = (m->year % 4 == 0 && m->year % 100 != 0) || m->year % 400 == 0;
	m->day_of_year = (int)(from_march < 306 ? from_march + 60 + leap : from_march - 305);
}

static Moment moment_of(int64_t us)
{
	Moment m = {.days = floor_div(us, DAY_US)};
	m.us = us - m.days * DAY_US;
	m.weekday = (int)(((m.days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	set_date(&m);
	return m;
}

static double part_year(const Moment *m)
{
	return (double)m->year;
}

static double part_month(const Moment *m)
{
	return m->month;
}

static double part_day(const Moment *m)
{
	return m->day;
}

static double part_weekday(const Moment *m)
{
	return m->weekday;
}

static double part_hour(const Moment *m)
{
	return (double)(m->us / 3600000000);
}

static double part_minute(const Moment *m)
{
	return (double)(m->us / 60000000 % 60);
}

static double part_minute_of_day(const Moment *m)
{
	return (double)(m->us / 60000000);
}

static double part_day_of_year(const Moment *m)
{
	return m->day_of_year;
}

/* ISO 8601: week 1 has the year's first Thursday; a week belongs to the year of its Thursday. */
static double part_week(const Moment *m)
{
	Moment thursday = {.days = m->days + 3 - m->weekday};
	set_date(&thursday);
	return (thursday.day_of_year - 1) / 7 + 1;
}

static double part_is_weekend(const Moment *m)
{
	return m->weekday >= 5;
}

static double part_epoch(const Moment *m)
{
	return (double)m->days + (double)m->us / (double)DAY_US;
}

static const struct {
	const char *name;
	ColumnType type;
	double (*value)(const Moment *m);
} PARTS[] = {
        {"year", COLUMN_INT, part_year},
        {"month", COLUMN_INT, part_month},
        {"day", COLUMN_INT, part_day},
        {"weekday", COLUMN_INT, part_weekday},
        {"hour", COLUMN_INT, part_hour},
        {"minute", COLUMN_INT, part_minute},
        {"minute_of_day", COLUMN_INT, part_minute_of_day},
        {"day_of_year", COLUMN_INT, part_day_of_year},
        {"week", COLUMN_INT, part_week},
        {"is_weekend", COLUMN_BOOL, part_is_weekend},
        {"epoch", COLUMN_REAL, part_epoch},
};

static const char *const PART_NAMES[] = {"year", "month", "day", "weekday", "hour", "minute", "minute_of_day",
        "day_of_year", "week", "is_weekend", "epoch", NULL};

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of times; a missing time makes its parts missing"),
        {.name = "parts",
                .type = PARAM_TEXTS,
                .preset = "[\"hour\", \"weekday\", \"month\"]",
                .choices = PART_NAMES,
                .help = "what to make, in UTC; weekday 0 is Monday, week is ISO's, epoch is days since 1970"},
        {0},
};

static size_t part_index(const char *name)
{
	size_t i = 0;
	while (strcmp(PARTS[i].name, name) != 0)
		i++;
	return i;
}

typedef struct DateParts {
	char *column;
	GPtrArray *names;
	GArray *parts; /* of size_t: places in PARTS */
} DateParts;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	DateParts *t = g_new0(DateParts, 1);
	size_t i;
	json_t *part;
	t->column = g_strdup(params_column(params, 0));
	t->names = g_ptr_array_new_with_free_func(g_free);
	t->parts = g_array_new(FALSE, FALSE, sizeof(size_t));
	json_array_foreach (json_object_get(params, "parts"), i, part) {
		size_t index = part_index(json_string_value(part));
		g_array_append_val(t->parts, index);
		g_ptr_array_add(t->names, g_strdup_printf("%s_%s", t->column, PARTS[index].name));
	}
	*ret = t;
	return true;
}

static void put(Column *c, size_t row, double value)
{
	if (c->type == COLUMN_BOOL)
		c->bools[row] = value != 0;
	else if (c->type == COLUMN_INT)
		c->ints[row] = (int64_t)value;
	else
		c->reals[row] = value;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const DateParts *t = context;
	const Column *times = rows_find(rows, t->column);
	g_autofree Column **made = g_new(Column *, t->parts->len);
	for (guint k = 0; k < t->parts->len; k++)
		made[k] = column_new(
		        t->names->pdata[k], PARTS[g_array_index(t->parts, size_t, k)].type, rows->rows, NULL);
	for (size_t row = 0; row < rows->rows; row++) {
		bool missing = column_is_missing(times, row);
		Moment m = moment_of(missing ? 0 : times->ints[row]);
		for (guint k = 0; k < t->parts->len; k++)
			if (missing)
				column_set_missing(made[k], row);
			else
				put(made[k], row, PARTS[g_array_index(t->parts, size_t, k)].value(&m));
	}
	for (guint k = 0; k < t->parts->len; k++)
		rows_append(rows, made[k]);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const DateParts *t = step->t;
	const RowValue *time = &values[step->from[0]];
	Moment m = moment_of(time->is_missing ? 0 : time->integer);
	for (guint k = 0; k < t->parts->len; k++) {
		size_t part = g_array_index(t->parts, size_t, k);
		double value = PARTS[part].value(&m);
		RowValue *into = &values[step->into + k];
		*into = (RowValue){.type = (uint8_t)PARTS[part].type, .is_missing = time->is_missing};
		if (into->type == COLUMN_BOOL)
			into->truth = value != 0;
		else if (into->type == COLUMN_INT)
			into->integer = (int64_t)value;
		else
			into->real = value;
	}
}

static void compile(const void *context, RowCompiler *to)
{
	const DateParts *t = context;
	row_run(to, run);
	for (guint k = 0; k < t->parts->len; k++)
		row_append(to, t->names->pdata[k], PARTS[g_array_index(t->parts, size_t, k)].type);
}

static void free_date_parts(void *context)
{
	DateParts *t = context;
	g_free(t->column);
	g_ptr_array_unref(t->names);
	g_array_unref(t->parts);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	size_t i;
	json_t *part;
	json_array_foreach (json_object_get(params, "parts"), i, part) {
		const char *name = json_string_value(part);
		outline_setf(columns, PARTS[part_index(name)].type, "%s_%s", params_column(params, 0), name);
	}
}

const TransformKind TRANSFORM_DATE_PARTS = {
        .name = "date_parts",
        .help = "hour, weekday and other parts of a time",
        .params = PARAMS,
        .takes = TAKES_TIME,
        .each = true,
        .consumes = true,
        .outline = outline,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_date_parts,
};
