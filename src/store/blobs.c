/* blobs.c: bytes in a folder by their SHA-256.
 *
 * A put goes through three stations, each for all files before the next, so that the disk is waited for once and not once a
 * file: staged (hashed, copied to blobs/tmp where it is not moved), synced, named (renamed, folder synced). */
#include "store/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"

enum {
	CHUNK = 1 << 18,
	BATCH = 64, /* open files at once */
	OLD_S = 24 * 3600,
};

struct Blobs {
	char *folder, *temporary;
};

/* A file on its way in. */
typedef struct Staged {
	const char *source;
	char *path; /* of the bytes now: the source itself when it is moved, else a temporary file; NULL: nothing to clean */
	int fd;
	bool may_move, is_moved, was_there;
	char *digest;
	uint64_t size;
} Staged;

static void remove_old(const char *folder)
{
	g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
	const char *name;
	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat about;
		if (lstat(path, &about) == 0 && time(NULL) - about.st_mtime > OLD_S)
			unlink(path);
	}
}

bool blobs_open(const char *state_folder, Blobs **ret, GError **error)
{
	g_autofree char *folder = g_build_filename(state_folder, "blobs", NULL);
	if (!file_make_folder(folder, error))
		return false;
	Blobs *b = g_new0(Blobs, 1);
	b->temporary = g_build_filename(folder, "tmp", NULL);
	b->folder = g_steal_pointer(&folder);
	remove_old(b->temporary);
	*ret = b;
	return true;
}

void blobs_close(Blobs *b)
{
	if (!b)
		return;
	g_free(b->folder);
	g_free(b->temporary);
	g_free(b);
}

static char *shard_of(const Blobs *b, const char *digest)
{
	char shard[3] = {digest[0], digest[1], 0};
	return g_build_filename(b->folder, shard, NULL);
}

static char *path_of(const Blobs *b, const char *digest)
{
	g_autofree char *shard = shard_of(b, digest);
	return g_build_filename(shard, digest + 2, NULL);
}

bool blobs_has(const Blobs *b, const char *digest, int64_t size)
{
	if (!digest_is_valid(digest))
		return false;
	g_autofree char *path = path_of(b, digest);
	struct stat about;
	return lstat(path, &about) == 0 && S_ISREG(about.st_mode) && (size < 0 || about.st_size == size);
}

bool blobs_path(const Blobs *b, const char *digest, char **ret, GError **error)
{
	if (!digest_is_valid(digest))
		return fail(error, FAIL_INVALID, "\"%s\" is not a SHA-256 digest", digest ? digest : "");
	if (!blobs_has(b, digest, -1))
		return fail(error, FAIL_NOT_FOUND, "the bytes %.12s are not in %s", digest, b->folder);
	*ret = path_of(b, digest);
	return true;
}

bool blobs_verify(const Blobs *b, const char *digest, GError **error)
{
	g_autofree char *path = NULL, *found = NULL;
	if (!blobs_path(b, digest, &path, error) || !digest_of_file(path, &found, error))
		return false;
	return strcmp(found, digest) == 0 ||
	       fail(error, FAIL_BROKEN, "%s is damaged: its bytes are not those it was named after", path);
}

static bool open_temporary(const Blobs *b, Staged *s, GError **error)
{
	if (!file_make_folder(b->temporary, error))
		return false;
	g_autofree char *path = g_build_filename(b->temporary, "XXXXXX", NULL);
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, "cannot write %s", b->temporary);
	s->fd = fd;
	s->path = g_steal_pointer(&path);
	return true;
}

static bool write_all(const Blobs *b, int fd, const char *bytes, size_t size, GError **error)
{
	while (size) {
		ssize_t put = write(fd, bytes, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail_errno(error, errno, "cannot write %s", b->folder);
		bytes += put;
		size -= (size_t)put;
	}
	return true;
}

/* Reads `in` to its end into the digest and, where `out` >= 0, there too. */
static bool absorb(const Blobs *b, Staged *s, int in, int out, GError **error)
{
	posix_fadvise(in, 0, 0, POSIX_FADV_SEQUENTIAL);
	g_autofree char *chunk = g_malloc(CHUNK);
	Digest *d = digest_new();
	ssize_t got;
	bool ok = true;
	while (ok && ((got = read(in, chunk, CHUNK)) > 0 || (got < 0 && errno == EINTR))) {
		if (got < 0)
			continue;
		digest_add(d, chunk, (size_t)got);
		s->size += (uint64_t)got;
		ok = out < 0 || write_all(b, out, chunk, (size_t)got, error);
	}
	int number = errno;
	s->digest = digest_finish(d);
	return ok && (got == 0 || fail_errno(error, number, "cannot read %s", s->source));
}

/* Has somebody the file open for writing?  The kernel lends it only when nobody has.  Whoever opens it in that moment is to be no signal
 * that ends us. */
static bool has_writer(int file)
{
	fcntl(file, F_SETSIG, SIGURG);
	if (fcntl(file, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(file, F_SETLEASE, F_UNLCK);
	return false;
}

/* Moved only when nothing else can change the bytes afterwards, by another name or a descriptor that a program left in the background
 * holds, and a rename reaches the blobs. */
static bool can_move(const Blobs *b, const char *path, int file, const struct stat *about)
{
	struct stat link, folder;
	return lstat(path, &link) == 0 && S_ISREG(link.st_mode) && about->st_nlink == 1 &&
	       stat(b->folder, &folder) == 0 && folder.st_dev == about->st_dev && !has_writer(file);
}

static bool stage_copy(const Blobs *b, Staged *s, int in, GError **error)
{
	return open_temporary(b, s, error) && absorb(b, s, in, s->fd, error);
}

static bool stage_open(const Blobs *b, Staged *s, int in, GError **error)
{
	struct stat about;
	if (fstat(in, &about) < 0 || !S_ISREG(about.st_mode))
		return fail(error, FAIL_INVALID, "%s is not a file", s->source);
	s->is_moved = s->may_move && can_move(b, s->source, in, &about);
	if (!s->is_moved)
		return stage_copy(b, s, in, error);
	s->fd = dup(in);
	s->path = g_strdup(s->source);
	if (s->fd < 0)
		return fail_errno(error, errno, "cannot read %s", s->source);
	return absorb(b, s, in, -1, error);
}

static bool stage(const Blobs *b, Staged *s, GError **error)
{
	int in = open(s->source, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return fail_errno(error, errno, "cannot read %s", s->source);
	bool ok = stage_open(b, s, in, error);
	close(in);
	if (!ok)
		return false;
	s->was_there = blobs_has(b, s->digest, (int64_t)s->size);
	if (!s->was_there)
		sync_file_range(s->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only begins; a hint */
	return true;
}

static bool sync_bytes(const Blobs *b, Staged *s, GError **error)
{
	if (s->was_there)
		return true;
	if (fchmod(s->fd, 0444) < 0 || fsync(s->fd) < 0)
		return fail_errno(error, errno, "cannot write %s", b->folder);
	return true;
}

static bool make_shard(const Blobs *b, const char *shard, GError **error)
{
	if (mkdir(shard, 0755) == 0)
		return file_sync(b->folder, error);
	return errno == EEXIST || fail_errno(error, errno, "cannot write %s", b->folder);
}

/* Bytes that were there already keep their file; the folder is synced all the same, as whoever put them may not have got
 * that far yet. */
static bool give_name(const Blobs *b, Staged *s, GError **error)
{
	g_autofree char *shard = shard_of(b, s->digest);
	g_autofree char *path = path_of(b, s->digest);
	if (s->was_there)
		return true;
	if (!make_shard(b, shard, error))
		return false;
	if (rename(s->path, path) < 0)
		return fail_errno(error, errno, "cannot write %s", b->folder);
	g_clear_pointer(&s->path, g_free);
	return true;
}

static bool sync_name(const Blobs *b, Staged *s, GError **error)
{
	g_autofree char *shard = shard_of(b, s->digest);
	return file_sync(shard, error);
}

/* A moved file is gone from where it was, also when its bytes had to be copied or were there already: unless it is the
 * blob itself that was put again. */
static bool remove_source(const Blobs *b, Staged *s, GError **error)
{
	g_autofree char *path = path_of(b, s->digest);
	struct stat source, blob;
	if (!s->may_move || lstat(s->source, &source) < 0)
		return true;
	if (lstat(path, &blob) == 0 && blob.st_ino == source.st_ino && blob.st_dev == source.st_dev)
		return true;
	return unlink(s->source) == 0 || fail_errno(error, errno, "cannot remove %s", s->source);
}

static bool put_batch(const Blobs *b, Staged *staged, size_t count, GError **error)
{
	static bool (*const STATIONS[])(const Blobs *, Staged *, GError **) = {
	        stage, sync_bytes, give_name, sync_name, remove_source};
	for (size_t station = 0; station < G_N_ELEMENTS(STATIONS); station++)
		for (size_t i = 0; i < count; i++)
			if (!STATIONS[station](b, &staged[i], error))
				return false;
	return true;
}

static void hand_over(Staged *s, BlobFile *file, bool ok)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->path && !s->is_moved)
		unlink(s->path);
	g_free(s->path);
	if (ok) {
		file->size = s->size;
		file->digest = g_steal_pointer(&s->digest);
	}
	g_free(s->digest);
}

static bool put_some(const Blobs *b, BlobFile *files, size_t count, bool move, GError **error)
{
	Staged staged[BATCH];
	for (size_t i = 0; i < count; i++)
		staged[i] = (Staged){.source = files[i].path, .may_move = move, .fd = -1};
	bool ok = put_batch(b, staged, count, error);
	for (size_t i = 0; i < count; i++)
		hand_over(&staged[i], &files[i], ok);
	return ok;
}

bool blobs_put_files(Blobs *b, BlobFile *files, size_t count, bool move, GError **error)
{
	for (size_t i = 0; i < count; i += BATCH) {
		if (put_some(b, files + i, MIN(BATCH, count - i), move, error))
			continue;
		for (size_t done = 0; done < i; done++)
			g_clear_pointer(&files[done].digest, g_free);
		return false;
	}
	return true;
}

bool blobs_put_file(Blobs *b, const char *path, bool move, char **ret_digest, uint64_t *ret_size, GError **error)
{
	BlobFile file = {.path = path};
	if (!blobs_put_files(b, &file, 1, move, error))
		return false;
	*ret_digest = file.digest;
	if (ret_size)
		*ret_size = file.size;
	return true;
}

static bool put_bytes(const Blobs *b, Staged *s, const void *bytes, size_t size, GError **error)
{
	return open_temporary(b, s, error) && write_all(b, s->fd, bytes, size, error) && sync_bytes(b, s, error) &&
	       give_name(b, s, error);
}

bool blobs_put_bytes(Blobs *b, const void *bytes, size_t size, char **ret_digest, GError **error)
{
	Staged s = {.fd = -1, .size = size, .digest = digest_of_bytes(bytes, size)};
	bool ok = blobs_has(b, s.digest, (int64_t)size) || put_bytes(b, &s, bytes, size, error);
	ok = ok && sync_name(b, &s, error);
	BlobFile file;
	hand_over(&s, &file, ok);
	if (ok)
		*ret_digest = file.digest;
	return ok;
}
