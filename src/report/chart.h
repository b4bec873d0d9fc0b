/* chart.h: pictures as inline SVG.  Colours come from the page's style, so they follow dark and light.
 *
 * Values that are no numbers are left out, and a picture of nothing is not drawn: "nan" never reaches the page. */
#pragma once

#include "report/html.h"

typedef struct Line {
	const char *name; /* NULL: not in the key */
	const double *x, *y;
	size_t count;
	const double *low, *high; /* a band about y, or NULL */
	const char *style;        /* class: "a" (the model), "b" (another), "ref" (dashed), "thin" (one of many) */
	bool dots;
} Line;

typedef struct Axes {
	const char *title; /* what the picture says, for those who cannot see it */
	const char *x, *y; /* names of the axes */
	double x_from, x_to, y_from, y_to;
} Axes;

void chart_lines(Page *p, const Axes *axes, const Line *lines, size_t count);

/* Horizontal bars, largest first: labels, values (those below 0 go to the left), and a whisker of one sd (NULL: none). */
void chart_bars(
        Page *p, const char *title, const char *const *labels, const double *values, const double *sds, size_t count);

/* A small histogram: bars of equal width between from and to. */
void chart_histogram(Page *p, const char *title, const double *values, size_t count, const char *from, const char *to);

/* Bars so small that they fit a table's cell. */
void chart_spark(Page *p, const double *values, size_t count);
