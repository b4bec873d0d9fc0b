/* files.c: digests of files, remembered by what stat says. */
#include "pipeline/files.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

#include <errno.h>

#define RACY_SECONDS 2

static int64_t in_ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       in_ns(a->st_mtim) == in_ns(b->st_mtim) && in_ns(a->st_ctim) == in_ns(b->st_ctim);
}

bool files_unchanged(const char *path, const struct stat *about)
{
	struct stat now;
	return stat(path, &now) == 0 && same(&now, about);
}

static bool look(const char *path, struct stat *ret, GError **error)
{
	if (stat(path, ret) < 0)
		return fail_errno(error, errno, "cannot read %s", path);
	return S_ISREG(ret->st_mode) || fail(error, FAIL_INVALID, "%s is not a regular file", path);
}

static json_t *identity(const struct stat *s)
{
	return json_pack("[I,I,I,I,I]", (json_int_t)s->st_dev, (json_int_t)s->st_ino, (json_int_t)s->st_size,
	        (json_int_t)in_ns(s->st_mtim), (json_int_t)in_ns(s->st_ctim));
}

static bool is_racy(const struct stat *s)
{
	int64_t changed = MAX(in_ns(s->st_mtim), in_ns(s->st_ctim));
	return changed / 1000 > meta_now() - RACY_SECONDS * G_USEC_PER_SEC;
}

/* A store that cannot be written (a read-only folder) remembers nothing, and that is no failure. */
static void remember(Meta *m, const char *path, const struct stat *about, const char *digest)
{
	json_t *args = identity(about);
	json_array_append_new(args, json_string(digest));
	json_array_append_new(args, json_text(path));
	g_autoptr(GError) ignored = NULL;
	meta_run(m,
	        "INSERT INTO file_digests (device, inode, size, mtime_ns, ctime_ns, digest, path)"
	        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (device, inode) DO UPDATE SET size = excluded.size,"
	        " mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, digest = excluded.digest,"
	        " path = excluded.path",
	        args, NULL, &ignored);
}

/* Lineage tells it later, when the file may long hold other bytes. */
static void remember_path(Meta *m, const char *path, const char *digest)
{
	g_autoptr(GError) ignored = NULL;
	meta_run(m, "INSERT INTO file_paths (digest, path) VALUES ($1, $2) ON CONFLICT (digest, path) DO NOTHING",
	        json_pack("[s,o]", digest, json_text(path)), NULL, &ignored);
}

static bool recall(Meta *m, const struct stat *about, char **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m,
	            "SELECT digest FROM file_digests WHERE device = $1 AND inode = $2 AND size = $3"
	            " AND mtime_ns = $4 AND ctime_ns = $5",
	            identity(about), &row, error))
		return false;
	*ret = g_strdup(json_get_text(row, "digest", NULL));
	return true;
}

bool files_digest(Meta *m, const char *path, char **ret, struct stat *ret_about, GError **error)
{
	struct stat before, after;
	g_autofree char *digest = NULL;
	if (!look(path, &before, error) || !recall(m, &before, &digest, error))
		return false;
	if (!digest) {
		if (!digest_of_file(path, &digest, error) || !look(path, &after, error))
			return false;
		if (!same(&before, &after))
			return fail(error, FAIL_CONFLICT, "%s changed while it was read; try again", path);
		remember_path(m, path, digest);
		if (!is_racy(&before))
			remember(m, path, &before, digest);
	}
	*ret_about = before;
	*ret = g_steal_pointer(&digest);
	return true;
}
