/* progress.c: progress events written to the descriptor of whoever started this process. */
#include "base/progress.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

static int listener(void)
{
	static int fd = -2;
	if (fd == -2) {
		const char *text = g_getenv("GYRE_PROGRESS_FD");
		fd = text ? (int)g_ascii_strtoll(text, NULL, 10) : -1;
	}
	return fd;
}

/* One write of less than PIPE_BUF bytes: lines of several processes do not mix.  A listener that is gone is no failure. */
static void emit(json_t *event)
{
	g_autofree char *text = json_canonical(event);
	json_decref(event);
	g_autofree char *line = g_strdup_printf("%.4000s\n", text);
	ssize_t put = write(listener(), line, strlen(line));
	(void)put;
}

void progress_report(const char *what, uint64_t done, uint64_t total)
{
	static gint64 last;
	if (listener() < 0)
		return;
	gint64 now = g_get_monotonic_time();
	if (done != total && now - last < 100000)
		return;
	last = now;
	emit(json_pack("{s:o,s:I,s:I}", "what", json_text(what), "done", (json_int_t)done, "total", (json_int_t)total));
}

void progress_note(const char *format, ...)
{
	if (listener() < 0)
		return;
	va_list args;
	va_start(args, format);
	g_autofree char *note = g_strdup_vprintf(format, args);
	va_end(args);
	emit(json_pack("{s:o}", "note", json_text(note)));
}
