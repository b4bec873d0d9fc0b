/* access_log.c: two buffers: one that is added to, one that is being written. */
#include "http/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum { ROUND_US = 100 * 1000, BUFFER_MOST = 8 << 20 };

struct AccessLog {
	char *path;
	GMutex lock; /* lines, dropped, reopen, stop */
	GCond changed;
	GString *lines;
	uint64_t dropped;
	bool reopen, stop;
	GThread *writer;

	/* The writer's. */
	int file;
	bool is_torn; /* the last line is half written */
};

static int open_file(const char *path)
{
	return strcmp(path, "-") == 0 ? dup(STDERR_FILENO)
	                              : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

/* How many bytes were taken; fewer than all: an error. */
static size_t write_all(int file, const GString *lines)
{
	size_t done = 0;
	while (done < lines->len) {
		ssize_t n = write(file, lines->str + done, lines->len - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	return done;
}

/* Lines that end behind `from`. */
static uint64_t count_lines(const GString *lines, size_t from)
{
	uint64_t count = 0;
	const char *end = lines->str + lines->len;
	for (const char *c = lines->str + from; (c = memchr(c, '\n', (size_t)(end - c))); c++)
		count++;
	return count;
}

/* Returns how many were lost.  What is half written is ended by a line of its own when bytes are taken again. */
static uint64_t write_lines(AccessLog *l, const GString *lines)
{
	if (l->is_torn && lines->len)
		l->is_torn = write(l->file, "\n", 1) != 1;
	size_t done = l->is_torn ? 0 : write_all(l->file, lines);
	if (done > 0 && done < lines->len)
		l->is_torn = lines->str[done - 1] != '\n';
	return count_lines(lines, done);
}

/* A file that cannot be opened anew: the one before is better than none. */
static void reopen(AccessLog *l)
{
	int file = open_file(l->path);
	if (file < 0)
		return;
	close(l->file);
	l->file = file;
	l->is_torn = false;
}

static gpointer keep_writing(gpointer log)
{
	AccessLog *l = log;
	GString *mine = g_string_new(NULL);
	g_mutex_lock(&l->lock);
	for (bool last = false; !last;) {
		if (!l->stop)
			g_cond_wait_until(&l->changed, &l->lock, g_get_monotonic_time() + ROUND_US);
		last = l->stop;
		bool anew = l->reopen;
		l->reopen = false;
		GString *full = l->lines;
		l->lines = mine;
		mine = full;
		g_mutex_unlock(&l->lock);
		uint64_t lost = write_lines(l, mine);
		g_string_truncate(mine, 0);
		if (anew)
			reopen(l);
		g_mutex_lock(&l->lock);
		l->dropped += lost;
	}
	g_mutex_unlock(&l->lock);
	g_string_free(mine, TRUE);
	return NULL;
}

bool access_log_open(const char *path, AccessLog **ret, GError **error)
{
	int file = open_file(path);
	if (file < 0)
		return fail_errno(error, errno, "cannot write the access log %s", path);
	AccessLog *l = g_new0(AccessLog, 1);
	l->path = g_strdup(path);
	l->file = file;
	l->lines = g_string_new(NULL);
	g_mutex_init(&l->lock);
	g_cond_init(&l->changed);
	l->writer = g_thread_new("access-log", keep_writing, l);
	*ret = l;
	return true;
}

void access_log_close(AccessLog *l)
{
	g_mutex_lock(&l->lock);
	l->stop = true;
	g_cond_signal(&l->changed);
	g_mutex_unlock(&l->lock);
	g_thread_join(l->writer);
	close(l->file);
	g_string_free(l->lines, TRUE);
	g_mutex_clear(&l->lock);
	g_cond_clear(&l->changed);
	g_free(l->path);
	g_free(l);
}

void access_log_reopen(AccessLog *l)
{
	g_mutex_lock(&l->lock);
	l->reopen = true;
	g_cond_signal(&l->changed);
	g_mutex_unlock(&l->lock);
}

void access_log_add(AccessLog *l, const GString *line)
{
	g_mutex_lock(&l->lock);
	if (l->lines->len + line->len <= BUFFER_MOST)
		g_string_append_len(l->lines, line->str, (gssize)line->len);
	else
		l->dropped++;
	g_mutex_unlock(&l->lock);
}

uint64_t access_log_dropped(const AccessLog *l)
{
	AccessLog *mine = (AccessLog *)l;
	g_mutex_lock(&mine->lock);
	uint64_t dropped = mine->dropped;
	g_mutex_unlock(&mine->lock);
	return dropped;
}
