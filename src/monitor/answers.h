/* answers.h: a window's answers in memory, as the metrics take them, with what became of each. */
#pragma once

#include "monitor/look.h"
#include "stats/metric.h"

/* Of a larger window so many rows are chosen, by a hash of their ids: the same ones each time. */
#define ANSWERS_MOST 100000
/* ... where neither inputs nor an estimate go with them. */
#define ANSWERS_PLAIN 1000000

typedef struct WindowAnswers {
	size_t rows, classes, outputs; /* classes 0: numbers */
	double *scores;                /* rows x outputs, as they were answered */
	uint32_t *decided;             /* class answered; NULL for numbers */
	double *y;                     /* class index or number; NaN: not known */
	int64_t *time, *observed;      /* us; observed: only where y is known */
	Frame *frame; /* the rows with the model's inputs under their names, `_gyre_id` and more; NULL unless wanted */
	int64_t answered, told; /* rows in the whole window, and those with an outcome */
	int64_t strangers;      /* chosen rows whose outcome is no class of the model, or no number: y is NaN */
} WindowAnswers;

typedef struct AnswersWanted {
	bool told;   /* only rows whose outcome is known */
	bool inputs; /* frame */
	bool plain;  /* as many as ANSWERS_PLAIN; no inputs */
} AnswersWanted;

bool window_answers(const LookInput *in, const AnswersWanted *wanted, WindowAnswers **ret, GError **error);
void window_answers_free(WindowAnswers *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WindowAnswers, window_answers_free)

/* As the metrics take them; borrowed. */
Scored answers_scored(const WindowAnswers *a, const Bundle *b);
/* Only rows whose outcome is known, moved to the front: for what takes rows of all kinds once. */
void answers_keep_told(WindowAnswers *a);

/* A label as metrics have it: the class's index, or the number; NaN for NULL and for what is neither.  "1.0" is the class "1". */
double answer_truth(const Bundle *b, const char *text);

/* What the scores mean (model/error_model.h), rows x classes.  Free with g_free. */
bool answers_meaning(const WindowAnswers *a, const Bundle *b, double **ret, GError **error);
