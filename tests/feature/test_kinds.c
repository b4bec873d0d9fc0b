/* test_kinds.c: what each transform computes, by closed forms and values from elsewhere. */
#include "feature/transform.h"

#include "base/error.h"
#include "base/rng.h"
#include "rows.h"

/* A transform learnt on some rows. */
typedef struct Learnt {
	const TransformKind *kind;
	json_t *params, *state;
	void *t;
} Learnt;

static Learnt learn(const char *kind, const char *params, const Frame *rows, const double *target)
{
	Learnt l = {.kind = transform_find(kind)};
	json_auto_t *given = json_of(params);
	g_autoptr(GError) error = NULL;
	void *fit;
	param_fill(l.kind->params, kind, given, &l.params, &error);
	g_assert_no_error(error);
	if (transform_learns(l.kind, l.params)) {
		g_assert_true(l.kind->begin(l.params, &fit, NULL));
		g_assert_true(l.kind->absorb(fit, rows, target, NULL));
		g_assert_true(l.kind->finish(fit, &l.state, NULL));
		l.kind->free_fit(fit);
	}
	l.kind->load(l.params, l.state, &l.t, &error);
	g_assert_no_error(error);
	return l;
}

static void forget(Learnt *l)
{
	l->kind->free(l->t);
	json_decref(l->params);
	json_decref(l->state);
}

static void apply(const Learnt *l, Frame *rows)
{
	g_autoptr(GError) error = NULL;
	l->kind->apply(l->t, rows, &error);
	g_assert_no_error(error);
}

/* The values of a column, NaN for missing, are these. */
static void expect(const Frame *rows, const char *name, const double *values)
{
	const Column *c = frame_find(rows, name);
	if (!c)
		g_error("no column %s", name);
	for (size_t i = 0; i < rows->rows; i++) {
		double is = column_number(c, i);
		if (!same_number(is, values[i]) && !(fabs(is - values[i]) <= 1e-12 * fabs(values[i])))
			g_error("%s[%zu] is %.17g instead of %.17g", name, i, is, values[i]);
	}
}
#define EXPECT(rows, name, ...) expect(rows, name, (const double[]){__VA_ARGS__})

static void test_one_hot(void)
{
	g_autoptr(Frame) rows = rows_of("s:text\nB\nA\nA\nC\nC\nC\n\nother\nmissing\nD");
	Learnt l = learn("one_hot", "{\"columns\": \"s\", \"max_categories\": 2}", rows, NULL);
	apply(&l, rows);
	/* A (2) and C (3) are kept; B, D and the text "other" are other; the text "missing" is missing. */
	EXPECT(rows, "s=A", 0, 1, 1, 0, 0, 0, 0, 0, 0, 0);
	EXPECT(rows, "s=C", 0, 0, 0, 1, 1, 1, 0, 0, 0, 0);
	EXPECT(rows, "s=other", 1, 0, 0, 0, 0, 0, 0, 1, 0, 1);
	EXPECT(rows, "s=missing", 0, 0, 0, 0, 0, 0, 1, 0, 1, 0);
	g_assert_cmpuint(rows->columns->len, ==, 5);
	g_autoptr(Frame) fresh = rows_of("s:text\nnew\nA");
	apply(&l, fresh);
	EXPECT(fresh, "s=other", 1, 0);
	forget(&l);
}

/* Of equals the first in order is kept; numbers are in order of value; without rare or missing rows there is no column
 * for them, and such values are all zeros. */
static void test_one_hot_order(void)
{
	g_autoptr(Frame) rows = rows_of("n:int\n10\n9\n10\n9\n-1\n-1");
	Learnt l = learn("one_hot", "{\"columns\": [\"n\"]}", rows, NULL);
	g_autoptr(Frame) fresh = rows_of("n:int\n9\n\n5");
	apply(&l, fresh);
	g_assert_cmpuint(fresh->columns->len, ==, 4);
	g_assert_cmpstr(((Column *)fresh->columns->pdata[1])->name, ==, "n=-1");
	g_assert_cmpstr(((Column *)fresh->columns->pdata[2])->name, ==, "n=9");
	EXPECT(fresh, "n=9", 1, 0, 0);
	EXPECT(fresh, "n=10", 0, 0, 0);
	forget(&l);
	l = learn("one_hot", "{\"columns\": [\"n\"], \"max_categories\": 1, \"min_count\": 2}", rows, NULL);
	g_autofree char *state = json_canonical(l.state);
	g_assert_cmpstr(state, ==, "{\"categories\":[\"-1\"],\"missing\":false,\"other\":true}");
	forget(&l);
}

/* Bucket of a word: FNV-1a, 64 bits; that of "foobar" is 0x85944171f73967e8 (the authors' own test value). */
static uint64_t fnv(const char *word)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (; *word; word++)
		hash = (hash ^ (unsigned char)*word) * UINT64_C(0x100000001b3);
	return hash;
}

static double bucket(const Frame *rows, const char *word, size_t row)
{
	g_autofree char *name = g_strdup_printf("s~%d", (int)(fnv(word) % 1000));
	return column_number(frame_find(rows, name), row);
}

/* Case, punctuation and short words; UTF-8; missing texts.  Idf: 2 rows of 3 have "spam", 1 has "ham": 1 + ln(4 / 3), 1 + ln(4 / 2). */
static void test_words(void)
{
	g_autoptr(Frame) rows = rows_of("s:text\nSpam SPAM a ham!\nspam-gr\xc3\xbc\xc3\x9f"
	                                "e\n\n");
	Learnt l = learn("words", "{\"columns\": \"s\", \"buckets\": 1000, \"weight\": \"count\"}", rows, NULL);
	g_assert_true(fnv("foobar") == UINT64_C(0x85944171f73967e8));
	g_assert_null(l.state);
	apply(&l, rows);
	g_assert_cmpuint(rows->columns->len, ==, 1001);
	g_assert_cmpfloat(bucket(rows, "spam", 0), ==, 2);
	g_assert_cmpfloat(bucket(rows, "ham", 0), ==, 1);
	g_assert_cmpfloat(bucket(rows, "a", 0), ==, 0);
	g_assert_cmpfloat(bucket(rows, "spam", 1), ==, 1);
	g_assert_cmpfloat(bucket(rows,
	                          "gr\xc3\xbc\xc3\x9f"
	                          "e",
	                          1),
	        ==, 1);
	g_assert_cmpfloat(bucket(rows, "spam", 2), ==, 0);
	forget(&l);
	g_autoptr(Frame) weighed = rows_of("s:text\nSpam spam ham\nspam\n");
	l = learn("words", "{\"columns\": \"s\", \"buckets\": 1000, \"weight\": \"tf_idf\"}", weighed, NULL);
	apply(&l, weighed);
	double spam = log(3) * (1 + log(4.0 / 3)), ham = log(2) * (1 + log(2));
	g_assert_cmpfloat_with_epsilon(bucket(weighed, "spam", 0), spam / hypot(spam, ham), 1e-12);
	g_assert_cmpfloat_with_epsilon(bucket(weighed, "ham", 0), ham / hypot(spam, ham), 1e-12);
	g_assert_cmpfloat_with_epsilon(bucket(weighed, "spam", 1), 1, 1e-12);
	forget(&l);
	g_autoptr(Frame) pairs = rows_of("s:text\nfree cash now\ncash free now");
	l = learn("words", "{\"columns\": \"s\", \"buckets\": 4096, \"weight\": \"binary\", \"pairs\": true}", pairs,
	        NULL);
	apply(&l, pairs);
	double ones = 0, differ = 0;
	for (size_t j = 1; j < pairs->columns->len; j++) {
		const Column *c = pairs->columns->pdata[j];
		ones += c->reals[0];
		differ += c->reals[0] != c->reals[1];
	}
	g_assert_cmpfloat(ones, ==, 5); /* three words, two pairs */
	g_assert_cmpfloat(differ, ==, 4);
	forget(&l);
}

static void test_ordinal(void)
{
	g_autoptr(Frame) rows = rows_of("s:text,n:real\nb,10\nB,9\na,1e3\n,nan\nb,-0\nb,0");
	Learnt texts = learn("ordinal", "{\"columns\": [\"s\"]}", rows, NULL);
	Learnt numbers = learn("ordinal", "{\"columns\": [\"n\"]}", rows, NULL);
	apply(&texts, rows);
	apply(&numbers, rows);
	EXPECT(rows, "s_code", 2, 0, 1, NAN, 2, 2);
	EXPECT(rows, "n_code", 2, 1, 3, NAN, 0, 0);
	g_autoptr(Frame) fresh = rows_of("s:text\nc\nb");
	apply(&texts, fresh);
	EXPECT(fresh, "s_code", NAN, 2);
	forget(&texts);
	forget(&numbers);
}

static void test_category(void)
{
	g_autoptr(Frame) rows = rows_of("s:text\nb\nb\na\na\nb\nonce\n\nc\nc");
	Learnt l = learn("category", "{\"columns\": [\"s\"]}", rows, NULL);
	g_autoptr(Frame) fresh = rows_of("s:text\nc\na\nb\nonce\nnever\n");
	apply(&l, fresh);
	EXPECT(fresh, "s_category", 2, 0, 1, NAN, NAN, NAN);
	forget(&l);
	l = learn("category", "{\"columns\": [\"s\"], \"max_categories\": 2, \"min_count\": 1}", rows, NULL);
	g_autofree char *state = json_canonical(l.state);
	g_assert_cmpstr(state, ==, "{\"categories\":[\"a\",\"b\"]}"); /* of a and c, as frequent, the first in order */
	forget(&l);
}

static void test_count(void)
{
	g_autoptr(Frame) rows = rows_of("s:text\na\na\nb\nb\nb\nonce\n\n");
	Learnt l = learn("count", "{\"columns\": [\"s\"]}", rows, NULL);
	g_autoptr(Frame) fresh = rows_of("s:text\na\nb\nonce\nnever\n");
	apply(&l, fresh);
	EXPECT(fresh, "s_count", 2 / 8.0, 3 / 8.0, 0, 0, 2 / 8.0);
	forget(&l);
}

static void test_target_mean(void)
{
	g_autoptr(Frame) rows = rows_of("s:text\na\na\na\nb\nb\nonce\n\na");
	const double number[] = {
	        1, 2, 6, 10, 20, 100, 5, NAN}; /* prior (1+2+6+10+20+100+5)/7; the last row does not count */
	const double prior = 144 / 7.0;
	Learnt l = learn("target_mean", "{\"columns\": [\"s\"], \"smoothing\": 4}", rows, number);
	g_autoptr(Frame) fresh = rows_of("s:text\na\nb\nonce\nnever\n");
	apply(&l, fresh);
	EXPECT(fresh, "s_mean", (9 + 4 * prior) / 7, (30 + 4 * prior) / 6, prior, prior, prior);
	forget(&l);
	const double two[] = {0, 1, 1, 0, 1, 1, -1, NAN}; /* prior 4/6 */
	l = learn("target_mean", "{\"columns\": [\"s\"], \"smoothing\": 0, \"classes\": [\"n\", \"y\"]}", rows, two);
	g_autoptr(Frame) again = rows_of("s:text\na\nb\nonce\n");
	apply(&l, again);
	EXPECT(again, "s_mean", 2 / 3.0, 0.5, 4 / 6.0, 4 / 6.0);
	forget(&l);
}

static void test_target_mean_classes(void)
{
	g_autoptr(Frame) rows = rows_of("s:text,n:int\na,1\na,1\na,2\nb,1\nb,1\nb,1");
	const double three[] = {0, 1, 2, 2, 2, 0};
	Learnt l = learn("target_mean",
	        "{\"columns\": [\"s\"], \"smoothing\": 1, \"classes\": [\"x\", \"y\", \"z\"], \"min_count\": 1}", rows,
	        three);
	apply(&l, rows);
	/* priors 2/6, 1/6, 3/6 */
	const double a_x = (1 + 2 / 6.0) / 4, b_x = a_x, a_z = (1 + 0.5) / 4, b_z = (2 + 0.5) / 4;
	EXPECT(rows, "s_mean=x", a_x, a_x, a_x, b_x, b_x, b_x);
	EXPECT(rows, "s_mean=z", a_z, a_z, a_z, b_z, b_z, b_z);
	EXPECT(rows, "s_mean=y", (1 + 1 / 6.0) / 4, (1 + 1 / 6.0) / 4, (1 + 1 / 6.0) / 4, 1 / 24.0, 1 / 24.0, 1 / 24.0);
	forget(&l);
	const double number[] = {1, 3, 5, 7, 8, 9};
	l = learn("target_mean", "{\"columns\": [\"s\", \"n\"], \"cross\": true, \"smoothing\": 0, \"min_count\": 1}",
	        rows, number);
	g_autoptr(Frame) fresh = rows_of("s:text,n:int\na,1\na,2\nb,1\nb,2\n,1");
	apply(&l, fresh);
	EXPECT(fresh, "s_x_n_mean", 2, 5, 8, 5.5, 5.5);
	forget(&l);
}

/* What is said without a piece: the other rows' sums, mixed with the prior of all. */
static void test_target_mean_without(void)
{
	g_autoptr(Frame) rows = rows_of("s:text\na\na\na\nb\nb");
	g_autoptr(Frame) some = rows_of("s:text\nb\na"); /* another dictionary */
	const double number[] = {1, 2, 6, 10, 20}, of_some[] = {20, 6};
	json_auto_t *given = json_of("{\"columns\": [\"s\"], \"smoothing\": 5}");
	json_auto_t *params = NULL;
	json_auto_t *members = NULL;
	json_auto_t *state = NULL;
	const TransformKind *kind = transform_find("target_mean");
	void *all, *piece, *t;
	param_fill(kind->params, "", given, &params, NULL);
	kind->begin(params, &all, NULL);
	kind->begin(params, &piece, NULL);
	kind->absorb(all, rows, number, NULL);
	kind->absorb(piece, some, of_some, NULL);
	g_assert_true(kind->finish(all, &state, NULL));
	g_assert_true(kind->finish_without(all, piece, &members, NULL));
	json_object_update(state, members);
	g_assert_true(kind->load(params, state, &t, NULL));
	g_autoptr(Frame) fresh = rows_of("s:text\na\nb\nc");
	kind->apply(t, fresh, NULL);
	const double prior = 39 / 5.0;
	EXPECT(fresh, "s_mean", (3 + 5 * prior) / 7, (10 + 5 * prior) / 6, prior);
	kind->free(t);
	kind->free_fit(all);
	kind->free_fit(piece);
}

#define ALL_PARTS                                                                                              \
	"{\"columns\": [\"t\"], \"parts\": [\"year\", \"month\", \"day\", \"weekday\", \"hour\", \"minute\", " \
	"\"minute_of_day\", \"day_of_year\", \"week\", \"is_weekend\", \"epoch\"]}"

/* Python's datetime: date(2001, 1, 31).isocalendar() is week 5, day 3; 2000-02-29 week 9 Tuesday; 1969-12-31 week 1
 * Wednesday; 2021-01-03 week 53 Sunday; 1600-12-31 week 52 Sunday; year 1, January 1 week 1 Monday. */
static void test_date_parts(void)
{
	g_autoptr(Frame) rows = rows_of("t:time\n2001-01-31 08:05:59\n2000-02-29 23:59:00\n1969-12-31 23:00:00\n"
	                                "2021-01-03\n1600-12-31\n0001-01-01\n");
	Learnt l = learn("date_parts", ALL_PARTS, rows, NULL);
	apply(&l, rows);
	EXPECT(rows, "t_year", 2001, 2000, 1969, 2021, 1600, 1, NAN);
	EXPECT(rows, "t_month", 1, 2, 12, 1, 12, 1, NAN);
	EXPECT(rows, "t_day", 31, 29, 31, 3, 31, 1, NAN);
	EXPECT(rows, "t_weekday", 2, 1, 2, 6, 6, 0, NAN);
	EXPECT(rows, "t_hour", 8, 23, 23, 0, 0, 0, NAN);
	EXPECT(rows, "t_minute", 5, 59, 0, 0, 0, 0, NAN);
	EXPECT(rows, "t_minute_of_day", 485, 1439, 1380, 0, 0, 0, NAN);
	EXPECT(rows, "t_day_of_year", 31, 60, 365, 3, 366, 1, NAN);
	EXPECT(rows, "t_week", 5, 9, 1, 53, 52, 1, NAN);
	EXPECT(rows, "t_is_weekend", 0, 0, 0, 1, 1, 0, NAN);
	const double hour = 1 / 24.0;
	EXPECT(rows, "t_epoch", 11353 + (8 * 3600 + 5 * 60 + 59) / 86400.0, 11016 + 1439 / 1440.0, -hour, 18630,
	        -134775, -719162, NAN);
	forget(&l);
}

/* Every day of 800 years beside GLib's calendar. */
static void test_calendar(void)
{
	g_autoptr(Frame) rows = frame_new(800 * 366);
	Column *times = column_new("t", COLUMN_TIME, rows->rows, NULL);
	frame_add(rows, times);
	for (size_t i = 0; i < rows->rows; i++)
		times->ints[i] = ((int64_t)i - 400 * 366) * 86400 * 1000000 + (int64_t)(i % 86400) * 1000000;
	Learnt l = learn("date_parts", ALL_PARTS, rows, NULL);
	apply(&l, rows);
	for (size_t i = 0; i < rows->rows; i++) {
		g_autoptr(GDateTime) day = g_date_time_new_from_unix_utc(times->ints[i] / 1000000);
		g_assert_cmpint(frame_find(rows, "t_year")->ints[i], ==, g_date_time_get_year(day));
		g_assert_cmpint(frame_find(rows, "t_month")->ints[i], ==, g_date_time_get_month(day));
		g_assert_cmpint(frame_find(rows, "t_day")->ints[i], ==, g_date_time_get_day_of_month(day));
		g_assert_cmpint(frame_find(rows, "t_weekday")->ints[i], ==, g_date_time_get_day_of_week(day) - 1);
		g_assert_cmpint(frame_find(rows, "t_day_of_year")->ints[i], ==, g_date_time_get_day_of_year(day));
		g_assert_cmpint(frame_find(rows, "t_week")->ints[i], ==, g_date_time_get_week_of_year(day));
		g_assert_cmpint(frame_find(rows, "t_hour")->ints[i], ==, g_date_time_get_hour(day));
	}
	forget(&l);
}

/* NumPy 1.24: mean and std of 1, 2, 4, 9 are 4 and sqrt(9.5); percentiles 25, 50, 75 are 1.75, 3, 5.25. */
static void test_scale(void)
{
	g_autoptr(Frame) rows =
	        rows_of("x:real,n:int,c:real,none:real\n1,9,5,\n2,4,5,nan\n4,2,5,\n9,1,5,\nnan,,,\ninf,,5,");
	Learnt standard = learn("scale", "{\"columns\": [\"x\"]}", rows, NULL);
	Learnt robust = learn("scale", "{\"columns\": [\"n\"], \"method\": \"robust\"}", rows, NULL);
	Learnt constant = learn("scale", "{\"columns\": [\"c\"], \"method\": \"robust\"}", rows, NULL);
	Learnt none = learn("scale", "{\"columns\": [\"none\"]}", rows, NULL);
	g_autoptr(Frame) again = rows_slice(rows, NULL, 0, 4);
	Learnt minmax = learn("scale", "{\"columns\": [\"x\"], \"method\": \"minmax\"}", rows, NULL);
	apply(&minmax, again);
	apply(&standard, rows);
	apply(&robust, rows);
	apply(&constant, rows);
	apply(&none, rows);
	const double sd = sqrt(9.5), iqr = 3.5;
	EXPECT(rows, "x", -3 / sd, -2 / sd, 0, 5 / sd, NAN, INFINITY);
	EXPECT(rows, "n", 6 / iqr, 1 / iqr, -1 / iqr, -2 / iqr, NAN, NAN);
	EXPECT(rows, "c", 0, 0, 0, 0, NAN, 0);
	EXPECT(rows, "none", NAN, NAN, NAN, NAN, NAN, NAN);
	EXPECT(again, "x", 0, 1 / 8.0, 3 / 8.0, 1);
	forget(&standard);
	forget(&robust);
	forget(&constant);
	forget(&none);
	forget(&minmax);
}

static void test_impute(void)
{
	static const char ROWS[] = "x:real,n:int,s:text,e:text\n1,7,b,\n,3,a,\n4,,,\ninf,3,a,\n10,,b,";
	g_autoptr(Frame) rows = rows_of(ROWS);
	Learnt median = learn("impute", "{\"columns\": [\"x\"], \"indicator\": true}", rows, NULL);
	Learnt mode = learn("impute", "{\"columns\": [\"n\"], \"method\": \"mode\"}", rows, NULL);
	Learnt text = learn("impute", "{\"columns\": [\"s\"]}", rows, NULL);
	Learnt empty = learn("impute", "{\"columns\": [\"e\"]}", rows, NULL);
	apply(&median, rows);
	apply(&mode, rows);
	apply(&text, rows);
	apply(&empty, rows);
	EXPECT(rows, "x", 1, 4, 4, 4, 10);
	EXPECT(rows, "x_missing", 0, 1, 0, 1, 0);
	EXPECT(rows, "n", 7, 3, 3, 3, 3);
	g_autofree char *s = column_text(frame_find(rows, "s"), 2); /* a and b are equally frequent */
	g_autofree char *e = column_text(frame_find(rows, "e"), 0);
	g_assert_cmpstr(s, ==, "a");
	g_assert_cmpstr(e, ==, "missing");
	forget(&median);
	forget(&mode);
	forget(&text);
	forget(&empty);
	g_autoptr(Frame) fresh = rows_of(ROWS);
	Learnt mean = learn("impute", "{\"columns\": [\"x\"], \"method\": \"mean\"}", fresh, NULL);
	Learnt constant =
	        learn("impute", "{\"columns\": [\"n\"], \"method\": \"constant\", \"value\": -1.5}", fresh, NULL);
	Learnt wrong =
	        learn("impute", "{\"columns\": [\"n\"], \"method\": \"constant\", \"value\": \"?\"}", fresh, NULL);
	g_autoptr(GError) error = NULL;
	g_assert_false(wrong.kind->apply(wrong.t, fresh, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	apply(&mean, fresh);
	apply(&constant, fresh);
	EXPECT(fresh, "x", 1, 5, 4, 5, 10);
	EXPECT(fresh, "n", 7, 3, -1.5, 3, -1.5);
	forget(&mean);
	forget(&constant);
	forget(&wrong);
}

static void test_log(void)
{
	g_autoptr(Frame) rows = rows_of("x:real,n:int\n0,0\n1.718281828459045,-1\n-6.38905609893065,\n-inf,99");
	Learnt plain = learn("log", "{\"columns\": [\"x\"]}", rows, NULL);
	Learnt offset = learn("log", "{\"columns\": [\"n\"], \"offset\": 1}", rows, NULL);
	apply(&plain, rows);
	apply(&offset, rows);
	EXPECT(rows, "x", 0, 1, -2, -INFINITY); /* e - 1; 1 - e^2 */
	EXPECT(rows, "n", log(2), 0, NAN, log(101));
	forget(&plain);
	forget(&offset);
}

static void test_clip(void)
{
	g_autoptr(Frame) rows = rows_of("x:real,n:int\n-5,0\n2,25\n70,50\ninf,75\nnan,100");
	Learnt given = learn("clip", "{\"columns\": [\"x\"], \"low\": 0, \"high\": 10}", rows, NULL);
	Learnt one = learn("clip", "{\"columns\": [\"n\"], \"high_quantile\": 0.6}", rows, NULL);
	apply(&given, rows);
	apply(&one, rows);
	EXPECT(rows, "x", 0, 2, 10, 10, NAN);
	EXPECT(rows, "n", 0, 25, 50, 60, 60); /* NumPy: percentile([0, 25, 50, 75, 100], 60) is 60 */
	forget(&given);
	forget(&one);
	g_autoptr(Frame) many = frame_new(101);
	Column *c = column_new("x", COLUMN_INT, 101, NULL);
	for (int i = 0; i <= 100; i++)
		c->ints[i] = i * 10;
	frame_add(many, c);
	Learnt both = learn("clip", "{\"columns\": [\"x\"]}", many, NULL);
	g_autofree char *state = json_canonical(both.state);
	g_assert_cmpstr(state, ==, "{\"high\":990.0,\"low\":10.0}");
	forget(&both);
}

static void test_bin(void)
{
	g_autoptr(Frame) rows = rows_of("x:real,y:real,z:int\n0,0,1\n1,0,1\n2,0,1\n10,0,1\n20,1,1\nnan,9,\n-inf,,1");
	Learnt width = learn("bin", "{\"columns\": [\"x\"], \"bins\": 2, \"method\": \"width\"}", rows, NULL);
	Learnt quantile = learn("bin", "{\"columns\": [\"y\"], \"bins\": 4}", rows, NULL);
	Learnt same = learn("bin", "{\"columns\": [\"z\"]}", rows, NULL);
	apply(&width, rows);
	apply(&quantile, rows);
	apply(&same, rows);
	EXPECT(rows, "x_bin", 0, 0, 0, 1, 1, NAN, 0);
	/* Quartiles of 0, 0, 0, 0, 1, 9 are 0, 0 and 0.75: the first two are the least value, and no edges. */
	EXPECT(rows, "y_bin", 0, 0, 0, 0, 1, 1, NAN);
	EXPECT(rows, "z_bin", 0, 0, 0, 0, 0, NAN, 0);
	g_autoptr(Frame) fresh = rows_of("x:real\n-100\n9.999\n10\ninf");
	apply(&width, fresh);
	EXPECT(fresh, "x_bin", 0, 0, 1, 1);
	forget(&width);
	forget(&quantile);
	forget(&same);
}

static void test_cross(void)
{
	g_autoptr(Frame) rows = rows_of("s:text,n:int,b:bool\na,1,true\n,2,true\nb,,false\na,1,false");
	Learnt l = learn("cross", "{\"columns\": [\"s\", \"n\", \"b\"]}", rows, NULL);
	apply(&l, rows);
	const Column *c = frame_find(rows, "s_x_n_x_b");
	g_autofree char *first = column_text(c, 0);
	g_autofree char *last = column_text(c, 3);
	g_assert_cmpstr(first, ==, "a|1|true");
	g_assert_cmpstr(last, ==, "a|1|false");
	g_assert_true(column_is_missing(c, 1) && column_is_missing(c, 2));
	forget(&l);
}

static void test_arithmetic(void)
{
	g_autoptr(Frame) rows = rows_of("a:real,b:int\n6,3\n1,0\n,4\n-2,4");
	static const char *const PARAMS[] = {"{\"columns\": [\"a\", \"b\"]}",
	        "{\"columns\": [\"a\", \"b\"], \"operation\": \"difference\"}",
	        "{\"columns\": [\"b\", \"a\"], \"operation\": \"sum\"}",
	        "{\"columns\": [\"a\", \"b\"], \"operation\": \"product\"}"};
	for (size_t i = 0; i < G_N_ELEMENTS(PARAMS); i++) {
		Learnt l = learn("arithmetic", PARAMS[i], rows, NULL);
		apply(&l, rows);
		forget(&l);
	}
	EXPECT(rows, "a_over_b", 2, NAN, NAN, -0.5);
	EXPECT(rows, "a_minus_b", 3, 1, NAN, -6);
	EXPECT(rows, "b_plus_a", 9, 1, NAN, 2);
	EXPECT(rows, "a_times_b", 18, 0, NAN, -8);
}

static void test_drop(void)
{
	g_autoptr(Frame) rows = rows_of("a:int,b:int\n1,2");
	Learnt l = learn("drop", "{\"columns\": [\"a\"]}", rows, NULL);
	apply(&l, rows);
	g_assert_null(frame_find(rows, "a"));
	EXPECT(rows, "b", 2);
	forget(&l);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kinds/one_hot", test_one_hot);
	g_test_add_func("/kinds/one_hot_order", test_one_hot_order);
	g_test_add_func("/kinds/ordinal", test_ordinal);
	g_test_add_func("/kinds/words", test_words);
	g_test_add_func("/kinds/category", test_category);
	g_test_add_func("/kinds/count", test_count);
	g_test_add_func("/kinds/target_mean", test_target_mean);
	g_test_add_func("/kinds/target_mean/classes", test_target_mean_classes);
	g_test_add_func("/kinds/target_mean/without", test_target_mean_without);
	g_test_add_func("/kinds/date_parts", test_date_parts);
	g_test_add_func("/kinds/date_parts/calendar", test_calendar);
	g_test_add_func("/kinds/scale", test_scale);
	g_test_add_func("/kinds/impute", test_impute);
	g_test_add_func("/kinds/log", test_log);
	g_test_add_func("/kinds/clip", test_clip);
	g_test_add_func("/kinds/bin", test_bin);
	g_test_add_func("/kinds/cross", test_cross);
	g_test_add_func("/kinds/arithmetic", test_arithmetic);
	g_test_add_func("/kinds/drop", test_drop);
	return g_test_run();
}
