/* test_predlog.c: lines from many threads all arrive, whole and in each thread's order; rows of the prediction log come back as
 * they were, from journals and from Parquet, torn lines and a half-finished seal included; outcomes in any order. */
#include "serve/predlog.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "serve/outcome.h"
#include "served_kit.h"

enum { THREADS = 4, LINES = 20000 };

typedef struct Adder {
	Journal *journal;
	int thread;
	uint64_t dropped;
} Adder;

static gpointer add_lines(gpointer adder)
{
	Adder *a = adder;
	for (int i = 0; i < LINES; i++) {
		char line[64];
		int size = g_snprintf(line, sizeof line, "%d %d\n", a->thread, i);
		a->dropped += !journal_add(a->journal, line, (size_t)size);
	}
	return NULL;
}

static char *only_file(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	char *path = g_build_filename(folder, g_dir_read_name(dir), NULL);
	g_assert_null(g_dir_read_name(dir));
	g_dir_close(dir);
	return path;
}

static void test_journal(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-journal-XXXXXX", NULL);
	JournalOptions options = {.folder = folder, .flush_ms = 1};
	Adder adders[THREADS];
	GThread *threads[THREADS];
	Journal *j;
	int next[THREADS] = {0};
	g_assert_true(journal_open(&options, &j, NULL));
	for (int t = 0; t < THREADS; t++) {
		adders[t] = (Adder){.journal = j, .thread = t};
		threads[t] = g_thread_new("adder", add_lines, &adders[t]);
	}
	for (int t = 0; t < THREADS; t++)
		g_thread_join(threads[t]);
	journal_close(j);
	g_autofree char *path = only_file(folder), *text = NULL;
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line; line++) {
		int t, i;
		g_assert_cmpint(sscanf(*line, "%d %d", &t, &i), ==, 2);
		g_assert_true(t >= 0 && t < THREADS && i >= next[t]); /* in order; a gap only where one was dropped */
		if (adders[t].dropped == 0)
			g_assert_cmpint(i, ==, next[t]);
		next[t] = i + 1;
	}
	for (int t = 0; t < THREADS; t++)
		g_assert_true(adders[t].dropped || next[t] == LINES);
	g_assert_true(file_remove(folder, NULL));
}

/* With flush_ms 0 a line is in the file when journal_add returns.  A journal that took nothing leaves no file. */
static void test_at_once(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-journal-XXXXXX", NULL);
	JournalOptions options = {.folder = folder, .flush_ms = 0};
	Journal *j;
	g_assert_true(journal_open(&options, &j, NULL));
	for (int i = 1; i <= 20; i++) {
		g_autofree char *path = only_file(folder), *text = NULL;
		gsize size;
		g_assert_true(journal_add(j, "line\n", 5));
		g_assert_true(g_file_get_contents(path, &text, &size, NULL));
		g_assert_cmpuint(size, ==, 5 * (gsize)i);
	}
	g_autofree char *big = g_strnfill(5 << 20, 'x');
	g_assert_false(journal_add(j, big, 5 << 20)); /* larger than a ring: dropped, not waited for */
	journal_close(j);
	g_assert_true(file_remove(folder, NULL));
	g_assert_true(journal_open(&options, &j, NULL));
	journal_close(j);
	GDir *dir = g_dir_open(folder, 0, NULL);
	g_assert_null(g_dir_read_name(dir));
	g_dir_close(dir);
	g_assert_true(file_remove(folder, NULL));
}

/* What fills a ring is written long before the flush is due. */
static void test_hurry(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-journal-XXXXXX", NULL);
	JournalOptions options = {.folder = folder, .flush_ms = 60000};
	g_autofree char *line = g_strnfill(2 << 20, 'x');
	Journal *j;
	line[(2 << 20) - 1] = '\n';
	g_assert_true(journal_open(&options, &j, NULL));
	for (int i = 1; i <= 4; i++) {
		g_autofree char *path = only_file(folder);
		GStatBuf about = {0};
		int64_t until = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
		while (!journal_add(j, line, 2 << 20) && g_get_monotonic_time() < until)
			g_usleep(1000);
		while (g_stat(path, &about) == 0 && about.st_size < (goffset)i * (2 << 20) &&
		        g_get_monotonic_time() < until)
			g_usleep(1000);
		g_assert_cmpint(about.st_size, ==, (goffset)i * (2 << 20));
	}
	journal_close(j);
	g_assert_true(file_remove(folder, NULL));
}

static guint64 whole_lines(const char *path)
{
	g_autofree char *text = NULL;
	guint64 count = 0;
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		count += strlen(*line) == 999 && **line == 'x';
	return count;
}

/* The disk is full in the middle of what lies across the end of a ring: a line is written or counted as lost, never both or
 * neither; when there is room again, whole lines follow. */
static void test_full_at_the_wrap(void)
{
	enum { FIRST = (4 << 20) - 3500, LINE = 1000, LINES_AT_ONCE = 300, ROOM = 1700 };
	g_autofree char *folder = g_dir_make_tmp("gyre-journal-XXXXXX", NULL), *first = g_strnfill(FIRST, 'y'),
	                *lines = g_strnfill(LINES_AT_ONCE * LINE, 'x');
	JournalOptions options = {.folder = folder, .flush_ms = 0}; /* each journal_add is written when it returns */
	struct rlimit before, tight;
	Journal *j;
	first[FIRST - 1] = '\n';
	for (int i = 1; i <= LINES_AT_ONCE; i++)
		lines[i * LINE - 1] = '\n';
	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	tight = (struct rlimit){.rlim_cur = FIRST + ROOM, .rlim_max = before.rlim_max};
	g_assert_true(journal_open(&options, &j, NULL));
	g_autofree char *path = only_file(folder);
	g_assert_true(journal_add(j, first, FIRST));
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &tight), ==, 0);
	g_assert_true(journal_add(j, lines, LINES_AT_ONCE * LINE));
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	g_assert_cmpuint(journal_lost(j), ==, LINES_AT_ONCE - 1);
	g_assert_true(journal_add(j, lines, LINES_AT_ONCE * LINE));
	g_assert_cmpuint(journal_lost(j), ==, LINES_AT_ONCE - 1);
	journal_close(j);
	g_assert_cmpuint(whole_lines(path), ==, 1 + LINES_AT_ONCE);
	g_assert_true(file_remove(folder, NULL));
}

static void log_rows(PredLog *l, const Served *s, const char *id, const char *rows)
{
	g_autoptr(Batch) b = batch_new(s, 10);
	PredLogEntry entry = {.id = id, .protocol = "test", .route = "stable", .begun = g_get_monotonic_time()};
	Scan scan;
	Scores scores;
	scan_start(&scan, rows, strlen(rows));
	g_assert_true(batch_scan_rows(b, &scan, NULL) && scan_finish(&scan, NULL));
	g_assert_true(serve_predict(b, &scores, NULL));
	predlog_add(l, &entry, &scores, b);
	scores_clear(&scores);
}

static json_t *read_rows(const char *state)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	json_t *rows = NULL;
	EngineLimits limits = {.threads = 1};
	engine_open(&limits, &e, &error);
	g_assert_no_error(error);
	predlog_view(e, state, "half", "predictions", &error);
	g_assert_no_error(error);
	engine_rows(e, "SELECT * FROM predictions ORDER BY _gyre_id", &rows, &error);
	g_assert_no_error(error);
	return rows;
}

static void check_rows(const char *state)
{
	json_auto_t *rows = read_rows(state);
	g_assert_cmpuint(json_array_size(rows), ==, 4);
	const json_t *first = json_array_get(rows, 0), *second = json_array_get(rows, 1),
	             *error = json_array_get(rows, 3);
	g_assert_cmpstr(json_get_text(first, "_gyre_id", ""), ==, "a/0");
	g_assert_cmpstr(json_get_text(first, "prediction", ""), ==, "yes");
	g_assert_cmpfloat_with_epsilon(json_get_number(first, "probability_yes", 0), 1 / (1 + exp(-2.)), 1e-15);
	g_assert_cmpfloat(json_get_number(first, "x", 0), ==, 3);
	g_assert_cmpfloat(json_get_number(first, "n", 0), ==, 2);
	g_assert_cmpstr(json_get_text(first, "word", ""), ==, "a\"b");
	g_assert_cmpstr(json_get_text(first, "day", ""), ==, "2024-03-01 00:00:00");
	g_assert_true(json_is_true(json_object_get(first, "flag")));
	g_assert_true(json_is_null(json_object_get(second, "x")) && json_is_null(json_object_get(second, "word")));
	g_assert_cmpfloat(json_get_number(json_array_get(rows, 2), "n", 0), ==,
	        2.5); /* a fraction in a column of whole numbers */
	g_assert_cmpstr(json_get_text(error, "_gyre_error", ""), ==, "no");
	g_assert_true(json_is_null(json_object_get(error, "prediction")));
	g_assert_cmpstr(json_get_text(error, "_gyre_time", ""), ==, "1970-01-01 00:00:00"); /* a time like others */
	g_assert_cmpint(json_get_int(error, "_gyre_version", 0), ==, 3);
}

/* What a killed server leaves: a journal whose last line is torn. */
static char *leave_journal(const char *state, const Served *s)
{
	PredLog *l;
	PredLogOptions options = {.state_folder = state, .share = 1, .flush_ms = 1};
	g_autoptr(GError) error = NULL;
	predlog_open(&options, &l, &error);
	g_assert_no_error(error);
	predlog_announce(l, s, &error);
	g_assert_no_error(error);
	log_rows(l, s, "a", "[[3,2,\"a\\\"b\",\"2024-03-01\",true],[null,null,null,null,null]]");
	log_rows(l, s, "b", "[[3,2.5,\"\",0,0]]");
	PredLogEntry entry = {.id = "c", .protocol = "test", .route = "stable", .time = 0, .is_timed = true};
	predlog_add_error(l, &entry, s, "no");
	g_assert_cmpuint(predlog_counts(l).logged, ==, 4);
	predlog_close(l);
	g_autofree char *folder = g_build_filename(state, "predictions", "journal", NULL);
	char *path = only_file(folder);
	int file = open(path, O_WRONLY | O_APPEND);
	const char *torn = "{\"_gyre_id\":\"torn\",\"_gyre_model\":\"half\",\"x\n\n{\"_gyre_id\":\"d\",\"_gyre_mod";
	g_assert_true(write(file, torn, strlen(torn)) == (ssize_t)strlen(torn));
	close(file);
	return path;
}

/* What is given as a model's name leads to no other folder, whatever lies there. */
static void check_elsewhere(const char *state)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	EngineLimits limits = {.threads = 1};
	g_assert_true(engine_open(&limits, &e, NULL));
	g_assert_false(predlog_view(e, state, "half/../model=half", "predictions", &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
}

static void test_log(void)
{
	g_autofree char *state = g_dir_make_tmp("gyre-predlog-XXXXXX", NULL), *copy = NULL;
	g_autoptr(Served) s = kit_served();
	g_autoptr(GError) error = NULL;
	g_autofree char *path = leave_journal(state, s);
	int64_t rows;
	gsize size;
	check_rows(state);
	int held = open(path, O_RDONLY); /* as a server that still writes holds it */
	g_assert_cmpint(flock(held, LOCK_EX), ==, 0);
	g_assert_true(predlog_seal(state, 256, &rows, NULL) && rows == 0);
	close(held);
	g_assert_true(g_file_get_contents(path, &copy, &size, NULL));
	predlog_seal(state, 256, &rows, &error);
	g_assert_no_error(error);
	g_assert_cmpint(rows, ==, 4);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	check_rows(state);
	g_assert_true(g_file_set_contents(path, copy, (gssize)size, NULL)); /* killed before it removed the journal */
	check_rows(state);
	g_assert_true(predlog_seal(state, 256, &rows, NULL) && rows == 4);
	check_rows(state);
	check_elsewhere(state);
	g_assert_true(file_remove(state, NULL));
}

/* Two classes, and inputs, whose names differ only in case, or are the log's own: each has a column, before and after sealing. */
static void test_names(void)
{
	g_autofree char *state = g_dir_make_tmp("gyre-predlog-XXXXXX", NULL),
	                *path = g_build_filename(state, "bundle", NULL);
	g_autoptr(GBytes) model = kit_model();
	g_autoptr(Served) s = NULL;
	g_autoptr(GError) error = NULL;
	json_auto_t *header =
	        json_loads("{\"project\": \"p\", \"roles\": {\"task\": \"classification\", \"target\": \"t\", "
	                   "\"classes\": [\"Yes\", "
	                   "\"yes\"]}, \"positive\": \"yes\", \"family\": \"linear\", \"threshold\": 0.25, \"params\": "
	                   "{}, \"recipe\": "
	                   "{\"inputs\": [{\"name\": \"x\", \"type\": \"real\"}, {\"name\": \"X\", \"type\": "
	                   "\"real\"}, {\"name\": "
	                   "\"Prediction\", \"type\": \"int\"}], \"transforms\": [], \"features\": [\"x\", \"X\"]}}",
	                0, NULL);
	PredLog *l;
	PredLogOptions options = {.state_folder = state, .share = 1, .flush_ms = 1};
	int64_t rows;
	g_assert_true(bundle_write(path, header, model, NULL));
	served_load("half", 1, "digest", path, &s, &error);
	g_assert_no_error(error);
	g_assert_true(predlog_open(&options, &l, NULL) && predlog_announce(l, s, NULL));
	log_rows(l, s, "a", "[[3,2,7]]");
	predlog_close(l);
	for (int sealed = 0; sealed < 2; sealed++) {
		json_auto_t *list = read_rows(state);
		const json_t *row = json_array_get(list, 0);
		g_assert_cmpfloat(json_get_number(row, "x", 0), ==, 3);
		g_assert_cmpfloat(json_get_number(row, "X_2", 0), ==, 2);
		g_assert_cmpfloat(json_get_number(row, "input.Prediction", 0), ==, 7);
		g_assert_cmpfloat_with_epsilon(
		        json_get_number(row, "probability_Yes", 0) + json_get_number(row, "probability_yes_2", 0), 1,
		        1e-12);
		predlog_seal(state, 256, &rows, &error);
		g_assert_no_error(error);
	}
	json_auto_t *renamed = NULL;
	g_assert_true(predlog_renamed(state, "half", &renamed, NULL));
	g_assert_cmpstr(json_get_text(renamed, "X", ""), ==, "X_2");
	g_assert_true(file_remove(state, NULL));
}

/* A journal that cannot be made into Parquet is told, and stays; those after it are sealed. */
static void test_bad_journal(void)
{
	g_autofree char *state = g_dir_make_tmp("gyre-predlog-XXXXXX", NULL);
	g_autoptr(Served) s = kit_served();
	g_autoptr(GError) error = NULL;
	int64_t rows;
	g_autofree char *path = leave_journal(state, s);
	g_autofree char *folder = g_path_get_dirname(path), *bad = g_build_filename(folder, "0-bad.jsonl", NULL),
	                *in_the_way = g_build_filename(state, "predictions", "model=half", "0-bad.parquet.tmp", NULL);
	g_assert_true(g_file_set_contents(bad, "{\"_gyre_model\":\"half\",\"_gyre_id\":\"q\"}\n", -1, NULL));
	g_assert_cmpint(g_mkdir(in_the_way, 0755), ==, 0);
	g_assert_false(predlog_seal(state, 256, &rows, &error));
	g_assert_nonnull(error);
	g_assert_cmpint(rows, ==, 4);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(bad, G_FILE_TEST_EXISTS));
	g_assert_true(file_remove(state, NULL));
}

/* A sealer that has no file descriptors left cannot see which models there are: the journal stays. */
static void test_no_descriptors(void)
{
	g_autofree char *state = g_dir_make_tmp("gyre-predlog-XXXXXX", NULL);
	g_autoptr(Served) s = kit_served();
	g_autoptr(GError) error = NULL;
	g_autofree char *path = leave_journal(state, s);
	struct rlimit before, tight;
	int64_t rows;
	int lowest = dup(STDIN_FILENO);
	close(lowest);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	for (int more = 1; more >= 0; more--) { /* for the journal only; not even for the list of them */
		tight = (struct rlimit){.rlim_cur = (rlim_t)(lowest + more), .rlim_max = before.rlim_max};
		g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &tight), ==, 0);
		bool ok = predlog_seal(state, 256, &rows, &error);
		g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
		g_assert_false(ok);
		g_assert_nonnull(error);
		g_clear_error(&error);
		g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
	}
	g_assert_true(predlog_seal(state, 256, &rows, NULL) && rows == 4);
	check_rows(state);
	g_assert_true(file_remove(state, NULL));
}

/* Many sealed files of versions whose columns differ are one table. */
static void test_many_files(void)
{
	g_autofree char *state = g_dir_make_tmp("gyre-predlog-XXXXXX", NULL);
	g_autoptr(Served) s = kit_served();
	int64_t rows;
	for (int i = 0; i < 12; i++) {
		g_autofree char *id = g_strdup_printf("m%02d", i);
		PredLog *l;
		PredLogOptions options = {.state_folder = state, .share = 1, .flush_ms = 1};
		g_assert_true(predlog_open(&options, &l, NULL) && predlog_announce(l, s, NULL));
		log_rows(l, s, id, i % 2 ? "[[3,2.5,\"a\",\"2024-03-01\",true]]" : "[[3,2,\"a\",\"2024-03-01\",true]]");
		predlog_close(l);
		g_assert_true(predlog_seal(state, 256, &rows, NULL) && rows == 1);
	}
	json_auto_t *list = read_rows(state);
	g_assert_cmpuint(json_array_size(list), ==, 12);
	g_assert_cmpfloat(json_get_number(json_array_get(list, 1), "n", 0), ==, 2.5);
	g_assert_cmpfloat(json_get_number(json_array_get(list, 2), "n", 0), ==, 2);
	g_assert_true(file_remove(state, NULL));
}

static void test_share(void)
{
	g_autofree char *state = g_dir_make_tmp("gyre-predlog-XXXXXX", NULL);
	PredLog *l;
	PredLogOptions options = {.state_folder = state, .share = 0.25, .flush_ms = 1};
	int kept = 0;
	g_assert_true(predlog_open(&options, &l, NULL));
	for (int i = 0; i < 4000; i++) {
		g_autofree char *id = g_strdup_printf("request-%d", i);
		kept += predlog_keeps(l, id);
		g_assert_true(predlog_keeps(l, id) == predlog_keeps(l, id));
	}
	g_assert_cmpint(abs(kept - 1000), <, 137); /* 5 standard deviations */
	predlog_close(l);
	g_assert_true(file_remove(state, NULL));
}

static json_t *give(Meta *m, const char *text)
{
	json_auto_t *list = json_loads(text, 0, NULL);
	json_t *counts = NULL;
	g_autoptr(GError) error = NULL;
	outcome_add(m, "half", list, &counts, &error);
	g_assert_no_error(error);
	return counts;
}

static void test_outcomes(void)
{
	g_autofree char *state = g_dir_make_tmp("gyre-outcome-XXXXXX", NULL);
	g_autoptr(Meta) m = NULL;
	g_autoptr(GError) error = NULL;
	json_t *rows, *none = NULL;
	g_assert_true(meta_open(state, &m, NULL));
	json_auto_t *first =
	        give(m, "[{\"id\": \"a\", \"value\": \"yes\"}, {\"id\": \"b\", \"value\": 1, \"observed\": "
	                "\"2024-03-01\"}, {\"id\": \"a\", \"value\": \"yes\"}]");
	json_auto_t *second = give(m, "[{\"id\": \"a\", \"value\": \"no\"}, {\"id\": \"b\", \"value\": 1}]");
	g_assert_true(json_get_int(first, "new", 0) == 2 && json_get_int(first, "same", 0) == 1);
	g_assert_true(json_get_int(second, "changed", 0) == 1 && json_get_int(second, "same", 0) == 1);
	static const char *const BAD[] = {"{\"id\": \"y\"}",
	        "{\"id\": \"y\", \"value\": 1, \"observed\": 9223372036854775807}",
	        "{\"id\": \"y\", \"value\": 1, \"observed\": \"soon\"}"};
	for (size_t k = 0; k < G_N_ELEMENTS(BAD); k++) { /* all or none */
		g_autofree char *text = g_strdup_printf("[{\"id\": \"z\", \"value\": 1}, %s]", BAD[k]);
		json_auto_t *bad = json_loads(text, 0, NULL);
		g_assert_false(outcome_add(m, "half", bad, &none, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
		g_clear_error(&error);
	}
	g_autofree char *id = g_strnfill(201, 'i');
	json_auto_t *long_id = json_pack("[{s:s,s:i}]", "id", id, "value", 1);
	g_assert_false(outcome_add(m, "half", long_id, &none, &error));
	g_assert_nonnull(strstr(error->message, "200 bytes")); /* it has one, which is no id of a prediction */
	g_assert_true(outcome_list(m, "half", 0, 100, &rows, NULL));
	json_auto_t *list = rows;
	g_assert_cmpuint(json_array_size(list), ==, 2);
	size_t i;
	json_t *row;
	json_array_foreach (list, i, row) {
		bool is_a = strcmp(json_get_text(row, "id", ""), "a") == 0;
		g_assert_cmpstr(json_get_text(row, "value", ""), ==, is_a ? "no" : "1");
		g_assert_cmpint(json_get_int(row, "changes", -1), ==, is_a ? 1 : 0);
		if (!is_a)
			g_assert_cmpint(json_get_int(row, "observed", 0), ==, 1709251200000000);
	}
	g_assert_true(file_remove(state, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/predlog/journal", test_journal);
	g_test_add_func("/predlog/at_once", test_at_once);
	g_test_add_func("/predlog/hurry", test_hurry);
	g_test_add_func("/predlog/full_at_the_wrap", test_full_at_the_wrap);
	g_test_add_func("/predlog/log", test_log);
	g_test_add_func("/predlog/names", test_names);
	g_test_add_func("/predlog/bad_journal", test_bad_journal);
	g_test_add_func("/predlog/no_descriptors", test_no_descriptors);
	g_test_add_func("/predlog/many_files", test_many_files);
	g_test_add_func("/predlog/share", test_share);
	g_test_add_func("/predlog/outcomes", test_outcomes);
	return g_test_run();
}
