/* minimize.c: projected BFGS with backtracking. */
#include "search/minimize.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

typedef struct Work {
	const Minimize *m;
	size_t n;
	double *x, *g, *d, *next, *next_g, *hg;
	double *h; /* the inverse of the curvature, n x n */
	bool *is_fixed;
} Work;

static void reset(Work *w)
{
	memset(w->h, 0, w->n * w->n * sizeof *w->h);
	for (size_t i = 0; i < w->n; i++)
		w->h[i * w->n + i] = 1;
}

/* Which variables lie at a bound and would leave it; true when that has changed. */
static bool fix(Work *w)
{
	bool changed = false;
	for (size_t i = 0; i < w->n; i++) {
		const Minimize *m = w->m;
		bool is_fixed =
		        m->low && ((w->x[i] <= m->low[i] && w->g[i] > 0) || (w->x[i] >= m->high[i] && w->g[i] < 0));
		changed = changed || is_fixed != w->is_fixed[i];
		w->is_fixed[i] = is_fixed;
	}
	return changed;
}

static double largest_slope(const Work *w)
{
	double largest = 0;
	for (size_t i = 0; i < w->n; i++)
		largest = w->is_fixed[i] ? largest : MAX(largest, fabs(w->g[i]));
	return largest;
}

/* d = -H g over the free variables; false when it does not lead down. */
static bool direct(Work *w)
{
	double slope = 0;
	for (size_t i = 0; i < w->n; i++) {
		w->d[i] = 0;
		for (size_t k = 0; !w->is_fixed[i] && k < w->n; k++)
			w->d[i] -= w->is_fixed[k] ? 0 : w->h[i * w->n + k] * w->g[k];
		slope += w->d[i] * w->g[i];
	}
	return slope < 0;
}

static double step(Work *w, double length)
{
	double fall = 0;
	for (size_t i = 0; i < w->n; i++) {
		w->next[i] = w->x[i] + length * w->d[i];
		if (w->m->low)
			w->next[i] = CLAMP(w->next[i], w->m->low[i], w->m->high[i]);
		fall += w->g[i] * (w->next[i] - w->x[i]);
	}
	return fall;
}

/* Shorter and shorter steps until the value falls by a part of what the slope promises (Armijo). */
static bool search_line(Work *w, double *value)
{
	double length = 1;
	for (int i = 0; i < 30; i++, length *= i < 3 ? 0.5 : 0.25) {
		double fall = step(w, length);
		double found = w->m->value(w->m->context, w->next, w->next_g);
		if (fall < 0 && found <= *value + 1e-4 * fall) {
			*value = found;
			return true;
		}
	}
	return false;
}

/* The BFGS update of H with s = next - x and y = next_g - g; left out where the curvature is not positive. */
static void learn(Work *w, bool is_first)
{
	size_t n = w->n;
	double sy = 0, yy = 0, yhy = 0;
	double *s = w->d, *y = w->next_g;
	for (size_t i = 0; i < n; i++) {
		s[i] = w->is_fixed[i] ? 0 : w->next[i] - w->x[i];
		y[i] = w->is_fixed[i] ? 0 : w->next_g[i] - w->g[i];
		sy += s[i] * y[i];
		yy += y[i] * y[i];
	}
	if (sy <= 1e-10 * yy || yy == 0)
		return;
	for (size_t i = 0; is_first && i < n; i++)
		w->h[i * n + i] = sy / yy;
	for (size_t i = 0; i < n; i++) {
		w->hg[i] = 0;
		for (size_t k = 0; k < n; k++)
			w->hg[i] += w->h[i * n + k] * y[k];
		yhy += y[i] * w->hg[i];
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			w->h[i * n + k] += (1 + yhy / sy) * s[i] * s[k] / sy - (w->hg[i] * s[k] + s[i] * w->hg[k]) / sy;
}

static double descend(Work *w)
{
	double value = w->m->value(w->m->context, w->x, w->g);
	bool is_fresh = true;
	for (unsigned i = 0; i < w->m->iterations && isfinite(value); i++) {
		if (fix(w) || i == 0) {
			reset(w);
			is_fresh = true;
		}
		if (largest_slope(w) <= w->m->tolerance)
			break;
		bool ok = direct(w);
		if (ok && is_fresh) { /* no knowledge of the scale yet: a first step of at most a tenth */
			double largest = largest_slope(w);
			for (size_t k = 0; k < w->n; k++)
				w->d[k] *= MIN(1, 0.1 / largest);
		}
		if (!ok || !search_line(w, &value)) {
			if (is_fresh)
				break;
			reset(w);
			is_fresh = true;
			continue;
		}
		double *g = g_memdup2(w->next_g, w->n * sizeof *g);
		learn(w, is_fresh);
		is_fresh = false;
		memcpy(w->x, w->next, w->n * sizeof *w->x);
		memcpy(w->g, g, w->n * sizeof *w->g);
		g_free(g);
	}
	return value;
}

double minimize(const Minimize *m, double *x)
{
	size_t n = m->count;
	g_autofree double *room = g_new0(double, n *(n + 6) + 1);
	g_autofree bool *is_fixed = g_new0(bool, n + 1);
	Work w = {.m = m,
	        .n = n,
	        .g = room,
	        .d = room + n,
	        .next = room + 2 * n,
	        .next_g = room + 3 * n,
	        .hg = room + 4 * n,
	        .x = room + 5 * n,
	        .h = room + 6 * n,
	        .is_fixed = is_fixed};
	memcpy(w.x, x, n * sizeof *x);
	double value = descend(&w);
	memcpy(x, w.x, n * sizeof *x);
	return value;
}
