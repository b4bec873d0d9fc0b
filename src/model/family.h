/* family.h: a family of models: how one is trained, predicts, is kept and read again.
 *
 * Scores: `outputs` doubles a row: one for regression; for classification the probabilities of all classes, summing to 1.
 * Features are finite or NaN (missing), as recipes make them. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/param.h"
#include "feature/recipe.h"
#include "model/contributions.h"
#include "model/form.h"
#include "model/prepared.h"

enum { TASK_BINARY = 1 << 0, TASK_MULTICLASS = 1 << 1, TASK_REGRESSION = 1 << 2, TASK_ANY = 7 };

/* Someone who looks at a training that goes on in rounds. */
typedef struct TrainWatch {
	/* rung: 10, 20, 40, ...; value: the best so far on the valid rows, by the family's own measure, turned so that smaller is
	 * better.  True: that is enough; the model will not be used. */
	bool (*stop)(void *context, unsigned rung, double value);
	void *context;
} TrainWatch;

typedef struct TrainSet {
	unsigned task;        /* one TASK_ */
	size_t classes;       /* 2.. for classification, 0 for regression; outputs = MAX(classes, 1) */
	const Matrix *x;      /* rows to learn from */
	const double *y;      /* class index or number, one a row */
	const double *weight; /* NULL: all 1 */
	const Matrix *valid;  /* rows for early stopping; NULL: none, then params must say how long */
	const double *valid_y;
	const double *valid_weight; /* of the valid rows: the metric counts a row so often; NULL: all 1 */
	const char *metric;         /* stats/metric.h name that early stopping watches */
	uint64_t seed;
	unsigned threads;
	/* Folder of the project's files that a family asked for (ModelFamily.files); it may not be there.  What is left beside it goes with the
	 * training.  NULL: none. */
	const char *code;
	const TrainWatch *watch; /* NULL: nobody looks */
	gint64 until; /* monotonic: a training in rounds ends here with the best it has, an ensemble with the members it has; 0: it ends by itself */
	const double *
	        expected; /* with until, of an ensemble: seconds that each member is expected to take; NULL: not known */
	const Prepared *prepared; /* of x and valid, if a family knows what it is; NULL: nothing */
	const json_t *recipe;     /* what the features are made by (feature/recipe.h); NULL: not known */
	const json_t *roles;      /* of the columns, with the target's classes; NULL: not known */
} TrainSet;

/* Rows that came after a model was trained, for it to learn on from. */
typedef struct UpdateSet {
	const TrainSet *fresh; /* features by the recipe of old; fresh->valid is not looked at */
	const json_t *params;  /* of the family, filled: those the model was trained with */
	const json_t *how;     /* UPDATE_PARAMS (model/update.h), filled */
	double rows_before;    /* weight of all rows the model has learnt from so far */
} UpdateSet;

typedef struct ModelFamily {
	const char *name, *help;
	unsigned tasks;
	const Param *params;   /* also the tuner's space: flags PARAM_TUNABLE */
	bool takes_categories; /* features that are categories reach it; other families are given the numbers only */
	unsigned
	        search_share; /* how often a random search tries it, beside the other families' shares; 0: defaults only */
	/* In place of params of the same names in a search that has a time and so tries many: wider ranges, and presets that go
	 * with them.  NULL: as params. */
	const Param *wide;
	const char *const *wide_portfolio; /* ... and what such a search tries in place of portfolio; NULL: that */
	const char *const
	        *portfolio; /* settings worth trying first, JSON texts, NULL-ended (model/portfolio.h); NULL: none */
	/* Adds the project's files that a model is made of (paths below the folder, g_malloc'd): inputs of the training step, which
	 * are laid into TrainSet.code.  params: not filled, may be NULL.  NULL: none. */
	bool (*files)(const char *folder, const json_t *params, GPtrArray *to, GError **error);
	/* Can it train here at all: is its library there, its program?  Asked once, before a search, without rows and in a process
	 * that forks later: no threads.  code: as TrainSet.code; params: filled.  False: it is left out, with that sentence.  NULL: it
	 * always can. */
	bool (*ready)(const char *code, const json_t *params, GError **error);
	/* Do params that name features name such as there are?  Asked before a search, whose trials would all fail by the same name.
	 * x: any part of the rows, with its names; params: filled.  NULL: none do. */
	bool (*fits)(const Matrix *x, const json_t *params, GError **error);
	/* What trainings on the rows of a set have in common whatever their other params: only says what it would be, or makes it;
	 * prepared_clear.  A training whose set has it gives the same bytes.  NULL: nothing worth it. */
	bool (*prepare)(const TrainSet *set, const json_t *params, bool make, Prepared *ret, GError **error);
	/* params: filled.  ret_model free with .free; ret_params: what a refit on other rows should use where that is
	 * not params (rounds found by early stopping made explicit); new reference, may be NULL. */
	bool (*train)(const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error);
	/* Makes a model that has learnt on from rows that came later; the old one stays as it is.  NULL: only training anew can.
	 * Kept and loaded in between or not: the same model.  FAIL_INVALID: not with these settings. */
	bool (*update)(const void *model, const UpdateSet *set, void **ret_model, GError **error);
	bool (*predict)(
	        const void *model, const Matrix *x, double *ret, GError **error); /* any number of threads at once */
	bool (*save)(const void *model, GBytes **ret, GError **error);            /* deterministic */
	bool (*load)(GBytes *bytes, void **ret, GError **error); /* bytes are not trusted: checked, FAIL_BROKEN */
	bool (*importance)(
	        const void *model, double *ret, GError **error); /* per feature, sums to 1; NULL: by permutation only */
	/* What each feature adds to the margins of each row (model/contributions.h); any number of threads at once; NULL: the
	 * family cannot tell.  They add up to the scores of predict, to 1e-5 of their size. */
	bool (*contribute)(const void *model, const Matrix *x, Contributions **ret, GError **error);
	/* Does contribute ask predict some hundred times a row, so that few rows must do?  NULL: no. */
	bool (*contribute_asks)(const void *model);
	/* The model as rules that can be read, as trees_model_rules (model/trees.h) gives them; NULL: it has none. */
	bool (*rules)(const void *model, json_t **ret, GError **error);
	/* What predict reads and writes a row; columns 0: it looks at none.  Whoever has bytes from elsewhere compares first. */
	void (*shape)(const void *model, size_t *ret_columns, size_t *ret_outputs);
	/* What the model is made of, for writing it down in another language; NULL: only its library or program knows. */
	bool (*form)(const void *model, ModelForm *ret, GError **error);
	void (*free)(void *model);
} ModelFamily;

extern const ModelFamily *const FAMILIES[]; /* NULL-ended */
const ModelFamily *family_find(const char *name);
/* The files that all families ask for, sorted, each once.  params: {family: its settings}, may be NULL. */
bool families_files(const char *folder, const json_t *params, GPtrArray *ret, GError **error);
/* As ModelFamily.ready; params: not filled, may be NULL. */
bool family_ready(const ModelFamily *family, const char *code, const json_t *params, GError **error);
/* As ModelFamily.fits; params: not filled, may be NULL. */
bool family_fits(const ModelFamily *family, const Matrix *x, const json_t *params, GError **error);
/* Training and predicting through these, a family is given the features it takes: rows and model may have come together
 * anywhere, also where the rows have categories and the family knows none.  ret_params: what a refit should use, in any case; may be
 * NULL. */
bool family_train(const ModelFamily *family, const TrainSet *set, const json_t *params, void **ret_model,
        json_t **ret_params, GError **error);
/* FAIL_INVALID for a family that cannot learn on, or rows with other features or classes than it knows. */
bool family_update(
        const ModelFamily *family, const void *model, const UpdateSet *set, void **ret_model, GError **error);
bool family_predict(const ModelFamily *family, const void *model, const Matrix *x, double *ret, GError **error);
/* Of all features, as contributions_widen gives them; FAIL_NOT_FOUND for a family that cannot tell. */
bool family_contribute(
        const ModelFamily *family, const void *model, const Matrix *x, Contributions **ret, GError **error);
/* FAIL_INVALID for a family whose models cannot be written down.  *ret: form_clear; it borrows from the model. */
bool family_form(const ModelFamily *family, const void *model, ModelForm *ret, GError **error);
/* Of these features, how many it takes: all, or the first ones. */
size_t family_columns(const ModelFamily *family, const FeatureKind *kinds, size_t columns);

/* A training that goes on in rounds until they no longer make it better. */
typedef struct TrainRounds {
	const TrainSet *set;
	unsigned patience; /* so many rounds in a row without a better value are enough; 0: any number is not */
	double pace; /* what a round is worth beside one by the family's defaults: half the learning rate, half the way */
	bool larger_is_better;
	unsigned done, best; /* the round with the best value, from 1; 0: none had one yet */
	double best_value;
} TrainRounds;

/* A round is done; value: how good the model is by now on the valid rows, by the family's own measure; NAN: not known.  The watch
 * of the set is asked after what is worth 10, 20, 40, 80, ... rounds, so that trainings can be compared at the same place.  False: go no further;
 * so it is when the set's time is over and there is a best. */
bool train_round(TrainRounds *r, double value);

/* For other rows: exactly the rounds that were best here. */
json_t *train_rounds_params(const json_t *params, unsigned rounds);

unsigned task_of(const json_t *roles); /* TASK_ from "task" and the number of "classes" */
const char *task_words(unsigned task); /* "two classes", for messages */
size_t task_outputs(size_t classes);   /* doubles a row */
