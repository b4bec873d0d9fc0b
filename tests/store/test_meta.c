/* test_meta.c: statements, transactions within transactions, several processes, kill -9, full and read-only disks. */
#include "store/meta.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "store/migrations.h"

typedef struct Place {
	char *folder;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-meta-XXXXXX", NULL);
}

static void teardown(Place *p, gconstpointer unused)
{
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
}

static Meta *open_at(const char *folder)
{
	Meta *m = NULL;
	g_autoptr(GError) error = NULL;
	meta_open(folder, &m, &error);
	g_assert_no_error(error);
	return m;
}

static void must(Meta *m, const char *sql, json_t *args)
{
	g_autoptr(GError) error = NULL;
	meta_run(m, sql, args, NULL, &error);
	g_assert_no_error(error);
}

static gint64 number(Meta *m, const char *sql)
{
	json_auto_t *row = NULL;
	g_autoptr(GError) error = NULL;
	meta_row(m, sql, NULL, &row, &error);
	g_assert_no_error(error);
	return json_get_int(row, "n", -1);
}

static void expect(GError **error, FailCode code, const char *words)
{
	g_assert_error(*error, FAIL, (int)code);
	if (!strstr((*error)->message, words))
		g_error("expected \"%s\" in: %s", words, (*error)->message);
	g_clear_error(error);
}

static void assert_whole(Meta *m)
{
	json_auto_t *row = NULL;
	g_assert_true(meta_row(m, "PRAGMA integrity_check", NULL, &row, NULL));
	g_assert_cmpstr(json_get_text(row, "integrity_check", ""), ==, "ok");
}

static void test_values(Place *p, gconstpointer unused)
{
	g_autoptr(Meta) m = open_at(p->folder);
	json_auto_t *row = NULL;
	json_t *args = json_pack(
	        "[I, f, s, b, n, {s:i, s:i}, s]", (json_int_t)G_MAXINT64, 0.1, "Zürich", 1, "b", 2, "a", 1, "");
	g_assert_true(
	        meta_row(m, "SELECT $2 AS real, $1 AS int, $3 AS text, $4 AS bool, $5 AS none, $6 AS json, $7 AS empty",
	                args, &row, NULL));
	g_autofree char *text = json_canonical(row);
	g_assert_cmpstr(text, ==,
	        "{\"bool\":1,\"empty\":\"\",\"int\":9223372036854775807,\"json\":\"{\\\"a\\\":1,\\\"b\\\":2}\","
	        "\"none\":null,\"real\":0.10000000000000001,\"text\":\"Zürich\"}");
}

/* "$2" before "$1", one parameter twice, ten of them: found by name, not by place. */
static void test_parameters(Place *p, gconstpointer unused)
{
	g_autoptr(Meta) m = open_at(p->folder);
	json_auto_t *row = NULL;
	g_assert_true(meta_row(m, "SELECT $10 || $2 || $1 || $3 || $4 || $5 || $6 || $7 || $8 || $9 || $1 AS t",
	        json_pack("[ssssssssss]", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a"), &row, NULL));
	g_assert_cmpstr(json_get_text(row, "t", ""), ==,
	        "a21345678"
	        "91");
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_run(m, "SELECT $1", json_pack("[s]", "\xff"), NULL, &error));
	expect(&error, FAIL_INVALID, "UTF-8");
	g_assert_false(meta_run(m, "SELECT $1", json_pack("[ii]", 1, 2), NULL, &error));
	expect(&error, FAIL_BROKEN, "2 arguments for 1 parameters");
	g_assert_false(meta_run(m, "SELEKT 1", NULL, NULL, &error));
	expect(&error, FAIL_BROKEN, "SELEKT 1");
	json_auto_t *none = NULL;
	g_assert_true(meta_row(m, "SELECT 1 WHERE 1 = 0", NULL, &none, NULL));
	g_assert_null(none);
}

static void test_nested(Place *p, gconstpointer unused)
{
	g_autoptr(Meta) m = open_at(p->folder);
	g_autoptr(GError) error = NULL;
	must(m, "CREATE TABLE t (x INTEGER PRIMARY KEY)", NULL);
	g_assert_true(meta_begin(m, NULL));
	must(m, "INSERT INTO t VALUES (1)", NULL);
	g_assert_true(meta_begin(m, NULL));
	must(m, "INSERT INTO t VALUES (2)", NULL);
	g_assert_false(meta_run(m, "INSERT INTO t VALUES (1)", NULL, NULL, &error));
	expect(&error, FAIL_CONFLICT, "t.x");
	g_assert_false(meta_end(m, false, NULL));
	g_assert_true(meta_begin_durable(m, NULL));
	must(m, "INSERT INTO t VALUES (3)", NULL);
	g_assert_true(meta_end(m, true, NULL));
	g_assert_true(meta_end(m, true, NULL));
	g_assert_cmpint(number(m, "SELECT sum(x) AS n FROM t"), ==, 4);
	g_assert_true(meta_begin(m, NULL));
	must(m, "INSERT INTO t VALUES (10)", NULL);
	g_assert_true(meta_begin(m, NULL));
	must(m, "INSERT INTO t VALUES (20)", NULL);
	g_assert_true(meta_end(m, true, NULL));
	g_assert_false(meta_end(m, false, NULL));
	g_assert_cmpint(number(m, "SELECT sum(x) AS n FROM t"), ==, 4);
}

static void test_newer_schema(Place *p, gconstpointer unused)
{
	meta_close(open_at(p->folder));
	g_autofree char *path = g_build_filename(p->folder, META_FILE, NULL);
	sqlite3 *db = NULL;
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "PRAGMA user_version = 9999", NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
	g_autofree char *before = NULL, *after = NULL;
	gsize before_size, after_size;
	g_assert_true(g_file_get_contents(path, &before, &before_size, NULL));
	Meta *m = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_open(p->folder, &m, &error));
	expect(&error, FAIL_CONFLICT, "newer gyre");
	g_assert_null(m);
	g_assert_true(g_file_get_contents(path, &after, &after_size, NULL));
	g_assert_cmpmem(before, before_size, after, after_size);
}

static void test_schema_is_recorded(Place *p, gconstpointer unused)
{
	g_autoptr(Meta) m = open_at(p->folder);
	int count = 0;
	while (MIGRATIONS[count].name)
		count++;
	g_assert_cmpint(number(m, "SELECT count(*) AS n FROM migrations"), ==, count);
	g_assert_cmpint(number(m, "SELECT max(version) AS n FROM migrations"), ==, count);
}

static void test_damaged(Place *p, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(p->folder, META_FILE, NULL);
	g_autofree char *junk = g_strnfill(8192, 'x');
	g_assert_true(g_file_set_contents(path, junk, 8192, NULL));
	Meta *m = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_open(p->folder, &m, &error));
	expect(&error, FAIL_BROKEN, "damaged");
}

/* Runs `work` in a process of its own; the child's exit status. */
static pid_t start(int (*work)(const char *folder, int i), const char *folder, int i)
{
	pid_t child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0)
		_exit(work(folder, i));
	return child;
}

static int status_of(pid_t child)
{
	int status;
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum { WRITERS = 6, INCREMENTS = 50 };

/* Opens a database that may not be there yet, and adds 1 many times: reads, then writes what it read plus one. */
static int increment(const char *folder, int i)
{
	Meta *m = NULL;
	if (!meta_open(folder, &m, NULL))
		return 10;
	if (!meta_run(m, "CREATE TABLE IF NOT EXISTS counter (x INTEGER PRIMARY KEY, n INTEGER)", NULL, NULL, NULL))
		return 11;
	for (int k = 0; k < INCREMENTS; k++) {
		if (!meta_begin(m, NULL))
			return 12;
		json_auto_t *row = NULL;
		bool ok = meta_row(m, "SELECT n FROM counter WHERE x = 1", NULL, &row, NULL) &&
		          meta_run(m, "INSERT INTO counter VALUES (1, $1) ON CONFLICT (x) DO UPDATE SET n = excluded.n",
		                  json_pack("[I]", (json_int_t)(json_get_int(row, "n", 0) + 1)), NULL, NULL);
		if (!meta_end(m, ok, NULL))
			return 13;
	}
	meta_close(m);
	return 0;
}

static void test_processes(Place *p, gconstpointer unused)
{
	pid_t children[WRITERS];
	for (int i = 0; i < WRITERS; i++)
		children[i] = start(increment, p->folder, i);
	for (int i = 0; i < WRITERS; i++)
		g_assert_cmpint(status_of(children[i]), ==, 0);
	g_autoptr(Meta) m = open_at(p->folder);
	g_assert_cmpint(number(m, "SELECT n FROM counter"), ==, WRITERS * INCREMENTS);
	assert_whole(m);
}

/* Two rows to a transaction, until killed. */
static int write_pairs(const char *folder, int i)
{
	Meta *m = NULL;
	if (!meta_open(folder, &m, NULL))
		return 10;
	for (;;) {
		if (!meta_begin(m, NULL))
			return 11;
		bool ok = meta_run(m, "INSERT INTO pairs (side) VALUES ('a')", NULL, NULL, NULL) &&
		          meta_run(m, "INSERT INTO pairs (side) VALUES ('b')", NULL, NULL, NULL);
		if (!meta_end(m, ok, NULL))
			return 12;
	}
}

static void test_killed(Place *p, gconstpointer unused)
{
	Meta *m = open_at(p->folder);
	must(m, "CREATE TABLE pairs (id INTEGER PRIMARY KEY, side TEXT)", NULL);
	meta_close(m);
	gint64 rows = 0;
	for (int round = 0; round < 8; round++) {
		pid_t child = start(write_pairs, p->folder, 0);
		g_usleep(20000 + (gulong)round * 7000);
		kill(child, SIGKILL);
		g_assert_cmpint(status_of(child), ==, 128 + SIGKILL);
		g_autoptr(Meta) again = open_at(p->folder);
		assert_whole(again);
		g_assert_cmpint(number(again, "SELECT sum(side = 'a') - sum(side = 'b') AS n FROM pairs"), <=, 0);
		g_assert_cmpint(number(again, "SELECT count(*) % 2 AS n FROM pairs"), ==, 0);
		rows = number(again, "SELECT count(*) AS n FROM pairs");
	}
	g_assert_cmpint(rows, >, 0);
}

/* A file system of its own, of `kib`; false (and the test skipped) where that is not allowed. */
static bool mount_small(const char *folder, int kib)
{
	g_autofree char *options = g_strdup_printf("size=%dk", kib);
	if (mount("tmpfs", folder, "tmpfs", 0, options) == 0)
		return true;
	g_test_skip("needs the right to mount a tmpfs");
	return false;
}

static void test_full_disk(Place *p, gconstpointer unused)
{
	if (!mount_small(p->folder, 2048))
		return;
	Meta *m = open_at(p->folder);
	must(m, "CREATE TABLE t (x INTEGER PRIMARY KEY, big TEXT)", NULL);
	must(m, "INSERT INTO t VALUES (0, 'kept')", NULL);
	g_autofree char *big = g_strnfill(100000, 'x');
	g_autoptr(GError) error = NULL;
	g_assert_true(meta_begin(m, NULL));
	bool ok = true;
	for (int i = 1; ok && i < 20; i++)
		ok = meta_run(m, "INSERT INTO t VALUES ($1, $2)", json_pack("[is]", i, big), NULL, &error);
	ok = meta_end(m, ok, ok ? &error : NULL);
	g_assert_false(ok);
	expect(&error, FAIL_UNAVAILABLE, "the disk is full");
	g_assert_cmpint(number(m, "SELECT count(*) AS n FROM t"), ==, 1);
	assert_whole(m);
	must(m, "INSERT INTO t VALUES (1, 'fits')", NULL);
	meta_close(m);
	umount(p->folder);
}

static void test_full_disk_at_start(Place *p, gconstpointer unused)
{
	if (!mount_small(p->folder, 64))
		return;
	Meta *m = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_open(p->folder, &m, &error));
	g_assert_error(error, FAIL, FAIL_UNAVAILABLE);
	umount(p->folder);
}

/* A write that fails in the middle of a transaction must not let the later ones through one by one. */
static int write_beyond_limit(const char *folder, int i)
{
	Meta *m = open_at(folder);
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit = {300000, 300000};
	setrlimit(RLIMIT_FSIZE, &limit);
	must(m, "PRAGMA cache_size = 4", NULL); /* so that pages go to the log before the commit */
	g_autofree char *big = g_strnfill(100000, 'x');
	g_autoptr(GError) error = NULL;
	g_assert_true(meta_begin(m, NULL));
	bool all = true;
	for (int k = 1; k < 8; k++)
		all = meta_run(m, "INSERT INTO t VALUES ($1, $2)", json_pack("[is]", k, big), NULL,
		              all ? &error : NULL) &&
		      all;
	all = meta_run(m, "INSERT INTO t VALUES (100, 'after')", NULL, NULL, all ? &error : NULL) && all;
	if (meta_end(m, all, all ? &error : NULL) || !error || error->code != FAIL_UNAVAILABLE)
		return 1;
	return number(m, "SELECT count(*) AS n FROM t") == 0 ? 0 : 2;
}

static void test_file_limit(Place *p, gconstpointer unused)
{
	Meta *m = open_at(p->folder);
	must(m, "CREATE TABLE t (x INTEGER PRIMARY KEY, big TEXT)", NULL);
	meta_close(m);
	g_assert_cmpint(status_of(start(write_beyond_limit, p->folder, 0)), ==, 0);
	g_autoptr(Meta) again = open_at(p->folder);
	assert_whole(again);
}

static void check_reading_only(const char *folder)
{
	Meta *m = open_at(folder);
	g_assert_cmpint(number(m, "SELECT n FROM t"), ==, 7);
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_run(m, "INSERT INTO t VALUES (8)", NULL, NULL, &error));
	expect(&error, FAIL_UNAVAILABLE, "read-only");
	g_assert_true(meta_begin(m, NULL)); /* reading in one piece is fine */
	g_assert_cmpint(number(m, "SELECT n FROM t"), ==, 7);
	bool ok = meta_run(m, "DELETE FROM t", NULL, NULL, &error);
	g_assert_false(meta_end(m, ok, NULL));
	expect(&error, FAIL_UNAVAILABLE, "read-only");
	meta_close(m);
}

static void test_read_only_mount(Place *p, gconstpointer unused)
{
	if (!mount_small(p->folder, 4096))
		return;
	Meta *m = open_at(p->folder);
	must(m, "CREATE TABLE t (n INTEGER)", NULL);
	must(m, "INSERT INTO t VALUES (7)", NULL);
	meta_close(m);
	g_assert_cmpint(mount("tmpfs", p->folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
	check_reading_only(p->folder);
	g_autofree char *absent = g_build_filename(p->folder, "absent", NULL);
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_open(absent, &m, &error));
	expect(&error, FAIL_UNAVAILABLE, "Read-only file system");
	umount(p->folder);
}

/* By rights instead of by mount; root has all rights, so as somebody else. */
static int read_without_rights(const char *folder, int i)
{
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 77;
	check_reading_only(folder);
	return 0;
}

static void test_read_only_folder(Place *p, gconstpointer unused)
{
	Meta *m = open_at(p->folder);
	must(m, "CREATE TABLE t (n INTEGER)", NULL);
	must(m, "INSERT INTO t VALUES (7)", NULL);
	meta_close(m);
	g_assert_cmpint(g_chmod(p->folder, 0555), ==, 0);
	int status = status_of(start(read_without_rights, p->folder, 0));
	g_chmod(p->folder, 0755);
	if (status == 77)
		g_test_skip("cannot become another user");
	else
		g_assert_cmpint(status, ==, 0);
}

static void copy(const char *from, const char *to, const char *name)
{
	g_autofree char *source = g_build_filename(from, name, NULL), *target = g_build_filename(to, name, NULL);
	g_assert_true(file_copy(source, target, NULL));
}

static int refuse_unread_log(const char *folder, int i)
{
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 77;
	Meta *m = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_open(folder, &m, &error));
	expect(&error, FAIL_UNAVAILABLE, "commits in its log");
	return 0;
}

/* While somebody else writes, his log is read; a log without its index cannot be, and must not be passed over. */
static void test_read_only_log(Place *p, gconstpointer unused)
{
	g_autoptr(Meta) m = open_at(p->folder);
	must(m, "CREATE TABLE t (n INTEGER)", NULL);
	must(m, "INSERT INTO t VALUES (7)", NULL);
	g_autofree char *torn = g_build_filename(p->folder, "torn", NULL);
	g_assert_cmpint(g_mkdir(torn, 0755), ==, 0);
	copy(p->folder, torn, META_FILE);
	copy(p->folder, torn, META_FILE "-wal");
	g_assert_cmpint(g_chmod(torn, 0555), ==, 0);
	g_assert_cmpint(g_chmod(p->folder, 0555), ==, 0);
	int reading = status_of(start(read_without_rights, p->folder, 0));
	int refusing = status_of(start(refuse_unread_log, torn, 0));
	g_chmod(p->folder, 0755);
	g_chmod(torn, 0755);
	if (reading == 77)
		g_test_skip("cannot become another user");
	else
		g_assert_cmpint(reading + refusing, ==, 0);
}

/* A database that is there already, on a disk that is full: a sentence, and nothing lost. */
static void test_full_disk_later(Place *p, gconstpointer unused)
{
	if (!mount_small(p->folder, 4096))
		return;
	Meta *m = open_at(p->folder);
	must(m, "CREATE TABLE t (n INTEGER)", NULL);
	must(m, "INSERT INTO t VALUES (7)", NULL);
	meta_close(m);
	g_autofree char *filler = g_build_filename(p->folder, "filler", NULL);
	FILE *f = g_fopen(filler, "w");
	while (f && fputc('x', f) != EOF && fflush(f) == 0)
		;
	g_assert_cmpint(f ? fclose(f) : 0, <=, 0);
	g_autoptr(GError) error = NULL;
	g_assert_false(meta_open(p->folder, &m, &error));
	expect(&error, FAIL_UNAVAILABLE, "No space left on device");
	g_unlink(filler);
	m = open_at(p->folder);
	g_assert_cmpint(number(m, "SELECT n FROM t"), ==, 7);
	meta_close(m);
	umount(p->folder);
}

static void test_ids(void)
{
	g_autofree char *a = meta_new_id(), *b = meta_new_id();
	g_assert_cmpuint(strlen(a), ==, 32);
	g_assert_cmpuint(strspn(a, "0123456789abcdef"), ==, 32);
	g_assert_cmpstr(a, !=, b);
}

#define ADD(name, function) g_test_add("/meta/" name, Place, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("values", test_values);
	ADD("parameters", test_parameters);
	ADD("nested", test_nested);
	ADD("newer-schema", test_newer_schema);
	ADD("schema-is-recorded", test_schema_is_recorded);
	ADD("damaged", test_damaged);
	ADD("processes", test_processes);
	ADD("killed", test_killed);
	ADD("full-disk", test_full_disk);
	ADD("full-disk-at-start", test_full_disk_at_start);
	ADD("file-limit", test_file_limit);
	ADD("read-only-mount", test_read_only_mount);
	ADD("read-only-folder", test_read_only_folder);
	ADD("read-only-log", test_read_only_log);
	ADD("full-disk-later", test_full_disk_later);
	g_test_add_func("/meta/ids", test_ids);
	return g_test_run();
}
