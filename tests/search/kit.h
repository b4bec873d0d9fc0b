/* kit.h: spaces, known functions and whole studies for the tests of searches. */
#pragma once

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "search/study.h"

#define SPACE_SPHERE                                                                                                  \
	"{'x0':{'type':'real','min':-5,'max':5},'x1':{'type':'real','min':-5,'max':5},'x2':{'type':'real','min':-5,'" \
	"max':5},"                                                                                                    \
	"'x3':{'type':'real','min':-5,'max':5},'x4':{'type':'real','min':-5,'max':5}}"
#define SPACE_BRANIN "{'x':{'type':'real','min':-5,'max':10},'y':{'type':'real','min':0,'max':15}}"
#define SPACE_MIXED                                                                                                 \
	"{'k':{'type':'text','choices':['a','b','c']},'lr':{'type':'real','min':1e-4,'max':1,'log':true},"          \
	"'d':{'type':'int','min':2,'max':12},'reg':{'type':'real','min':1e-3,'max':10,'log':true},"                 \
	"'drop':{'type':'real','min':0,'max':1,'when':{'k':'b'}},'n':{'type':'int','min':1,'max':1000,'log':true,'" \
	"when':{'k':['a',"                                                                                          \
	"'c']}}}"

static inline json_t *kit_json(const char *text)
{
	g_autofree char *copy = g_strdelimit(g_strdup(text), "'", '"');
	json_error_t problem;
	json_t *value = json_loads(copy, JSON_DECODE_ANY, &problem);
	if (!value)
		g_error("%s: %s", copy, problem.text);
	return value;
}

static inline Study *kit_study(const char *space, const char *settings)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *about = kit_json(space), *wanted = kit_json(settings);
	Study *s = NULL;
	study_new(about, wanted, &s, &error);
	g_assert_no_error(error);
	return s;
}

static inline const StudyTrial *kit_ask(Study *s)
{
	g_autoptr(GError) error = NULL;
	const StudyTrial *t = NULL;
	bool is_waiting;
	study_ask(s, &t, &is_waiting, &error);
	g_assert_no_error(error);
	return t;
}

/* The answer, NULL if none. */
static inline json_t *kit_say(Study *s, json_t *message)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *said = message;
	json_t *answer = NULL;
	study_hear(s, said, &answer, &error);
	g_assert_no_error(error);
	return answer;
}

static inline void kit_tell(Study *s, unsigned number, double value)
{
	g_assert_null(kit_say(s, json_pack("{s:i,s:f}", "trial", (int)number, "value", value)));
}

/* Known functions (Surjanovic & Bingham, sfu.ca/~ssurjano), less their minimum. */
static inline double kit_sphere(const double *x, size_t count)
{
	static const double SHIFT[] = {.31, -.52, .77, -.18, .43};
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += (x[i] - 4 * SHIFT[i % 5]) * (x[i] - 4 * SHIFT[i % 5]);
	return sum;
}

static inline double kit_branin(const double *p, size_t count)
{
	double x = p[0], y = p[1], inner = y - 5.1 * x * x / (4 * M_PI * M_PI) + 5 * x / M_PI - 6;
	(void)count;
	return inner * inner + 10 * (1 - 1 / (8 * M_PI)) * cos(x) + 10 - 0.39788736;
}

/* SPACE_MIXED; 0 at k = b, lr = 10^-1.4, d = 7, reg = 10^-0.42, drop = 0.35. */
static inline double kit_mixed(const double *p, size_t count)
{
	static const double CHOICE[] = {.3, 0, .6};
	double lr = log10(p[1]), reg = log10(p[3]), value = CHOICE[(size_t)p[0]];
	(void)count;
	value += .5 * (lr + 1.4) * (lr + 1.4) + .02 * (p[2] - 7) * (p[2] - 7) + .1 * (reg - .3 * lr) * (reg - .3 * lr);
	return isnan(p[4]) ? value : value + .5 * (p[4] - .35) * (p[4] - .35);
}

/* A whole study, one trial after another; the best value. */
static inline double kit_run(
        const char *space, const char *method, unsigned seed, unsigned trials, double (*value)(const double *, size_t))
{
	g_autofree char *settings = g_strdup_printf("{'method':'%s','seed':%u}", method, seed);
	g_autoptr(Study) s = kit_study(space, settings);
	double best = INFINITY;
	for (unsigned i = 0; i < trials; i++) {
		const StudyTrial *t = kit_ask(s);
		double found = value(t->tried.point, s->space->count);
		kit_tell(s, i, found);
		best = MIN(best, found);
	}
	return best;
}
