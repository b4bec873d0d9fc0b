/* file.c: whole files, read with a limit and written in one step. */
#include "base/file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int fd, const char *path, size_t limit, GString *into, GError **error)
{
	char chunk[65536];
	for (;;) {
		ssize_t got = read(fd, chunk, sizeof chunk);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(error, errno, "cannot read %s", path);
		if (got == 0)
			return true;
		if (into->len + (size_t)got > limit)
			return fail(error, FAIL_LIMIT, "%s is larger than %zu bytes", path, limit);
		g_string_append_len(into, chunk, got);
	}
}

bool file_read(const char *path, size_t limit, char **ret, size_t *ret_size, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, "cannot read %s", path);
	GString *text = g_string_new(NULL);
	bool ok = read_all(fd, path, limit, text, error);
	close(fd);
	if (!ok) {
		g_string_free(text, TRUE);
		return false;
	}
	*ret_size = text->len;
	*ret = g_string_free(text, FALSE);
	return true;
}

static bool write_bytes(int fd, const char *path, const char *bytes, size_t size, GError **error)
{
	while (size) {
		ssize_t put = write(fd, bytes, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail_errno(error, errno, "cannot write %s", path);
		bytes += put;
		size -= (size_t)put;
	}
	return true;
}

bool file_write(const char *path, const void *bytes, size_t size, GError **error)
{
	g_autofree char *temporary = g_strdup_printf("%s.%d.tmp", path, (int)getpid());
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail_errno(error, errno, "cannot write %s", path);
	bool ok = write_bytes(fd, path, bytes, size, error) &&
	          (fsync(fd) == 0 || fail_errno(error, errno, "cannot write %s", path));
	close(fd);
	if (ok && rename(temporary, path) < 0)
		ok = fail_errno(error, errno, "cannot write %s", path);
	if (!ok) {
		unlink(temporary);
		return false;
	}
	return file_sync(folder, error);
}

bool file_make_folder(const char *path, GError **error)
{
	if (g_mkdir_with_parents(path, 0755) < 0)
		return fail_errno(error, errno, "cannot make the folder %s", path);
	return true;
}

static bool remove_entries(const char *path, GError **error)
{
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	const char *name;
	while (folder && (name = g_dir_read_name(folder))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);
		if (!file_remove(entry, error))
			return false;
	}
	return true;
}

bool file_remove(const char *path, GError **error)
{
	struct stat about;
	if (lstat(path, &about) < 0)
		return errno == ENOENT || fail_errno(error, errno, "cannot remove %s", path);
	if (S_ISDIR(about.st_mode) && !remove_entries(path, error))
		return false;
	if (remove(path) < 0 && errno != ENOENT)
		return fail_errno(error, errno, "cannot remove %s", path);
	return true;
}

bool file_sync(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, "cannot open %s", path);
	bool ok = fsync(fd) == 0 || fail_errno(error, errno, "cannot write %s", path);
	close(fd);
	return ok;
}

/* As far as the kernel does it by itself: between file systems of two kinds not at all. */
static void copy_inside(int in, int out)
{
	ssize_t moved;
	do
		moved = copy_file_range(in, NULL, out, NULL, 1 << 30, 0);
	while (moved > 0 || (moved < 0 && errno == EINTR));
}

/* What the kernel left, mostly nothing, is copied by hand, and what is wrong told by that. */
static bool copy_bytes(int in, int out, const char *from, const char *to, GError **error)
{
	char chunk[65536];
	if (ioctl(out, FICLONE, in) == 0)
		return true;
	copy_inside(in, out);
	for (;;) {
		ssize_t got = read(in, chunk, sizeof chunk);
		if (got == 0)
			return true;
		if (got < 0 && errno != EINTR)
			return fail_errno(error, errno, "cannot read %s", from);
		if (got > 0 && !write_bytes(out, to, chunk, (size_t)got, error))
			return false;
	}
}

bool file_copy(const char *from, const char *to, GError **error)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return fail_errno(error, errno, "cannot read %s", from);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		close(in);
		return fail_errno(error, errno, "cannot write %s", to);
	}
	bool ok = copy_bytes(in, out, from, to, error);
	close(in);
	if (close(out) < 0 && ok)
		ok = fail_errno(error, errno, "cannot write %s", to);
	return ok;
}
