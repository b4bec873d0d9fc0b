/* limit.c: a limit on memory, and its traces. */
#include "pipeline/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TAIL_LINES = 20, TAIL_BYTES = 4000 };

#ifndef __has_feature
#define __has_feature(x) 0
#endif

/* What a sanitizer needs of its own: its shadow of all addresses is there from the start and counts as data, and it keeps
 * freed memory for a while. */
static rlim_t sanitizer_bytes(void)
{
	guint64 pages = 0;
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
	g_autofree char *text = NULL;
	g_auto(GStrv) fields = NULL;
	if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
		fields = g_strsplit(text, " ", -1);
	if (fields && g_strv_length(fields) > 5)
		pages = g_ascii_strtoull(fields[5], NULL, 10);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)3 << 30);
#endif
	return pages;
}

static int limit_data(size_t mb, size_t slack_mb, rlim_t beside)
{
	rlim_t bytes = (((rlim_t)mb + mb / 4 + slack_mb) << 20) + beside;
	struct rlimit limit = {bytes, bytes};
	return setrlimit(RLIMIT_DATA, &limit) == 0 ? 0 : errno;
}

int limit_memory(size_t mb, size_t slack_mb)
{
	return mb ? limit_data(mb, slack_mb, sanitizer_bytes()) : 0;
}

int limit_memory_before_exec(size_t mb, size_t slack_mb)
{
	return mb ? limit_data(mb, slack_mb, 0) : 0;
}

/* DuckDB, GLib, C++, Python, the C library. */
bool limit_is_told(const char *text)
{
	static const char *const WORDS[] = {"Out of Memory", "out of memory", "failed to allocate",
	        "Failed to allocate", "bad_alloc", "MemoryError", "Cannot allocate memory", NULL};
	for (const char *const *w = WORDS; *w; w++)
		if (strstr(text, *w))
			return true;
	return false;
}

char *limit_log_tail(const char *path)
{
	char bytes[TAIL_BYTES + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t got = fd < 0 ? 0 : pread(fd, bytes, TAIL_BYTES, MAX(0, end - TAIL_BYTES));
	if (fd >= 0)
		close(fd);
	size_t size = got > 0 ? (size_t)got : 0;
	while (size && (bytes[size - 1] == '\n' || bytes[size - 1] == ' '))
		size--;
	size_t start = size;
	for (unsigned lines = 0; start > 0; start--)
		if (bytes[start - 1] == '\n' && ++lines == TAIL_LINES)
			break;
	return g_utf8_make_valid(bytes + start, (gssize)(size - start));
}
