/* chart.c: pictures as inline SVG. */
#include "report/chart.h"

#include <math.h>
#include <stdbool.h>

enum { WIDTH = 440, HEIGHT = 300, LEFT = 58, RIGHT = 14, TOP = 12, BOTTOM = 44 };

static void draw(Page *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void draw(Page *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_string_append_vprintf(p->html, format, args);
	va_end(args);
}

static double at_x(const Axes *a, double x)
{
	double share = (x - a->x_from) / (a->x_to - a->x_from);
	return LEFT + CLAMP(share, 0, 1) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const Axes *a, double y)
{
	double share = (y - a->y_from) / (a->y_to - a->y_from);
	return HEIGHT - BOTTOM - CLAMP(share, 0, 1) * (HEIGHT - TOP - BOTTOM);
}

/* A step of 1, 2 or 5 times a power of ten that gives about five marks. */
static double tick_step(double span)
{
	double rough = span / 5, power = pow(10, floor(log10(rough))), rest = rough / power;
	return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

static void start(Page *p, const char *title, const char *more, int width, int height)
{
	p->charts++;
	draw(p, "<svg %sviewBox='0 0 %d %d' role=img aria-labelledby=c%u><title id=c%u>", more, width, height,
	        p->charts, p->charts);
	put_text(p, title);
	put(p, "</title>\n");
}

enum { TICKS_MOST = 12 }; /* tick_step gives at most 9; a guard against a step lost to rounding */

static void draw_ticks_x(Page *p, const Axes *a)
{
	double step = tick_step(a->x_to - a->x_from), first = ceil(a->x_from / step) * step;
	for (unsigned i = 0; i < TICKS_MOST && first + i * step <= a->x_to + step * 1e-6; i++) {
		double x = first + i * step;
		g_autofree char *text = say_tick(fabs(x) < step * 1e-6 ? 0 : x);
		draw(p,
		        "<path class=grid d='M%.1f %dV%d'/><text class=tick x='%.1f' y='%d' "
		        "text-anchor=middle>%s</text>\n",
		        at_x(a, x), TOP, HEIGHT - BOTTOM, at_x(a, x), HEIGHT - BOTTOM + 16, text);
	}
}

static void draw_ticks_y(Page *p, const Axes *a)
{
	double step = tick_step(a->y_to - a->y_from), first = ceil(a->y_from / step) * step;
	for (unsigned i = 0; i < TICKS_MOST && first + i * step <= a->y_to + step * 1e-6; i++) {
		double y = first + i * step;
		g_autofree char *text = say_tick(fabs(y) < step * 1e-6 ? 0 : y);
		draw(p,
		        "<path class=grid d='M%d %.1fH%d'/><text class=tick x='%d' y='%.1f' "
		        "text-anchor=end>%s</text>\n",
		        LEFT, at_y(a, y), WIDTH - RIGHT, LEFT - 6, at_y(a, y) + 4, text);
	}
}

static void draw_axes(Page *p, const Axes *a)
{
	draw_ticks_x(p, a);
	draw_ticks_y(p, a);
	draw(p, "<text class=axis x='%d' y='%d' text-anchor=middle>", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8);
	put_text(p, a->x);
	draw(p, "</text><text class=axis x='14' y='%d' text-anchor=middle transform='rotate(-90 14 %d)'>",
	        (TOP + HEIGHT - BOTTOM) / 2, (TOP + HEIGHT - BOTTOM) / 2);
	put_text(p, a->y);
	put(p, "</text>\n");
}

/* Points that are no numbers are left out: the line goes on at the next one. */
static bool is_point(const Line *l, size_t i)
{
	return isfinite(l->x[i]) && isfinite(l->y[i]);
}

static bool is_band(const Line *l, size_t i)
{
	return isfinite(l->x[i]) && isfinite(l->low[i]) && isfinite(l->high[i]);
}

static void draw_band(Page *p, const Axes *a, const Line *l)
{
	const char *move = "M";
	put(p, "<path class=band d='");
	for (size_t i = 0; i < l->count; i++) {
		if (!is_band(l, i))
			continue;
		draw(p, "%s%.1f %.1f", move, at_x(a, l->x[i]), at_y(a, l->high[i]));
		move = "L";
	}
	for (size_t i = l->count; i-- > 0;)
		if (is_band(l, i))
			draw(p, "L%.1f %.1f", at_x(a, l->x[i]), at_y(a, l->low[i]));
	put(p, *move == 'L' ? "Z'/>\n" : "'/>\n");
}

static void draw_line(Page *p, const Axes *a, const Line *l)
{
	const char *move = "M";
	if (l->low && l->high && l->count > 1)
		draw_band(p, a, l);
	draw(p, "<path class='line %s' d='", l->style);
	for (size_t i = 0; i < l->count; i++) {
		if (!is_point(l, i))
			continue;
		draw(p, "%s%.1f %.1f", move, at_x(a, l->x[i]), at_y(a, l->y[i]));
		move = "L";
	}
	put(p, "'/>\n");
	for (size_t i = 0; l->dots && i < l->count; i++)
		if (is_point(l, i))
			draw(p, "<circle class='dot %s' r='3.5' cx='%.1f' cy='%.1f'/>", l->style, at_x(a, l->x[i]),
			        at_y(a, l->y[i]));
}

/* Axes that span nothing, or no number, cannot be drawn on. */
static bool is_drawable(const Axes *a)
{
	return isfinite(a->x_from) && isfinite(a->x_to) && isfinite(a->y_from) && isfinite(a->y_to) &&
	       a->x_to - a->x_from > 0 && a->y_to - a->y_from > 0 && isfinite(a->x_to - a->x_from) &&
	       isfinite(a->y_to - a->y_from);
}

void chart_lines(Page *p, const Axes *axes, const Line *lines, size_t count)
{
	if (!is_drawable(axes))
		return;
	start(p, axes->title, "", WIDTH, HEIGHT);
	draw_axes(p, axes);
	for (size_t i = 0; i < count; i++)
		draw_line(p, axes, &lines[i]);
	put(p, "</svg>\n<p class=key>");
	for (size_t i = 0; i < count; i++) {
		if (!lines[i].name)
			continue;
		draw(p, "<span class='swatch %s'></span>", lines[i].style);
		put_text(p, lines[i].name);
		put(p, " ");
	}
	put(p, "</p>\n");
}

static double or_zero(double value)
{
	return isfinite(value) ? value : 0;
}

typedef struct Bar {
	const char *label;
	double value, sd, least, most; /* least and most: of all bars, and 0 */
	double y;
} Bar;
enum { BAR_ROW = 26, BAR_NAME = 158, BAR_SPACE = 60, BAR_LETTERS = 21 };

/* Two digits tell a bar's length well enough. */
static char *bar_figure(double value)
{
	g_autofree char *rounded = g_strdup_printf("%.2g", value);
	return say_tick(g_ascii_strtod(rounded, NULL));
}

static void draw_bar(Page *p, const Bar *b)
{
	g_autofree char *figure = bar_figure(b->value);
	double scale = (WIDTH - BAR_NAME - BAR_SPACE) / (b->most - b->least), half = b->sd * scale,
	       zero = BAR_NAME - b->least * scale, end = zero + b->value * scale, left = fmin(zero, end),
	       right = fmax(zero, end + half);
	g_autofree char *start = g_utf8_substring(b->label, 0, MIN(g_utf8_strlen(b->label, -1), BAR_LETTERS - 1));
	g_autofree char *label =
	        g_utf8_strlen(b->label, -1) > BAR_LETTERS ? g_strconcat(start, "…", NULL) : g_strdup(b->label);
	draw(p, "<text class=axis x='%d' y='%.1f' text-anchor=end>", BAR_NAME - 8, b->y + 16);
	put_text(p, label);
	draw(p, "</text><rect class=bar x='%.1f' y='%.1f' width='%.1f' height='%d' rx='2'/>", left, b->y + 3,
	        fabs(end - zero), BAR_ROW - 8);
	if (half > 0)
		draw(p, "<path class=whisker d='M%.1f %.1fH%.1f'/>", fmax(BAR_NAME, end - half), b->y + 12, end + half);
	draw(p, "<text class=tick x='%.1f' y='%.1f'>%s</text>\n", right + 6, b->y + 16, figure);
}

void chart_bars(
        Page *p, const char *title, const char *const *labels, const double *values, const double *sds, size_t count)
{
	double most = 0, least = 0;
	for (size_t i = 0; i < count; i++) {
		most = fmax(most, or_zero(values[i]) + (sds ? or_zero(sds[i]) : 0));
		least = fmin(least, or_zero(values[i]));
	}
	if (!count)
		return;
	start(p, title, "class=bars ", WIDTH, (int)count * BAR_ROW + 8);
	for (size_t i = 0; i < count; i++) {
		Bar b = {labels[i], or_zero(values[i]), sds ? or_zero(sds[i]) : 0, least, most - least > 0 ? most : 1,
		        (double)i * BAR_ROW + 4};
		draw_bar(p, &b);
	}
	put(p, "</svg>\n");
}

void chart_histogram(Page *p, const char *title, const double *values, size_t count, const char *from, const char *to)
{
	double most = 1e-300;
	for (size_t i = 0; i < count; i++)
		most = fmax(most, or_zero(values[i]));
	if (!count)
		return;
	start(p, title, "", WIDTH, 180);
	for (size_t i = 0; i < count; i++) {
		double width = (double)(WIDTH - 20) / (double)count, x = 10 + (double)i * width;
		double height = or_zero(values[i]) / most * 140;
		draw(p, "<rect class=bar x='%.1f' y='%.1f' width='%.1f' height='%.1f'/>", x, 150 - height,
		        fmax(width - 1, 0.5), height);
	}
	put(p, "<path class=grid d='M10 150H430'/><text class=tick x='10' y='168'>");
	put_text(p, from);
	put(p, "</text><text class=tick x='430' y='168' text-anchor=end>");
	put_text(p, to);
	put(p, "</text></svg>\n");
}

void chart_spark(Page *p, const double *values, size_t count)
{
	double most = 1e-300;
	for (size_t i = 0; i < count; i++)
		most = fmax(most, or_zero(values[i]));
	put(p, "<svg class=spark viewBox='0 0 120 24' aria-hidden=true>");
	for (size_t i = 0; i < count; i++) {
		double width = 120.0 / (double)count, height = or_zero(values[i]) / most * 22;
		draw(p, "<rect class=bar x='%.1f' y='%.1f' width='%.1f' height='%.1f'/>", (double)i * width,
		        24 - height, fmax(width - 0.6, 0.4), height);
	}
	put(p, "</svg>");
}
