/* console.c: events of a run as lines.
 *
 * On a terminal the last lines are live: before anything is written they are wiped, and drawn again below it.  All of one
 * update is one write, so that nothing flickers. */
#include "pipeline/console.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_US 100000
enum { TICK_MS = 250, BAR_CELLS = 24 };

/* A running step. */
typedef struct Live {
	char *name, *what;
	uint64_t done, total, first_done;
	int64_t started, first; /* `first` report of this `what` */
	double expected;        /* seconds it took last time, or NAN */
} Live;

struct Console {
	int fd;
	ConsoleLook look;
	GPtrArray *live;
	GString *out;
	unsigned drawn; /* live lines on the screen */
	int64_t last_drawn;
	size_t name_width;
	size_t ran, cached, failed, skipped;
};

static int64_t machine_clock(void)
{
	return g_get_monotonic_time();
}

ConsoleLook console_look(int fd)
{
	struct winsize size = {0};
	const char *term = g_getenv("TERM"), *no_colour = g_getenv("NO_COLOR");
	bool is_terminal = isatty(fd) && !(term && strcmp(term, "dumb") == 0);
	ioctl(fd, TIOCGWINSZ, &size);
	return (ConsoleLook){
	        .moves = is_terminal,
	        .colours = is_terminal && !(no_colour && *no_colour),
	        .utf8 = g_get_charset(NULL),
	        .width = size.ws_col ? size.ws_col : 80,
	        .rows = size.ws_row ? size.ws_row : 24,
	};
}

static void live_free(void *memory)
{
	Live *l = memory;
	g_free(l->name);
	g_free(l->what);
	g_free(l);
}

Console *console_new(int fd, const ConsoleLook *look)
{
	Console *c = g_new0(Console, 1);
	c->fd = fd;
	c->look = *look;
	if (!c->look.clock)
		c->look.clock = machine_clock;
	c->live = g_ptr_array_new_with_free_func(live_free);
	c->out = g_string_new(NULL);
	c->name_width = 10;
	return c;
}

void console_free(Console *c)
{
	g_ptr_array_free(c->live, TRUE);
	g_string_free(c->out, TRUE);
	g_free(c);
}

unsigned console_tick_ms(const Console *c)
{
	return c->look.moves ? TICK_MS : 0;
}

/* ---- numbers ---- */

char *console_seconds(double seconds)
{
	if (!(seconds >= 0) || seconds > 1e9)
		return g_strdup("?");
	if (seconds < 0.995)
		return g_strdup_printf("%.2f s", seconds);
	if (seconds < 59.95)
		return g_strdup_printf("%.1f s", seconds);
	unsigned long whole = (unsigned long)(seconds + 0.5);
	if (whole < 3600)
		return g_strdup_printf("%lu:%02lu", whole / 60, whole % 60);
	return g_strdup_printf("%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
}

char *console_count(uint64_t count)
{
	char digits[24];
	size_t length = (size_t)g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, count);
	GString *text = g_string_new(NULL);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
	return g_string_free(text, FALSE);
}

char *console_rate(double rate)
{
	static const char *const UNITS[] = {"", "k", "M", "G", "T"};
	size_t unit = 0;
	while (rate >= 999.5 && unit + 1 < G_N_ELEMENTS(UNITS)) {
		rate /= 1000;
		unit++;
	}
	return g_strdup_printf(rate < 9.95 ? "%.1f%s" : "%.0f%s", rate, UNITS[unit]);
}

/* ---- text ---- */

/* Notes come from users' programs: what could move the cursor is taken out. */
static char *plain(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *out = g_string_new(NULL);
	for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);
		if (u == '\n')
			g_string_append_c(out, '\n');
		else if (u == '\t')
			g_string_append_c(out, ' ');
		else if (!g_unichar_iscntrl(u))
			g_string_append_unichar(out, u);
	}
	return g_string_free(out, FALSE);
}

static void append_padded(GString *line, const char *text, size_t width)
{
	g_string_append(line, text);
	for (size_t n = (size_t)g_utf8_strlen(text, -1); n < width; n++)
		g_string_append_c(line, ' ');
}

typedef enum Colour { PLAIN, GREEN, RED, YELLOW, FAINT } Colour;

static void append_coloured(const Console *c, GString *line, Colour colour, const char *text)
{
	static const char *const CODES[] = {"", "\033[32m", "\033[31m", "\033[33m", "\033[2m"};
	if (c->look.colours && colour != PLAIN)
		g_string_append_printf(line, "%s%s\033[0m", CODES[colour], text);
	else
		g_string_append(line, text);
}

/* ---- live lines ---- */

static void append_bar(const Console *c, GString *line, double part)
{
	unsigned full = (unsigned)(CLAMP(part, 0, 1) * BAR_CELLS + 0.5);
	for (unsigned i = 0; i < BAR_CELLS; i++)
		g_string_append(line, i < full ? (c->look.utf8 ? "━" : "#") : (c->look.utf8 ? "─" : "."));
}

static void append_progress(const Console *c, GString *line, const Live *l, int64_t now)
{
	double seconds = (double)(now - l->first) / G_USEC_PER_SEC;
	double rate = seconds > 0.2 && l->done > l->first_done ? (double)(l->done - l->first_done) / seconds : 0;
	g_autofree char *done = console_count(l->done);
	g_autofree char *total = console_count(l->total);
	g_autofree char *speed = console_rate(rate);
	g_string_append_printf(line, "%s  ", l->what);
	if (l->total) {
		double part = (double)l->done / (double)l->total;
		append_bar(c, line, part);
		g_string_append_printf(line, " %3.0f%%  %s/%s", 100 * MIN(part, 1), done, total);
	} else {
		g_string_append(line, done);
	}
	if (rate > 0)
		g_string_append_printf(line, "  %s/s", speed);
	if (rate > 0 && l->total > l->done) {
		g_autofree char *left = console_seconds((double)(l->total - l->done) / rate);
		g_string_append_printf(line, "  %s left", left);
	}
}

static void append_elapsed(GString *line, const Live *l, int64_t now)
{
	g_autofree char *elapsed = console_seconds((double)(now - l->started) / G_USEC_PER_SEC);
	g_string_append(line, elapsed);
	if (l->expected >= 1) {
		g_autofree char *expected = console_seconds(l->expected);
		g_string_append_printf(line, " (%s last time)", expected);
	}
}

static void append_cut(const Console *c, const GString *line)
{
	if ((size_t)g_utf8_strlen(line->str, -1) < c->look.width) {
		g_string_append_printf(c->out, "%s\n", line->str);
		return;
	}
	g_autofree char *cut = g_utf8_substring(line->str, 0, MAX(1, (long)c->look.width - 1));
	g_string_append_printf(c->out, "%s\n", cut);
}

static void draw_live(Console *c)
{
	int64_t now = c->look.clock();
	unsigned most = MAX(1, c->look.rows / 3);
	for (guint i = 0; i < c->live->len && i < most; i++) {
		const Live *l = g_ptr_array_index(c->live, i);
		g_autoptr(GString) line = g_string_new("  ");
		append_padded(line, l->name, c->name_width);
		g_string_append(line, "  ");
		if (l->what)
			append_progress(c, line, l, now);
		else
			append_elapsed(line, l, now);
		append_cut(c, line);
	}
	c->drawn = MIN(c->live->len, most);
	if (c->live->len > most) {
		g_string_append_printf(c->out, "  and %u more\n", c->live->len - most);
		c->drawn++;
	}
	c->last_drawn = now;
}

static void wipe_live(Console *c)
{
	if (c->drawn)
		g_string_append_printf(c->out, "\033[%uA\r\033[J", c->drawn);
	c->drawn = 0;
}

static void flush(Console *c)
{
	const char *at = c->out->str;
	size_t left = c->out->len;
	while (left) {
		ssize_t put = write(c->fd, at, left);
		if (put <= 0)
			break; /* nobody looks any more */
		at += put;
		left -= (size_t)put;
	}
	g_string_truncate(c->out, 0);
}

static void redraw(Console *c)
{
	wipe_live(c);
	draw_live(c);
	flush(c);
}

/* ---- events ---- */

static Live *find_live(const Console *c, const char *step)
{
	for (guint i = 0; i < c->live->len; i++) {
		Live *l = g_ptr_array_index(c->live, i);
		if (g_strcmp0(l->name, step) == 0)
			return l;
	}
	return NULL;
}

/* Further lines of an error stand below the first, indented. */
static void add_line(Console *c, const char *step, Colour colour, const char *word, const char *text)
{
	g_autofree char *clean = plain(text);
	g_auto(GStrv) parts = g_strsplit(clean, "\n", -1);
	append_padded(c->out, step, c->name_width);
	g_string_append(c->out, "  ");
	append_coloured(c, c->out, colour, word);
	g_string_append_printf(c->out, "%s%s\n", *word && *clean ? " " : "", parts[0] ? parts[0] : "");
	for (char **part = parts[0] ? parts + 1 : parts; *part; part++)
		g_string_append_printf(c->out, "    %s\n", *part);
}

static void on_started(Console *c, const RunEvent *event)
{
	Live *l = g_new0(Live, 1);
	l->name = g_strdup(event->step);
	l->started = c->look.clock();
	l->expected = event->seconds;
	g_ptr_array_add(c->live, l);
	if (c->look.moves)
		return;
	g_autofree char *why = g_strdup_printf("(%s)", event->text ? event->text : "");
	add_line(c, event->step, PLAIN, "started", why);
}

static void on_progress(Console *c, const RunEvent *event)
{
	Live *l = find_live(c, event->step);
	if (!l || !event->text)
		return;
	if (!l->what || strcmp(l->what, event->text) != 0) {
		g_free(l->what);
		l->what = plain(event->text);
		l->first = c->look.clock();
		l->first_done = event->done;
	}
	l->done = event->done;
	l->total = event->total;
}

static void on_failed(Console *c, const RunEvent *event)
{
	g_autofree char *seconds = console_seconds(event->seconds);
	g_autofree char *text = g_strdup_printf("after %s: %s%s%s", seconds, event->text ? event->text : "",
	        event->log ? "\nlog: " : "", event->log ? event->log : "");
	add_line(c, event->step, RED, "failed", text);
	c->failed++;
}

static void on_ended(Console *c, const RunEvent *event)
{
	Live *l = find_live(c, event->step);
	if (l)
		g_ptr_array_remove(c->live, l);
	if (strcmp(event->status, "failed") == 0) {
		on_failed(c, event);
	} else if (strcmp(event->status, "ran") == 0) {
		g_autofree char *seconds = console_seconds(event->seconds);
		g_autofree char *text = g_strdup_printf("in %s", seconds);
		add_line(c, event->step, GREEN, "done", text);
		c->ran++;
	} else if (strcmp(event->status, "cached") == 0) {
		add_line(c, event->step, FAINT, "cached", "");
		c->cached++;
	} else {
		g_autofree char *text = g_strdup_printf("(%s)", event->text ? event->text : "");
		add_line(c, event->step, YELLOW, "skipped", text);
		c->skipped++;
	}
}

static void append_sum(Console *c, const char *word, size_t count)
{
	if (count)
		g_string_append_printf(c->out, ", %zu %s", count, word);
}

static void on_run_ended(Console *c, const RunEvent *event)
{
	bool is_done = strcmp(event->status, "done") == 0;
	g_autofree char *seconds = console_seconds(event->seconds);
	append_coloured(c, c->out, is_done ? GREEN : RED, event->status);
	g_string_append_printf(c->out, " in %s", seconds);
	append_sum(c, "ran", c->ran);
	append_sum(c, "cached", c->cached);
	append_sum(c, "failed", c->failed);
	append_sum(c, "skipped", c->skipped);
	g_string_append_printf(c->out, "; run %.12s\n", event->text ? event->text : "");
}

static void take(Console *c, const RunEvent *event)
{
	switch (event->kind) {
	case EVENT_STEP_STARTED:
		on_started(c, event);
		break;
	case EVENT_STEP_PROGRESS:
		on_progress(c, event);
		break;
	case EVENT_STEP_WAITS:
		add_line(c, event->step, YELLOW, "waits", "for another run that works on the same");
		break;
	case EVENT_STEP_NOTE:
		add_line(c, event->step, PLAIN, "", event->text);
		break;
	case EVENT_STEP_ENDED:
		on_ended(c, event);
		break;
	case EVENT_RUN_ENDED:
		on_run_ended(c, event);
		break;
	case EVENT_RUN_STARTED:
	case EVENT_TICK:
		break;
	}
}

void console_observe(void *console, const RunEvent *event)
{
	Console *c = console;
	bool is_quiet = event->kind == EVENT_STEP_PROGRESS || event->kind == EVENT_TICK;
	if (event->step)
		c->name_width = MAX(c->name_width, MIN(30, (size_t)g_utf8_strlen(event->step, -1)));
	if (!c->look.moves) {
		take(c, event);
		flush(c);
	} else if (is_quiet) {
		take(c, event);
		if (c->look.clock() - c->last_drawn >= REDRAW_US)
			redraw(c);
	} else {
		wipe_live(c);
		take(c, event);
		draw_live(c);
		flush(c);
	}
}
