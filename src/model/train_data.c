/* train_data.c: one pass over the training table, from which every part takes its rows. */
#include "model/train_data.h"

#include <malloc.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/progress.h"
#include "base/rng.h"
#include "data/engine.h"
#include "data/folds.h"
#include "model/reference.h"
#include "model/row_sample.h"

#define WATCHED_ROWS 25000      /* for early stopping: each round ranks them anew */
#define SCORES_MOST (64u << 20) /* validation rows x classes: half a GiB of scores */

static void part_clear(Part *p)
{
	g_free(p->x.values);
	g_free(p->kinds);
	g_strfreev(p->x.names);
	g_free(p->y);
	g_free(p->weight);
	g_free(p->row);
}

void train_data_free(TrainData *d)
{
	if (!d)
		return;
	for (size_t k = 0; k < d->fold_count; k++) {
		Fold *f = &d->folds[k];
		if (f->watch.x.values != f->valid.x.values)
			part_clear(&f->watch);
		part_clear(&f->train);
		part_clear(&f->valid);
		json_decref(f->recipe);
	}
	g_free(d->folds);
	part_clear(&d->all);
	json_decref(d->roles);
	json_decref(d->recipe);
	json_decref(d->reference);
	if (d->sample)
		g_bytes_unref(d->sample);
	g_free(d);
}

/* Where a part's rows come from. */
typedef struct Intake {
	Part *part;
	Recipe *recipe; /* shared by the two parts of a fold */
	bool is_training, owns_recipe;
	int64_t fold; /* >= 0: the fold whose rows it takes, or (training) leaves; -1: takes all */
	double share; /* of those rows */
} Intake;

typedef struct Reading {
	const TrainDataWanted *wanted;
	TrainData *d;
	Engine *engine;
	char *table;
	Folds *who;      /* teaches in which fold */
	GArray *intakes; /* of Intake; the one of all rows last */
	double bytes;    /* they will take */
	uint64_t seed;
	bool has_weight;
	Reference *reference;
	double *prior;  /* classes: sums of weights */
	GArray *target; /* regression: sampled numbers */
	double target_weight;
	uint64_t done;
} Reading;

static void intake_clear(void *intake)
{
	Intake *t = intake;
	if (t->owns_recipe)
		recipe_free(t->recipe);
}

static void reading_clear(Reading *r)
{
	engine_close(r->engine);
	folds_free(r->who);
	g_free(r->table);
	if (r->intakes)
		g_array_unref(r->intakes);
	if (r->target)
		g_array_unref(r->target);
	reference_free(r->reference);
	g_free(r->prior);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static const char *weight_name(const Reading *r)
{
	return json_get_text(r->d->roles, "weight", NULL);
}

static double share_of(size_t wanted, size_t there)
{
	return there > wanted ? (double)wanted / (double)there : 1;
}

static bool add_intake(Reading *r, Intake t, const json_t *recipe, size_t expected, GError **error)
{
	if (recipe && !recipe_load(recipe, &t.recipe, error))
		return false;
	t.owns_recipe = recipe != NULL;
	t.part->x.columns = recipe_features(t.recipe);
	t.part->x.names = g_strdupv((char **)recipe_feature_names(t.recipe));
	if (recipe_kinds(t.recipe))
		t.part->x.kinds = t.part->kinds =
		        g_memdup2(recipe_kinds(t.recipe), t.part->x.columns * sizeof *t.part->kinds);
	t.part->room = (size_t)((double)expected * t.share * 1.01) + 1024;
	r->bytes += (double)expected * t.share * (double)t.part->x.columns * sizeof(float);
	g_array_append_val(r->intakes, t);
	return true;
}

static bool check_memory(const Reading *r, GError **error)
{
	double limit = (double)r->wanted->limit_bytes;
	if (limit == 0 || r->bytes <= limit)
		return true;
	return fail(error, FAIL_LIMIT,
	        "%zu rows of %zu features take %.0f MiB of memory, and the step has %.0f for them: allow it more, or "
	        "learn "
	        "from fewer rows or features",
	        r->d->rows, r->d->all.x.columns, r->bytes / (1 << 20), limit / (1 << 20));
}

static size_t judged_rows(const Reading *r)
{
	size_t rows = 0;
	for (size_t k = 0; k < r->d->fold_count; k++)
		rows += folds_rows(r->who, k, FOLD_JUDGED);
	return rows;
}

static bool read_folds(Reading *r, GError **error)
{
	if (!folds_read(r->engine, r->table, &r->who, error))
		return false;
	r->d->rows = folds_all_rows(r->who);
	if (folds_count(r->who) > r->d->fold_count)
		return fail(error, FAIL_BROKEN, "the training rows have %zu folds, and there are recipes for %zu",
		        folds_count(r->who), r->d->fold_count);
	r->d->fold_count = folds_count(r->who);
	return true;
}

static bool plan_intakes(Reading *r, GError **error)
{
	TrainData *d = r->d;
	const json_t *recipes = json_object_get(r->wanted->recipes, "folds");
	size_t validated = judged_rows(r);
	size_t most = MIN(r->wanted->rows, SCORES_MOST / d->outputs);
	if (validated == 0)
		return fail(error, FAIL_INVALID, "there are no validation rows to choose a model by");
	for (size_t k = 0; k < d->fold_count; k++) {
		size_t others = folds_rows(r->who, k, FOLD_TEACHES);
		Intake train = {.part = &d->folds[k].train,
		        .is_training = true,
		        .fold = (int64_t)k,
		        .share = share_of(r->wanted->rows, others)};
		d->folds[k].recipe = json_incref(json_array_get(recipes, k));
		if (!add_intake(r, train, d->folds[k].recipe, others, error))
			return false;
		Intake valid = {.part = &d->folds[k].valid,
		        .recipe = g_array_index(r->intakes, Intake, r->intakes->len - 1).recipe,
		        .fold = (int64_t)k,
		        .share = share_of(most, validated)};
		if (!add_intake(r, valid, NULL, folds_rows(r->who, k, FOLD_JUDGED), error))
			return false;
	}
	Intake all = {.part = &d->all, .is_training = true, .fold = -1, .share = 1};
	return add_intake(r, all, json_object_get(r->wanted->recipes, "final"), d->rows, error) &&
	       check_memory(r, error);
}

/* The columns the recipes, the target and the weights need, each once. */
static char *query_of(const Reading *r)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GString) sql = g_string_new("select _gyre_row, ");
	g_string_append(sql, folds_column(r->who));
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_ptr_array_add(names, (void *)json_get_text(r->d->roles, "target", ""));
	if (weight_name(r))
		g_ptr_array_add(names, (void *)weight_name(r));
	for (guint t = 0; t < r->intakes->len; t++) {
		size_t i;
		json_t *column;
		const json_t *inputs = recipe_inputs(g_array_index(r->intakes, Intake, t).recipe);
		json_array_foreach (json_object_get(inputs, "columns"), i, column)
			g_ptr_array_add(names, (void *)json_get_text(column, "name", ""));
	}
	for (guint i = 0; i < names->len; i++) {
		if (!g_hash_table_add(seen, names->pdata[i]))
			continue;
		g_autofree char *name = sql_name(names->pdata[i]);
		g_string_append_printf(sql, ", %s", name);
	}
	g_string_append_printf(sql, " from %s", r->table);
	return g_string_free(g_steal_pointer(&sql), FALSE);
}

static void make_room(Part *p, size_t more, bool has_weight)
{
	size_t needed = p->x.rows + more;
	if (p->x.values && needed <= p->room)
		return;
	p->room = MAX(p->room, needed + needed / 4);
	p->x.values = g_realloc_n(p->x.values, p->room, MAX(p->x.columns, 1) * sizeof *p->x.values);
	p->y = g_realloc_n(p->y, p->room, sizeof *p->y);
	if (has_weight)
		p->weight = g_realloc_n(p->weight, p->room, sizeof *p->weight);
}

/* Target and weight of a frame's rows; `use` is 0 where a row has no part: no target, a label that is no class, weight 0. */
typedef struct Targets {
	double *y, *weight;
	uint8_t *use;
	uint32_t *cell; /* who teaches in which fold: data/folds.h */
	const int64_t *row;
} Targets;

static void targets_clear(Targets *t)
{
	g_free(t->y);
	g_free(t->weight);
	g_free(t->use);
	g_free(t->cell);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Targets, targets_clear)

static bool read_weights(const Reading *r, const Frame *rows, Targets *t, GError **error)
{
	t->weight = g_new(double, MAX(rows->rows, 1));
	if (!weight_values(frame_find(rows, weight_name(r)), t->weight, error))
		return false;
	for (size_t i = 0; i < rows->rows; i++)
		t->use[i] = t->use[i] && t->weight[i] > 0;
	return true;
}

static bool check_size(const Reading *r, double y, GError **error)
{
	if (r->d->classes || !isfinite(y) || fabs(y) <= LIMIT_TARGET)
		return true;
	return fail(error, FAIL_LIMIT,
	        "the target \"%s\" is %g in a row: numbers of at most %g in size can be learnt; leave such rows out, "
	        "or "
	        "take the logarithm",
	        json_get_text(r->d->roles, "target", ""), y, LIMIT_TARGET);
}

static bool read_targets(Reading *r, const Frame *rows, Targets *t, GError **error)
{
	t->y = g_new(double, MAX(rows->rows, 1));
	t->use = g_new(uint8_t, MAX(rows->rows, 1));
	t->row = frame_find(rows, "_gyre_row")->ints;
	t->cell = g_new(uint32_t, MAX(rows->rows, 1));
	if (!folds_of_rows(r->who, rows, t->cell, error) || !target_values(rows, r->d->roles, t->y, error))
		return false;
	for (size_t i = 0; i < rows->rows; i++) {
		if (!check_size(r, t->y[i], error))
			return false;
		t->use[i] = isfinite(t->y[i]) && (!r->d->classes || t->y[i] >= 0);
	}
	if (r->has_weight && !read_weights(r, rows, t, error))
		return false;
	for (size_t i = 0; i < rows->rows; i++)
		r->d->left_out += !t->use[i];
	return true;
}

static bool is_chosen(uint64_t seed, int64_t row, double share)
{
	return share >= 1 || (double)(rng_hash(seed, (uint64_t)row) >> 11) * 0x1p-53 < share;
}

static size_t choose(const Reading *r, const Intake *t, const Targets *targets, size_t rows, uint8_t *keep)
{
	size_t kept = 0;
	for (size_t i = 0; i < rows; i++) {
		bool of_part = t->fold < 0 || folds_role(r->who, targets->cell[i], (size_t)t->fold) ==
		                                      (t->is_training ? FOLD_TEACHES : FOLD_JUDGED);
		keep[i] = targets->use[i] && of_part && is_chosen(r->seed, targets->row[i], t->share);
		kept += keep[i];
	}
	return kept;
}

/* `rows` is used up when the part takes all of it; so the intake of all rows comes last. */
static bool take_in(const Reading *r, const Intake *t, Frame *rows, const Targets *targets, GError **error)
{
	size_t count = rows->rows;
	Part *p = t->part;
	g_autofree uint8_t *keep = g_malloc(MAX(count, 1));
	size_t kept = choose(r, t, targets, count, keep);
	g_autoptr(Frame) chosen = t->fold < 0 && kept == count ? NULL : frame_filter(rows, keep);
	Frame *from = chosen ? chosen : rows;
	make_room(p, kept, r->has_weight);
	if (!t->is_training)
		p->row = g_realloc_n(p->row, p->room, sizeof *p->row);
	float *into = p->x.values + p->x.rows * p->x.columns;
	if (kept && !(t->is_training ? recipe_apply_training(t->recipe, from, into, error)
	                             : recipe_apply(t->recipe, from, into, error)))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!keep[i])
			continue;
		p->y[p->x.rows] = targets->y[i];
		if (p->weight)
			p->weight[p->x.rows] = targets->weight[i];
		if (p->row)
			p->row[p->x.rows] = targets->row[i];
		p->x.rows++;
	}
	return true;
}

static void profile(Reading *r, const Frame *rows, const Targets *t)
{
	double share = share_of(REFERENCE_ROWS, r->d->rows);
	g_autofree uint8_t *keep = g_malloc(MAX(rows->rows, 1));
	for (size_t i = 0; i < rows->rows; i++) {
		keep[i] = is_chosen(r->seed + 1, t->row[i], share);
		double w = t->weight ? t->weight[i] : 1;
		if (!t->use[i])
			continue;
		r->target_weight += w;
		if (r->d->classes)
			r->prior[(size_t)t->y[i]] += w;
		else
			r->prior[0] += w * t->y[i];
		if (!r->d->classes && keep[i])
			g_array_append_val(r->target, t->y[i]);
	}
	reference_add(r->reference, rows, keep);
}

static bool take_frame(Reading *r, Frame *rows, GError **error)
{
	g_auto(Targets) targets = {0};
	if (!read_targets(r, rows, &targets, error))
		return false;
	profile(r, rows, &targets);
	for (guint i = 0; i < r->intakes->len; i++)
		if (!take_in(r, &g_array_index(r->intakes, Intake, i), rows, &targets, error))
			return false;
	r->done += rows->rows;
	progress_report("reading the training rows", r->done, r->d->rows);
	return true;
}

static bool read_all(Reading *r, GError **error)
{
	g_autofree char *query = query_of(r);
	g_autoptr(FrameReader) reader = NULL;
	if (!engine_read(r->engine, query, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			return true;
		if (!take_frame(r, rows, error))
			return false;
	}
}

/* Every n-th row, so that a part in order of time is watched in all its length. */
static void make_watch(Fold *f)
{
	size_t rows = f->valid.x.rows, columns = f->valid.x.columns;
	size_t step = (rows + WATCHED_ROWS - 1) / WATCHED_ROWS;
	f->watch = f->valid;
	f->watch.row = NULL;
	if (step <= 1)
		return;
	f->watch = (Part){.x = {.columns = columns, .kinds = f->valid.kinds}};
	make_room(&f->watch, rows / step + 1, f->valid.weight != NULL);
	for (size_t i = 0; i < rows; i += step) {
		size_t at = f->watch.x.rows++;
		memcpy(f->watch.x.values + at * columns, f->valid.x.values + i * columns, columns * sizeof(float));
		f->watch.y[at] = f->valid.y[i];
		if (f->watch.weight)
			f->watch.weight[at] = f->valid.weight[i];
	}
}

static json_t *target_json(Reading *r)
{
	if (!r->d->classes) {
		json_t *about = reference_numbers((double *)(void *)r->target->data, r->target->len);
		json_object_set_new(about, "mean", json_number(r->prior[0] / r->target_weight));
		return about;
	}
	json_t *priors = json_array();
	for (size_t c = 0; c < r->d->classes; c++)
		json_array_append_new(priors, json_number(r->prior[c] / r->target_weight));
	return json_pack("{s:o}", "priors", priors);
}

static void scale_weights(const Part *p, double by)
{
	for (size_t i = 0; p->weight && i < p->x.rows; i++)
		p->weight[i] *= by;
}

static void raise_weights(const Reading *r)
{
	TrainData *d = r->d;
	double mean = r->target_weight / (double)MAX(d->rows - d->left_out, 1);
	d->weight_scale = r->has_weight && mean > 0 && mean < 1 ? 1 / mean : 1;
	if (d->weight_scale == 1)
		return;
	for (size_t k = 0; k < d->fold_count; k++) {
		scale_weights(&d->folds[k].train, d->weight_scale);
		scale_weights(&d->folds[k].valid, d->weight_scale);
	}
	scale_weights(&d->all, d->weight_scale);
}

static bool finish(Reading *r, GError **error)
{
	TrainData *d = r->d;
	raise_weights(r);
	for (size_t k = 0; k < d->fold_count; k++) {
		d->valid_rows += d->folds[k].valid.x.rows;
		if (d->folds[k].train.x.rows == 0)
			return fail(error, FAIL_INVALID, "fold %zu has no rows to learn from", k);
		make_watch(&d->folds[k]);
	}
	if (d->valid_rows == 0)
		return fail(error, FAIL_INVALID, "there are no validation rows to choose a model by");
	d->reference = reference_json(r->reference, d->rows);
	json_object_set_new(d->reference, "target", target_json(r));
	return true;
}

static bool read_sample(Reading *r, GError **error)
{
	RowSample sample = {.table = r->table,
	        .number = "_gyre_row",
	        .inputs = json_object_get(r->d->recipe, "inputs"),
	        .seed = r->seed};
	return row_sample_read(r->engine, &sample, &r->d->sample, error);
}

static bool begin(Reading *r, GError **error)
{
	TrainData *d = r->d;
	const json_t *recipes = r->wanted->recipes;
	const char *positive;
	size_t i;
	json_t *label;
	d->roles = json_incref(json_object_get(recipes, "roles"));
	d->recipe = json_incref(json_object_get(recipes, "final"));
	d->fold_count = json_array_size(json_object_get(recipes, "folds"));
	if (!d->roles || !d->recipe)
		return fail(error, FAIL_BROKEN, "the recipes have no roles or no final recipe");
	d->folds = g_new0(Fold, MAX(d->fold_count, 1));
	d->task = task_of(d->roles);
	d->classes = d->task == TASK_REGRESSION ? 0 : json_array_size(json_object_get(d->roles, "classes"));
	d->outputs = task_outputs(d->classes);
	if (d->task != TASK_REGRESSION && (d->classes < 2 || d->classes > LIMIT_CLASSES))
		return fail(error, FAIL_INVALID, "the target has %zu classes; 2 to %d can be learnt", d->classes,
		        LIMIT_CLASSES);
	positive = json_get_text(d->roles, "positive", NULL);
	d->positive = d->task == TASK_BINARY ? 1 : 0;
	json_array_foreach (json_object_get(d->roles, "classes"), i, label)
		if (positive && g_str_equal(json_string_value(label), positive))
			d->positive = i;
	r->has_weight = weight_name(r) != NULL;
	r->prior = g_new0(double, d->outputs);
	r->target = g_array_new(FALSE, FALSE, sizeof(double));
	r->intakes = g_array_new(FALSE, FALSE, sizeof(Intake));
	g_array_set_clear_func(r->intakes, intake_clear);
	json_auto_t *inputs = json_pack("{s:O}", "columns", json_object_get(d->recipe, "inputs"));
	r->reference = reference_new(inputs);
	return true;
}

static bool read_table(Reading *r, GError **error)
{
	EngineLimits limits = {r->wanted->threads, r->wanted->memory_mb, r->wanted->scratch};
	if (!begin(r, error) || !engine_open(&limits, &r->engine, error))
		return false;
	return read_folds(r, error) && plan_intakes(r, error) && read_all(r, error) && read_sample(r, error) &&
	       finish(r, error);
}

bool train_data_read(const TrainDataWanted *wanted, TrainData **ret, GError **error)
{
	g_autoptr(TrainData) d = g_new0(TrainData, 1);
	Rng rng = rng_stream(wanted->seed, "search rows");
	{
		g_auto(Reading)
		        r = {.wanted = wanted, .d = d, .table = sql_parquet(wanted->table), .seed = rng_bits(&rng)};
		if (!read_table(&r, error))
			return false;
	}
	malloc_trim(0); /* what the engine used goes back before children share what is left */
	*ret = g_steal_pointer(&d);
	return true;
}
