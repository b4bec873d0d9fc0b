/* out_of_fold.c: frames of bounded size, so that many classes need no second copy of all scores. */
#include "model/out_of_fold.h"

#include <string.h>

#include "base/json.h"
#include "stats/threshold.h"

enum { FRAME_CELLS = 1 << 20 };

/* Rows from .. from + rows of fold `fold`, whose scores begin at `scores`. */
typedef struct Piece {
	const OutOfFold *o;
	size_t fold, from, rows;
	const double *scores;
} Piece;

static const char *label_of(const TrainData *d, size_t class)
{
	return json_string_value(json_array_get(json_object_get(d->roles, "classes"), class));
}

static size_t largest(const double *scores, size_t outputs)
{
	size_t best = 0;
	for (size_t k = 1; k < outputs; k++)
		best = scores[k] > scores[best] ? k : best;
	return best;
}

static size_t decide(const OutOfFold *o, const double *scores)
{
	const TrainData *d = o->data;
	if (d->task != TASK_BINARY)
		return largest(scores, d->outputs);
	return scores[d->positive] >= o->threshold ? d->positive : 1 - d->positive;
}

static void add_text(Column *c, size_t row, const char *text)
{
	c->codes[row] = dictionary_code(c->dictionary, text, strlen(text));
}

static void add_answers(const Piece *p, Frame *f)
{
	const TrainData *d = p->o->data;
	const double *y = d->folds[p->fold].valid.y + p->from;
	ColumnType type = d->classes ? COLUMN_TEXT : COLUMN_REAL;
	Column *actual = column_new("actual", type, p->rows, NULL);
	Column *prediction = column_new("prediction", type, p->rows, NULL);
	for (size_t i = 0; i < p->rows; i++) {
		const double *scores = p->scores + i * d->outputs;
		if (d->classes) {
			add_text(actual, i, label_of(d, (size_t)y[i]));
			add_text(prediction, i, label_of(d, decide(p->o, scores)));
			continue;
		}
		actual->reals[i] = y[i];
		prediction->reals[i] = scores[0];
	}
	frame_add(f, actual);
	frame_add(f, prediction);
}

/* SQL does not tell "Yes" from "yes": the later one has its number behind it. */
static char *column_name(const TrainData *d, size_t class)
{
	for (size_t k = 0; k < class; k++)
		if (g_ascii_strcasecmp(label_of(d, k), label_of(d, class)) == 0)
			return g_strdup_printf("probability_%s (class %zu)", label_of(d, class), class);
	return g_strconcat("probability_", label_of(d, class), NULL);
}

static void add_probabilities(const Piece *p, Frame *f)
{
	const TrainData *d = p->o->data;
	for (size_t k = 0; k < d->classes; k++) {
		g_autofree char *name = column_name(d, k);
		Column *c = column_new(name, COLUMN_REAL, p->rows, NULL);
		for (size_t i = 0; i < p->rows; i++)
			c->reals[i] = p->scores[i * d->outputs + k];
		frame_add(f, c);
	}
}

static Frame *frame_of(const Piece *p)
{
	Frame *f = frame_new(p->rows);
	Column *row = column_new("_gyre_row", COLUMN_INT, p->rows, NULL);
	Column *fold = column_new("_gyre_fold", COLUMN_INT, p->rows, NULL);
	for (size_t i = 0; i < p->rows; i++) {
		row->ints[i] = p->o->data->folds[p->fold].valid.row[p->from + i];
		fold->ints[i] = (int64_t)p->fold;
	}
	frame_add(f, row);
	frame_add(f, fold);
	add_answers(p, f);
	add_probabilities(p, f);
	return f;
}

bool out_of_fold_write(Engine *e, const OutOfFold *o, const char *path, GError **error)
{
	const TrainData *d = o->data;
	const double *scores = o->scores;
	size_t most = MAX(FRAME_CELLS / d->outputs, 1);
	for (size_t k = 0; k < d->fold_count; k++)
		for (size_t from = 0, rows; from < d->folds[k].valid.x.rows;
		        from += rows, scores += rows * d->outputs) {
			rows = MIN(most, d->folds[k].valid.x.rows - from);
			Piece piece = {o, k, from, rows, scores};
			g_autoptr(Frame) f = frame_of(&piece);
			if (!engine_append(e, "out_of_fold", f, error))
				return false;
		}
	return engine_write_parquet(e, "SELECT * FROM out_of_fold", path, error);
}
