/* test_blobs.c: what has a blob's name is whole, whoever writes, whenever they are killed. */
#include "store/blobs.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"

/* SHA-256 of "abc": FIPS 180-4's example. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct Place {
	char *folder;
	Blobs *blobs;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-blobs-XXXXXX", NULL);
	g_assert_true(blobs_open(p->folder, &p->blobs, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
	blobs_close(p->blobs);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
}

static char *file_with(const Place *p, const char *name, const char *text)
{
	char *path = g_build_filename(p->folder, name, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void expect(GError **error, FailCode code, const char *words)
{
	g_assert_error(*error, FAIL, (int)code);
	if (!strstr((*error)->message, words))
		g_error("expected \"%s\" in: %s", words, (*error)->message);
	g_clear_error(error);
}

static void assert_holds(const Place *p, const char *digest, const char *text)
{
	g_autofree char *path = NULL, *bytes = NULL;
	g_assert_true(blobs_path(p->blobs, digest, &path, NULL));
	g_assert_true(g_file_get_contents(path, &bytes, NULL, NULL));
	g_assert_cmpstr(bytes, ==, text);
	struct stat about;
	g_assert_cmpint(stat(path, &about), ==, 0);
	g_assert_cmpint(about.st_mode & 0777, ==, 0444);
	g_assert_true(blobs_verify(p->blobs, digest, NULL));
}

static guint temporaries(const Place *p)
{
	g_autofree char *path = g_build_filename(p->folder, "blobs", "tmp", NULL);
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	guint count = 0;
	while (folder && g_dir_read_name(folder))
		count++;
	return count;
}

static void test_bytes(Place *p, gconstpointer unused)
{
	for (int again = 0; again < 2; again++) {
		g_autofree char *digest = NULL, *empty = NULL;
		g_assert_true(blobs_put_bytes(p->blobs, "abc", 3, &digest, NULL));
		g_assert_true(blobs_put_bytes(p->blobs, "", 0, &empty, NULL));
		g_assert_cmpstr(digest, ==, ABC);
		g_assert_cmpstr(empty, ==, EMPTY);
	}
	assert_holds(p, ABC, "abc");
	assert_holds(p, EMPTY, "");
	g_assert_true(blobs_has(p->blobs, ABC, 3));
	g_assert_true(blobs_has(p->blobs, ABC, -1));
	g_assert_false(blobs_has(p->blobs, ABC, 4));
	g_assert_cmpuint(temporaries(p), ==, 0);
}

static void test_copy_and_move(Place *p, gconstpointer unused)
{
	g_autofree char *a = file_with(p, "a", "abc");
	g_autofree char *digest = NULL, *again = NULL;
	guint64 size = 0;
	g_assert_true(blobs_put_file(p->blobs, a, false, &digest, &size, NULL));
	g_assert_cmpuint(size, ==, 3);
	assert_holds(p, ABC, "abc");
	g_assert_true(g_file_test(a, G_FILE_TEST_EXISTS));
	g_assert_true(blobs_put_file(p->blobs, a, true, &again, NULL, NULL)); /* there already */
	g_assert_false(g_file_test(a, G_FILE_TEST_EXISTS));
	assert_holds(p, ABC, "abc");
	g_autofree char *b = file_with(p, "b", "moved"), *moved = NULL;
	struct stat before, after;
	g_assert_cmpint(stat(b, &before), ==, 0);
	g_assert_true(blobs_put_file(p->blobs, b, true, &moved, NULL, NULL));
	assert_holds(p, moved, "moved");
	g_autofree char *path = NULL;
	g_assert_true(blobs_path(p->blobs, moved, &path, NULL));
	g_assert_cmpint(stat(path, &after), ==, 0);
	g_assert_cmpuint(before.st_ino, ==, after.st_ino); /* renamed, not copied */
	g_assert_false(g_file_test(b, G_FILE_TEST_EXISTS));
}

/* Another name of the same file could change the bytes afterwards; a link's target belongs to somebody else. */
static void test_links_are_copied(Place *p, gconstpointer unused)
{
	g_autofree char *a = file_with(p, "a", "abc"), *hard = g_build_filename(p->folder, "hard", NULL);
	g_autofree char *soft = g_build_filename(p->folder, "soft", NULL), *digest = NULL, *again = NULL;
	g_assert_cmpint(link(a, hard), ==, 0);
	g_assert_cmpint(symlink(a, soft), ==, 0);
	g_assert_true(blobs_put_file(p->blobs, soft, true, &digest, NULL, NULL));
	g_assert_true(blobs_put_file(p->blobs, hard, true, &again, NULL, NULL));
	g_assert_true(g_file_set_contents(a, "xyz", 3, NULL));
	assert_holds(p, ABC, "abc");
	g_assert_false(g_file_test(hard, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(soft, G_FILE_TEST_IS_SYMLINK));
}

/* A program in the background may still write to what is put: its bytes are copied, and what comes later is lost, not in a blob. */
static void test_open_for_writing(Place *p, gconstpointer unused)
{
	g_autofree char *path = file_with(p, "file", ""), *digest = NULL;
	g_autoptr(GError) error = NULL;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	g_assert_cmpint(write(fd, "abc", 3), ==, 3);
	g_assert_true(blobs_put_file(p->blobs, path, true, &digest, NULL, NULL));
	g_assert_cmpint(write(fd, "more", 4), ==, 4);
	close(fd);
	blobs_verify(p->blobs, digest, &error);
	g_assert_no_error(error);
	assert_holds(p, ABC, "abc");
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_blob_put_again(Place *p, gconstpointer unused)
{
	g_autofree char *digest = NULL, *again = NULL, *path = NULL;
	g_assert_true(blobs_put_bytes(p->blobs, "abc", 3, &digest, NULL));
	g_assert_true(blobs_path(p->blobs, digest, &path, NULL));
	g_assert_true(blobs_put_file(p->blobs, path, true, &again, NULL, NULL));
	assert_holds(p, ABC, "abc");
}

static void test_many(Place *p, gconstpointer unused)
{
	enum { COUNT = 150 };
	BlobFile files[COUNT] = {0};
	for (int i = 0; i < COUNT; i++) {
		g_autofree char *name = g_strdup_printf("f%d", i), *text = g_strdup_printf("%d", i / 2);
		files[i].path = file_with(p, name, text);
	}
	g_assert_true(blobs_put_files(p->blobs, files, COUNT, true, NULL));
	for (int i = 0; i < COUNT; i++) {
		g_autofree char *text = g_strdup_printf("%d", i / 2);
		assert_holds(p, files[i].digest, text);
		g_assert_cmpuint(files[i].size, ==, strlen(text));
		g_free((char *)files[i].path);
		g_free(files[i].digest);
	}
	g_assert_cmpuint(temporaries(p), ==, 0);
}

static void test_wrong(Place *p, gconstpointer unused)
{
	g_autoptr(GError) error = NULL;
	char *ret = NULL;
	g_assert_false(blobs_path(p->blobs, "../../etc/passwd", &ret, &error));
	expect(&error, FAIL_INVALID, "digest");
	g_assert_false(blobs_path(p->blobs, ABC, &ret, &error));
	expect(&error, FAIL_NOT_FOUND, "ba7816bf8f01");
	g_assert_false(blobs_put_file(p->blobs, "/nowhere/x", false, &ret, NULL, &error));
	expect(&error, FAIL_NOT_FOUND, "/nowhere/x");
	g_assert_false(blobs_put_file(p->blobs, p->folder, true, &ret, NULL, &error));
	expect(&error, FAIL_INVALID, "not a file");
	g_assert_false(blobs_has(p->blobs, "x", -1));
	g_assert_null(ret);
	g_autofree char *good = file_with(p, "good", "good");
	BlobFile files[] = {{.path = good}, {.path = "/nowhere/y"}};
	g_assert_false(blobs_put_files(p->blobs, files, 2, true, &error));
	expect(&error, FAIL_NOT_FOUND, "/nowhere/y");
	g_assert_null(files[0].digest);
	g_assert_true(g_file_test(good, G_FILE_TEST_EXISTS));
}

static void test_damaged(Place *p, gconstpointer unused)
{
	g_autofree char *digest = NULL, *path = NULL, *again = NULL;
	g_assert_true(blobs_put_bytes(p->blobs, "abc", 3, &digest, NULL));
	g_assert_true(blobs_path(p->blobs, digest, &path, NULL));
	g_autoptr(GError) error = NULL;
	g_assert_true(g_file_set_contents(path, "abX", 3, NULL));
	g_assert_false(blobs_verify(p->blobs, digest, &error));
	expect(&error, FAIL_BROKEN, "damaged");
	g_assert_true(g_file_set_contents(path, "ab", 2, NULL)); /* torn: putting it again heals it */
	g_assert_true(blobs_put_bytes(p->blobs, "abc", 3, &again, NULL));
	assert_holds(p, ABC, "abc");
}

static void test_old_temporaries(Place *p, gconstpointer unused)
{
	g_autofree char *digest = NULL;
	g_assert_true(blobs_put_bytes(p->blobs, "abc", 3, &digest, NULL));
	g_autofree char *old = file_with(p, "blobs/tmp/old", "x"), *fresh = file_with(p, "blobs/tmp/new", "x");
	struct utimbuf two_days_ago = {time(NULL) - 2 * 86400, time(NULL) - 2 * 86400};
	g_assert_cmpint(utime(old, &two_days_ago), ==, 0);
	g_autoptr(Blobs) again = NULL;
	g_assert_true(blobs_open(p->folder, &again, NULL));
	g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(fresh, G_FILE_TEST_EXISTS));
	assert_holds(p, ABC, "abc");
}

enum { ROUND_BYTES = 300000 };

static char *round_bytes(int i)
{
	char *bytes = g_malloc(ROUND_BYTES);
	for (int k = 0; k < ROUND_BYTES; k++)
		bytes[k] = (char)(i * 31 + k % 251);
	return bytes;
}

static void put_rounds(const char *folder, int rounds)
{
	Blobs *b = NULL;
	if (!blobs_open(folder, &b, NULL))
		_exit(10);
	for (int i = 0; i < rounds; i++) {
		g_autofree char *bytes = round_bytes(i), *digest = NULL;
		if (!blobs_put_bytes(b, bytes, ROUND_BYTES, &digest, NULL))
			_exit(11);
	}
	_exit(0);
}

/* Every file under blobs/ab is what its name says. */
static guint verify_all(const Place *p)
{
	g_autofree char *root = g_build_filename(p->folder, "blobs", NULL);
	g_autoptr(GDir) shards = g_dir_open(root, 0, NULL);
	const char *shard, *rest;
	guint count = 0;
	while ((shard = g_dir_read_name(shards))) {
		g_autofree char *path = g_build_filename(root, shard, NULL);
		g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
		while (strcmp(shard, "tmp") != 0 && (rest = g_dir_read_name(folder))) {
			g_autofree char *digest = g_strconcat(shard, rest, NULL);
			g_assert_true(blobs_verify(p->blobs, digest, NULL));
			count++;
		}
	}
	return count;
}

static void test_processes(Place *p, gconstpointer unused)
{
	pid_t children[4];
	for (int i = 0; i < 4; i++)
		if ((children[i] = fork()) == 0)
			put_rounds(p->folder, 20);
	for (int i = 0; i < 4; i++) {
		int status;
		g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
		g_assert_cmpint(status, ==, 0);
	}
	g_assert_cmpuint(verify_all(p), ==, 20);
	g_assert_cmpuint(temporaries(p), ==, 0);
}

static void test_killed(Place *p, gconstpointer unused)
{
	for (int round = 0; round < 8; round++) {
		pid_t child = fork();
		if (child == 0)
			put_rounds(p->folder, 100000);
		g_usleep(15000 + (gulong)round * 3000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		verify_all(p);
	}
	g_assert_cmpuint(verify_all(p), >, 0);
}

static void test_full_disk(Place *p, gconstpointer unused)
{
	if (mount("tmpfs", p->folder, "tmpfs", 0, "size=256k") < 0) {
		g_test_skip("needs the right to mount a tmpfs");
		return;
	}
	Blobs *b = NULL;
	g_assert_true(blobs_open(p->folder, &b, NULL));
	g_autofree char *bytes = round_bytes(1), *digest = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(blobs_put_bytes(b, bytes, ROUND_BYTES, &digest, &error));
	expect(&error, FAIL_UNAVAILABLE, "No space left on device");
	g_assert_cmpuint(temporaries(p), ==, 0);
	g_assert_cmpuint(verify_all(p), ==, 0);
	g_assert_true(blobs_put_bytes(b, "abc", 3, &digest, NULL));
	g_assert_cmpint(mount("tmpfs", p->folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
	char *other = NULL;
	g_assert_false(blobs_put_bytes(b, "abd", 3, &other, &error));
	expect(&error, FAIL_UNAVAILABLE, "Read-only");
	assert_holds(p, ABC, "abc");
	blobs_close(b);
	umount(p->folder);
}

/* A file is copied between file systems of two kinds too, where the kernel does not do it by itself. */
static void test_two_file_systems(Place *p, gconstpointer unused)
{
	struct stat here, there;
	g_autofree char *from = g_strdup_printf("/dev/shm/gyre-blobs-%d", (int)getpid());
	g_autofree char *to = g_build_filename(p->folder, "copy", NULL), *bytes = round_bytes(1);
	if (stat("/dev/shm", &there) < 0 || stat(p->folder, &here) < 0 || here.st_dev == there.st_dev ||
	        !g_file_set_contents(from, bytes, ROUND_BYTES, NULL)) {
		g_test_skip("needs /dev/shm and another file system beside it");
		return;
	}
	g_autoptr(GError) error = NULL;
	g_autofree char *a = NULL, *b = NULL;
	bool ok = file_copy(from, to, &error);
	g_assert_true(digest_of_file(from, &a, NULL) && unlink(from) == 0);
	g_assert_no_error(error);
	g_assert_true(ok && digest_of_file(to, &b, NULL));
	g_assert_cmpstr(a, ==, b);
}

#define ADD(name, function) g_test_add("/blobs/" name, Place, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("bytes", test_bytes);
	ADD("copy-and-move", test_copy_and_move);
	ADD("links-are-copied", test_links_are_copied);
	ADD("open-for-writing", test_open_for_writing);
	ADD("blob-put-again", test_blob_put_again);
	ADD("many", test_many);
	ADD("wrong", test_wrong);
	ADD("damaged", test_damaged);
	ADD("old-temporaries", test_old_temporaries);
	ADD("processes", test_processes);
	ADD("killed", test_killed);
	ADD("full-disk", test_full_disk);
	ADD("two-file-systems", test_two_file_systems);
	return g_test_run();
}
