/* test_triggers.c: what wants a retraining, under a clock that is handed in and may jump. */
#include "retrain/triggers.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/frame.h"
#include "registry/registry.h"
#include "retrain/admission.h"
#include "retrain/retraining.h"
#include "retrain/settings.h"

#define MINUTE (60 * DURATION_SECOND)
#define HOUR (60 * MINUTE)

typedef struct Place {
	char *folder;
	Meta *meta;
	json_t *config;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-triggers-XXXXXX", NULL);
	g_assert_true(meta_open(p->folder, &p->meta, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
	json_decref(p->config);
	meta_close(p->meta);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
}

static void problem(void *context, const char *path, const char *sentence)
{
	g_string_append_printf(context, "%s: %s\n", path, sentence);
}

/* The block filled, or NULL with the problems in `told`. */
static json_t *checked(const char *block, GString *told)
{
	json_auto_t *given = json_loads(block, 0, NULL);
	g_assert_nonnull(given);
	return retrain_check(given, problem, told);
}

static void configure(Place *p, const char *retrain)
{
	g_autoptr(GString) told = g_string_new(NULL);
	json_t *filled = checked(retrain, told);
	if (!filled)
		g_error("%s", told->str);
	json_decref(p->config);
	p->config = json_pack("{s:o, s:{s:{s:{s:s,s:s}}}}", "retrain", filled, "data", "sources", "rows", "kind",
	        "file", "path", "rows.csv");
	json_t *sources = json_object_get(json_object_get(p->config, "data"), "sources");
	json_object_set_new(json_object_get(sources, "rows"), "path", json_pack("[s]", "rows.csv"));
}

static int64_t at(const char *text)
{
	int64_t us = 0;
	g_assert_true(time_parse(text, &us));
	return us;
}

/* One look of all triggers; what they told, as one text. */
static char *looked(const Place *p, int64_t now)
{
	TriggerInput in = {p->meta, "late", p->folder, p->folder, p->config, now};
	json_auto_t *told = NULL;
	g_autoptr(GError) error = NULL;
	triggers_look(&in, &told, &error);
	g_assert_no_error(error);
	GString *text = g_string_new(NULL);
	size_t i;
	json_t *one;
	json_array_foreach (told, i, one)
		g_string_append_printf(text, "%s;", json_get_text(one, "reason", json_get_text(one, "error", "")));
	return g_string_free(text, FALSE);
}

static void expect(const Place *p, int64_t now, const char *words)
{
	g_autofree char *told = looked(p, now);
	if (words ? !strstr(told, words) : *told != '\0')
		g_error("told \"%s\", not \"%s\"", told, words ? words : "");
}

/* Takes the wanted one off the list, as one that was done. */
static void finish(const Place *p, int64_t now)
{
	json_auto_t *wanted = NULL, *active = NULL, *moved = NULL, *ended = NULL;
	g_assert_true(retraining_open(p->meta, "late", &wanted, &active, NULL));
	g_assert_nonnull(wanted);
	RetrainingMove begin = {json_get_text(wanted, "id", ""), PHASE_WANTED, PHASE_RUNNING, NULL, NULL};
	RetrainingMove end = {begin.id, PHASE_RUNNING, PHASE_DONE, NULL, NULL};
	g_assert_true(retraining_move(p->meta, &begin, now, &moved, NULL));
	g_assert_true(retraining_move(p->meta, &end, now, &ended, NULL));
}

static size_t count_all(const Place *p)
{
	json_auto_t *all = NULL;
	g_assert_true(retraining_list(p->meta, "late", 1000, &all, NULL));
	return json_array_size(all);
}

static void test_schedule(Place *p, gconstpointer unused)
{
	configure(p, "{\"on\": [\"schedule\"], \"schedule\": \"0 3 * * *\"}");
	expect(p, at("2026-01-01 10:00:00"), NULL);
	expect(p, at("2026-01-02 02:59:59"), NULL);
	expect(p, at("2026-01-02 03:00:10"), "due at 2026-01-02");
	expect(p, at("2026-01-02 03:00:20"), NULL);
	finish(p, at("2026-01-02 03:10:00"));
	/* Nobody looked for three days. */
	expect(p, at("2026-01-05 12:00:00"), "2 times before that were missed");
	expect(p, at("2026-01-05 12:00:10"), NULL);
	/* Another line begins anew. */
	configure(p, "{\"on\": [\"schedule\"], \"schedule\": {\"cron\": \"0 4 * * *\", \"zone\": \"Europe/Berlin\"}}");
	expect(p, at("2026-01-08 12:00:00"), NULL);
	expect(p, at("2026-01-09 03:00:00"), "due at 2026-01-09");
}

static void test_clock_jumps(Place *p, gconstpointer unused)
{
	configure(p, "{\"on\": [\"schedule\"], \"schedule\": \"0 3 * * *\"}");
	expect(p, at("2026-01-01 10:00:00"), NULL);
	expect(p, at("2026-01-02 03:00:00"), "due");
	finish(p, at("2026-01-02 03:00:30"));
	/* Set back by two minutes: 03:00 comes again, and is past. */
	expect(p, at("2026-01-02 02:58:30"), NULL);
	expect(p, at("2026-01-02 03:00:30"), NULL);
	expect(p, at("2026-01-03 03:00:00"), "due");
	finish(p, at("2026-01-03 03:01:00"));
	/* Ten years ahead: one, not 3,650. */
	expect(p, at("2036-01-01 00:00:00"), "at least 999 times");
	finish(p, at("2036-01-01 00:01:00"));
	expect(p, at("2036-01-01 00:02:00"), NULL);
	/* And back: the schedule goes on the same night. */
	expect(p, at("2026-01-03 12:00:00"), NULL);
	expect(p, at("2026-01-04 03:00:00"), "due");
	g_assert_cmpint((int)count_all(p), ==, 4);
}

/* A clock that jumps at random by up to a month either way, an hourly schedule, a cool-down of 30 minutes and a budget of 4: in
 * 2,000 looks a minute apart, never more than the budget within a day of true time, and never none. */
static void test_no_storm(Place *p, gconstpointer unused)
{
	configure(p, "{\"on\": [\"schedule\"], \"schedule\": \"0 * * * *\", \"cooldown\": \"30m\"}");
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);
	int64_t offset = at("2026-01-01 00:00:00"), begun = 0, begun_after_jump = 0, jumps = 0;
	for (int64_t minute = 0; minute < 2000; minute++) {
		if (g_rand_int_range(rand, 0, 200) == 0) {
			offset += g_rand_int_range(rand, -43200, 43200) * MINUTE;
			jumps++;
			begun_after_jump = 0;
		}
		int64_t now = offset + minute * MINUTE;
		g_free(looked(p, now));
		json_auto_t *wanted = NULL, *active = NULL, *wait = NULL;
		g_assert_true(retraining_open(p->meta, "late", &wanted, &active, NULL));
		if (!wanted)
			continue;
		g_assert_true(
		        admission_check(p->meta, wanted, json_object_get(p->config, "retrain"), now, &wait, NULL));
		if (!wait) {
			finish(p, now);
			begun++;
			begun_after_jump++;
		}
		g_assert_cmpint((int)begun_after_jump, <=, 4);
	}
	g_assert_cmpint((int)jumps, >, 3);
	g_assert_cmpint((int)begun, >=, 4);
	g_assert_cmpint((int)begun, <=, (int)(4 * (jumps + 2)));
}

static void write_rows(const Place *p, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(p->folder, name, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_files(Place *p, gconstpointer unused)
{
	configure(p,
	        "{\"on\": [\"new_data\"], \"new_data\": {\"watch\": [\"in\", \"more-*.csv\"], \"settle\": \"10s\"}}");
	int64_t now = at("2026-01-01 00:00:00");
	g_autofree char *in = g_build_filename(p->folder, "in", NULL);
	g_assert_cmpint(g_mkdir(in, 0755), ==, 0);
	write_rows(p, "in/a.csv", "x\n1\n");
	expect(p, now, NULL); /* what is there at first is not new */
	write_rows(p, "in/b.csv", "x\n1\n");
	expect(p, now + 1 * DURATION_SECOND, NULL);
	write_rows(p, "in/b.csv", "x\n1\n2\n"); /* still being written */
	expect(p, now + 9 * DURATION_SECOND, NULL);
	expect(p, now + 18 * DURATION_SECOND, NULL);
	expect(p, now + 19 * DURATION_SECOND, "b.csv");
	expect(p, now + 40 * DURATION_SECOND, NULL);
	/* One that goes away is no news, and does not come back as such. */
	g_autofree char *gone = g_build_filename(in, "a.csv", NULL);
	g_assert_cmpint(g_unlink(gone), ==, 0);
	expect(p, now + 50 * DURATION_SECOND, NULL);
	expect(p, now + 70 * DURATION_SECOND, NULL);
	/* The clock goes back by a day while files settle: they settle by the new clock. */
	write_rows(p, "more-1.csv", "x\n");
	write_rows(p, "more-2.csv", "x\n");
	expect(p, now + 80 * DURATION_SECOND, NULL);
	expect(p, now - 24 * HOUR, NULL);
	expect(p, now - 24 * HOUR + 10 * DURATION_SECOND, "and 1 more");
	g_assert_cmpint((int)count_all(p), ==, 1); /* causes join the wanted one */
}

static void test_too_few_files(Place *p, gconstpointer unused)
{
	configure(p,
	        "{\"on\": [\"new_data\"], \"new_data\": {\"watch\": \"*.csv\", \"settle\": \"0\", \"at_least\": 2}}");
	int64_t now = at("2026-01-01 00:00:00");
	expect(p, now, NULL);
	write_rows(p, "a.csv", "x\n");
	expect(p, now + 1, NULL);
	expect(p, now + 2, NULL);
	write_rows(p, "b.csv", "x\n");
	expect(p, now + 3, NULL);
	expect(p, now + 4, "and 1 more");
}

static void test_watermark(Place *p, gconstpointer unused)
{
	configure(p, "{\"on\": [\"new_data\"], \"new_data\": {\"watermark\": \"select max(x) from rows\", \"every\": "
	             "\"1m\", "
	             "\"at_least\": 5}}");
	int64_t now = at("2026-01-01 00:00:00");
	expect(p, now, "rows.csv");
	write_rows(p, "rows.csv", "x\n1\n2\n");
	expect(p, now + MINUTE, NULL);
	write_rows(p, "rows.csv", "x\n1\n6\n");
	expect(p, now + 2 * MINUTE, NULL); /* by four */
	write_rows(p, "rows.csv", "x\n1\n7\n");
	expect(p, now + 2 * MINUTE + 1, NULL); /* not asked yet */
	expect(p, now + 3 * MINUTE, "from 2 to 7");
	expect(p, now + 4 * MINUTE, NULL);
	configure(
	        p, "{\"on\": [\"new_data\"], \"new_data\": {\"watermark\": \"select x from rows\", \"every\": \"0\"}}");
	expect(p, now + 5 * MINUTE, "one row with one value");
}

/* Another question begins anew: its answers are not held against those to the one before, which they might never reach. */
static void test_another_watermark(Place *p, gconstpointer unused)
{
	static const char ASK[] = "{\"on\": [\"new_data\"], \"new_data\": {\"watermark\": \"select %s from rows\", "
	                          "\"every\": \"1h\"}}";
	g_autofree char *largest = g_strdup_printf(ASK, "max(x)"), *count = g_strdup_printf(ASK, "count(*)");
	int64_t now = at("2026-01-01 00:00:00");
	write_rows(p, "rows.csv", "x\n1000\n2000\n");
	configure(p, largest);
	expect(p, now, NULL);
	configure(p, count);
	expect(p, now + 1, NULL);
	write_rows(p, "rows.csv", "x\n1000\n2000\n3\n");
	expect(p, now + 1 + HOUR, "from 2 to 3");
}

/* A source that had no row yet has grown with the first. */
static void test_watermark_of_nothing(Place *p, gconstpointer unused)
{
	configure(p, "{\"on\": [\"new_data\"], \"new_data\": {\"watermark\": \"select max(try_cast(x as int)) from "
	             "rows\", \"every\": \"0s\"}}");
	int64_t now = at("2026-01-01 00:00:00");
	write_rows(p, "rows.csv", "x,y\n,a\n");
	expect(p, now, NULL);
	expect(p, now + 1, NULL);
	write_rows(p, "rows.csv", "x,y\n3,a\n");
	expect(p, now + 2, "from null to 3");
	expect(p, now + 3, NULL);
}

/* An alarm as the table has it. */
static void raise_alarm(
        const Place *p, const char *id, const char *look, const char *route, int version, const char *state)
{
	g_autoptr(GError) error = NULL;
	meta_run(p->meta,
	        "INSERT INTO alarms (id, series, model, version, route, look, measure, subject, state, severity, "
	        "since, window_id, "
	        "last_begin, last_end, windows, value, limit_value, told, notices, recorded) VALUES ($1, $1, 'late', "
	        "$2, $3, $4, "
	        "'psi', 'age', $5, 'warning', 1, 'w', 1, 2, 2, 0.5, 0.2, '{}', 0, 1) ON CONFLICT (id) DO UPDATE SET "
	        "state = "
	        "excluded.state",
	        json_pack("[s,i,s,s,s]", id, version, route, look, state), NULL, &error);
	g_assert_no_error(error);
}

static void set_champion(const Place *p, int version)
{
	for (int n = 1; n <= version; n++) {
		g_autofree char *digest = digest_of_bytes(&n, sizeof n);
		int number;
		bool is_new;
		g_assert_true(registry_add(p->meta, "late", digest, NULL, &number, &is_new, NULL));
	}
	g_assert_true(registry_move(p->meta, "late", ALIAS_CHAMPION, version, "gate", WHO_GATE, NULL, NULL));
}

static void test_alarms(Place *p, gconstpointer unused)
{
	configure(p, "{\"on\": [\"drift\", \"decay\", \"kpi\"], \"kpi\": {\"severity\": \"critical\"}}");
	set_champion(p, 2);
	raise_alarm(p, "aa", "drift", "stable", 2, "pending");
	raise_alarm(p, "ab", "drift", "canary", 2, "firing"); /* not what most callers get */
	raise_alarm(p, "ac", "drift", "stable", 1, "firing"); /* of a version that is not in use any more */
	raise_alarm(p, "ad", "quality", "stable", 2, "firing");
	raise_alarm(p, "ae", "kpi", "stable", 2, "firing"); /* not bad enough */
	expect(p, 1, NULL);
	raise_alarm(p, "aa", "drift", "stable", 2, "firing");
	expect(p, 2, "the alarm drift psi of age fires: 0.5 where 0.2 is the limit");
	expect(p, 3, NULL); /* one episode, one cause */
	finish(p, 3);
	expect(p, 4, NULL);
	raise_alarm(p, "ba", "multivariate", "stable", 2, "firing");
	raise_alarm(p, "bb", "estimate", "stable", 2, "firing");
	raise_alarm(p, "bc", "performance", "stable", 2, "firing");
	g_autofree char *told = looked(p, 5);
	g_assert_nonnull(strstr(told, "multivariate"));
	g_assert_nonnull(strstr(told, "and 1 more"));
	raise_alarm(p, "aa", "drift", "stable", 2, "resolved");
	expect(p, 6, NULL);
	finish(p, 6);
	raise_alarm(p, "ca", "concept", "stable", 2, "firing");
	g_assert_true(meta_run(p->meta, "UPDATE alarms SET limit_value = NULL WHERE id = 'ca'", NULL, NULL, NULL));
	expect(p, 7, "the alarm concept psi of age fires: 0.5");
	finish(p, 7);
	raise_alarm(p, "cb", "concept", "stable", 2, "firing");
	g_assert_true(meta_run(p->meta, "UPDATE alarms SET value = NULL WHERE id = 'cb'", NULL, NULL, NULL));
	g_autofree char *bare = looked(p, 8);
	g_assert_nonnull(strstr(bare, "fires"));
	g_assert_null(strstr(bare, "nan"));
}

static void test_settings(void)
{
	static const struct {
		const char *block, *path, *words;
	} BAD[] = {
	        {"{\"on\": [\"dirft\"]}", "retrain.on[0]", "trigger \"dirft\""},
	        {"{\"on\": [\"schedule\"]}", "retrain.on[0]", "does not say when"},
	        {"{\"on\": [], \"schedule\": \"0 25 * * *\"}", "retrain.schedule", "hour"},
	        {"{\"schedule\": {\"cron\": \"0 3 * * *\", \"zone\": \"Nowhere\"}}", "retrain.schedule", "time zone"},
	        {"{\"cooldown\": \"soon\"}", "retrain.cooldown", "length of time"},
	        {"{\"budget\": {\"runs\": 0}}", "retrain.budget.runs", ""},
	        {"{\"mode\": \"tune\"}", "retrain.mode", "fine_tune"},
	        {"{\"fine_tune\": {\"keep\": 2}}", "retrain.fine_tune.keep", ""},
	        {"{\"judge\": {\"rule\": \"worse\"}}", "retrain.judge.rule", "better"},
	        {"{\"new_data\": {\"settle\": \"x\"}}", "retrain.new_data.settle", "length of time"},
	        {"{\"new_dta\": {}}", "retrain.new_dta", "new_data"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_autoptr(GString) told = g_string_new(NULL);
		json_auto_t *filled = checked(BAD[i].block, told);
		g_assert_null(filled);
		if (!g_str_has_prefix(told->str, BAD[i].path) || !strstr(told->str, BAD[i].words))
			g_error("%s: %s", BAD[i].block, told->str);
	}
	g_autoptr(GString) told = g_string_new(NULL);
	json_auto_t *plain = retrain_check(NULL, problem, told);
	g_assert_cmpuint(json_array_size(json_object_get(plain, "on")), ==, 0);
	g_assert_cmpint((int)json_get_int(json_object_get(plain, "budget"), "runs", 0), ==, 4);
	g_assert_null(json_object_get(plain, "schedule"));
	g_assert_nonnull(json_object_get(plain, "new_data"));
}

/* Every kind: a name, help, params of its own that are filled without settings unless it needs some. */
static void test_contract(void)
{
	for (const TriggerKind *const *k = TRIGGERS; *k; k++) {
		g_autoptr(GError) error = NULL;
		json_auto_t *filled = NULL;
		g_assert_true(trigger_kind((*k)->name) == *k);
		g_assert_nonnull((*k)->help);
		g_assert_nonnull((*k)->params);
		if (!(*k)->needs_block)
			g_assert_true(param_fill((*k)->params, (*k)->name, NULL, &filled, &error));
		if ((*k)->look)
			g_assert_nonnull(param_find(RETRAIN_PARAMS, (*k)->name));
	}
}

#define ADD(name, f) g_test_add("/triggers/" name, Place, NULL, setup, f, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("schedule", test_schedule);
	ADD("clock_jumps", test_clock_jumps);
	ADD("no_storm", test_no_storm);
	ADD("files", test_files);
	ADD("too_few_files", test_too_few_files);
	ADD("watermark", test_watermark);
	ADD("another_watermark", test_another_watermark);
	ADD("watermark_of_nothing", test_watermark_of_nothing);
	ADD("alarms", test_alarms);
	g_test_add_func("/triggers/settings", test_settings);
	g_test_add_func("/triggers/contract", test_contract);
	return g_test_run();
}
