/* lock.c: locks on byte ranges that belong to open files (not to processes, as classic POSIX locks do: those would be lost
 * whenever any descriptor of the file is closed). */
#include "pipeline/lock.h"

#include "base/digest.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static off_t place_of(const char *name)
{
	g_autofree char *digest = digest_of_bytes(name, strlen(name));
	guint64 place = 0;
	digest[15] = '\0';
	g_ascii_string_to_unsigned(digest, 16, 0, G_MAXUINT64, &place, NULL);
	return (off_t)place;
}

static bool take(const char *state_folder, const char *name, int how, int *ret_fd, GError **error)
{
	g_autofree char *path = g_build_filename(state_folder, "locks", NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail_errno(error, errno, "cannot open %s", path);
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place_of(name), .l_len = 1};
	int result;
	do
		result = fcntl(fd, how, &range);
	while (result < 0 && errno == EINTR);
	if (result == 0) {
		*ret_fd = fd;
		return true;
	}
	int number = errno;
	close(fd);
	*ret_fd = -1;
	return number == EAGAIN || number == EACCES || fail_errno(error, number, "cannot lock %s", path);
}

bool lock_try(const char *state_folder, const char *name, int *ret_fd, GError **error)
{
	return take(state_folder, name, F_OFD_SETLK, ret_fd, error);
}

bool lock_wait(const char *state_folder, const char *name, int *ret_fd, GError **error)
{
	return take(state_folder, name, F_OFD_SETLKW, ret_fd, error);
}
