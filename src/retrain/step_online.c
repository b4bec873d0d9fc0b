/* step_online.c: learning and answering by turns. */
#include "retrain/step_online.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/frame.h"
#include "model/bundle_carry.h"
#include "model/fresh_rows.h"
#include "model/update.h"
#include "retrain/decision.h"

static const Param PARAMS[] = {
        {.name = "time", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "the column that orders rows in time"},
        {.name = "from", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "begin of the period"},
        {.name = "until", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "its end"},
        {.name = "delay",
                .type = PARAM_INT,
                .preset = "0",
                .min = 0,
                .max = 1e18,
                .unit = "us",
                .help = "how long after a row its outcome arrives"},
        DECISION_PARAMS,
        {.name = "sips",
                .type = PARAM_INT,
                .preset = "100",
                .min = 1,
                .max = 100000,
                .help = "how often in the period it learns from what has arrived"},
        {.name = "keep",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1,
                .help = "how much of what was learnt before a period stays at its end"},
        {NULL},
};

typedef struct Online {
	StepRun *s;
	const json_t *params;
	Bundle *b;
	const ModelFamily *family;
	void *model; /* own */
	json_t *family_params, *how;
	FreshRows known;
	size_t learnt;  /* rows of known */
	Matrix *x;      /* of the period's rows, in their order */
	int64_t *time;  /* of these */
	double *scores; /* of the period's rows; behind them the classes decided on, where there are such */
	double *unseen; /* scores of the known rows before they were learnt from */
	Decision decision;
	int64_t begin, end, delay, sips;
} Online;

static void online_clear(Online *o)
{
	if (o->model)
		o->family->free(o->model);
	json_decref(o->family_params);
	json_decref(o->how);
	fresh_rows_clear(&o->known);
	matrix_free(o->x);
	g_free(o->time);
	g_free(o->scores);
	g_free(o->unseen);
	bundle_free(o->b);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Online, online_clear)

static bool read_rows(Engine *e, Online *o, GError **error)
{
	g_autofree char *table = sql_parquet(step_input(o->s, "rows"));
	g_autofree char *query = g_strdup_printf("SELECT * FROM %s", table);
	g_autoptr(Frame) rows = NULL;
	if (!engine_frame(e, query, &rows, error))
		return false;
	const Column *time = frame_find(rows, json_get_text(o->params, "time", ""));
	if (!time || time->type != COLUMN_TIME)
		return fail(error, FAIL_INVALID, "column \"%s\" is no time", json_get_text(o->params, "time", ""));
	o->time = g_memdup2(time->ints, MAX(rows->rows, (size_t)1) * sizeof *o->time);
	return bundle_features(o->b, rows, &o->x, error);
}

static bool has_rows(Engine *e, const char *path, bool *ret, GError **error)
{
	g_autofree char *table = sql_parquet(path), *query = g_strdup_printf("SELECT count(*) AS rows FROM %s", table);
	json_auto_t *row = NULL;
	if (!engine_row(e, query, &row, error))
		return false;
	*ret = json_get_int(row, "rows", 0) > 0;
	return true;
}

static bool read_all(Online *o, GError **error)
{
	EngineLimits limits = {step_cores(o->s), step_memory_mb(o->s) / 2, step_scratch(o->s)};
	g_autoptr(Engine) e = NULL;
	const char *known = step_input(o->s, "known");
	bool any;
	return decision_read(o->params, o->b, step_input(o->s, "rows"), &o->decision, error) &&
	       engine_open(&limits, &e, error) && read_rows(e, o, error) && has_rows(e, known, &any, error) &&
	       (!any || fresh_rows_read(e, o->b, known, &o->known, error));
}

static size_t known_rows(const Online *o)
{
	return o->known.x ? o->known.x->rows : 0;
}

static bool learn(Online *o, size_t end, GError **error)
{
	Matrix room;
	void *next = NULL;
	if (end <= o->learnt)
		return true;
	TrainSet fresh = fresh_rows_part(&o->known, o->b, o->learnt, end, &room);
	double *unseen = o->unseen + o->learnt * bundle_outputs(o->b);
	if (!bundle_predict_model(o->b, o->model, fresh.x, unseen, error))
		return false;
	fresh.threads = 1;
	fresh.seed = step_seed(o->s);
	UpdateSet set = {.fresh = &fresh,
	        .params = o->family_params,
	        .how = o->how,
	        .rows_before = json_get_number(bundle_header(o->b), "rows", 0) + (double)o->learnt};
	if (!family_update(o->family, o->model, &set, &next, error))
		return false;
	o->family->free(o->model);
	o->model = next;
	o->learnt = end;
	return true;
}

/* The rows of the sip are gathered: they stand in the table's order, not in that of time. */
static bool answer(Online *o, int64_t from, int64_t until, GError **error)
{
	size_t count = 0, columns = o->x->columns, outputs = bundle_outputs(o->b);
	g_autofree size_t *places = g_new(size_t, MAX(o->x->rows, (size_t)1));
	for (size_t i = 0; i < o->x->rows; i++)
		if (o->time[i] >= from && o->time[i] < until)
			places[count++] = i;
	g_autofree float *values = g_new(float, MAX(count * columns, (size_t)1));
	g_autofree double *scores = g_new(double, MAX(count * outputs, (size_t)1));
	for (size_t i = 0; i < count; i++)
		memcpy(values + i * columns, o->x->values + places[i] * columns, columns * sizeof *values);
	Matrix x = {.rows = count, .columns = columns, .values = values, .kinds = o->x->kinds};
	if (count > 0 && !bundle_predict_model(o->b, o->model, &x, scores, error))
		return false;
	for (size_t i = 0; i < count; i++)
		memcpy(o->scores + places[i] * outputs, scores + i * outputs, outputs * sizeof *scores);
	return true;
}

static int64_t sip_begin(const Online *o, int64_t sip)
{
	return o->begin + (int64_t)((double)(o->end - o->begin) * (double)sip / (double)o->sips);
}

static bool live(Online *o, GError **error)
{
	size_t arrived = 0;
	for (int64_t sip = 0; sip < o->sips; sip++) {
		int64_t now = sip_begin(o, sip), next = sip + 1 < o->sips ? sip_begin(o, sip + 1) : INT64_MAX;
		while (arrived < known_rows(o) && o->known.time[arrived] + o->delay < now)
			arrived++;
		if (!learn(o, arrived, error) || !answer(o, sip ? now : INT64_MIN, next, error))
			return false;
	}
	return learn(o, known_rows(o), error);
}

/* From the next period on, by what it said of the known rows before it learnt from them. */
static json_t *threshold_after(const Online *o)
{
	Scored s = {.rows = known_rows(o),
	        .classes = bundle_classes(o->b),
	        .y = o->known.y,
	        .scores = o->unseen,
	        .weight = o->known.weight,
	        .positive = bundle_classes(o->b) == 2 ? (size_t)bundle_positive(o->b) : 0};
	return decision_threshold(&o->decision, &s, json_object_get(bundle_header(o->b), "threshold"));
}

static void decide(Online *o)
{
	size_t rows = o->x->rows, outputs = bundle_outputs(o->b);
	for (size_t i = 0; bundle_classifies(o->b) && i < rows; i++)
		o->scores[rows * outputs + i] = (double)bundle_decide(o->b, o->scores + i * outputs);
}

static bool begin(Online *o, GError **error)
{
	const char *from = json_get_text(o->params, "from", ""), *until = json_get_text(o->params, "until", "");
	g_autoptr(GBytes) kept = NULL;
	if (!time_parse(from, &o->begin) || !time_parse(until, &o->end) || o->end <= o->begin)
		return fail(error, FAIL_INVALID, "\"%s\" to \"%s\" is no period", from, until);
	if (!bundle_load(step_input(o->s, "bundle"), &o->b, error))
		return false;
	o->delay = json_get_int(o->params, "delay", 0);
	o->sips = json_get_int(o->params, "sips", 100);
	const void *model = bundle_model(o->b, &o->family);
	/* a little is forgotten at each sip, so that over the period what `keep` says stays */
	double keep = pow(json_get_number(o->params, "keep", 1), 1 / (double)o->sips);
	json_auto_t *how = json_pack("{s:f}", "keep", keep);
	return param_fill(UPDATE_PARAMS, "how", how, &o->how, error) &&
	       param_fill(o->family->params, NULL, json_object_get(bundle_header(o->b), "params"), &o->family_params,
	               error) &&
	       o->family->save(model, &kept, error) && o->family->load(kept, &o->model, error);
}

/* Numbers a row. */
static size_t room_of(const Online *o)
{
	return bundle_outputs(o->b) + (bundle_classifies(o->b) ? 1 : 0);
}

static bool leave(Online *o, GError **error)
{
	json_auto_t *threshold = threshold_after(o);
	BundleCarry carry = {.old = o->b,
	        .threshold = threshold,
	        .digest = step_input_digest(o->s, "bundle"),
	        .rows_digest = step_input_digest(o->s, "known"),
	        .how = o->how,
	        .model = o->model,
	        .rows = o->learnt,
	        .seed = step_seed(o->s)};
	size_t size = o->x->rows * room_of(o) * sizeof *o->scores;
	json_auto_t *about = json_pack("{s:I,s:I,s:I}", "rows", (json_int_t)o->x->rows, "known",
	        (json_int_t)known_rows(o), "sips", (json_int_t)o->sips);
	return bundle_carry(&carry, step_output(o->s, "bundle"), error) &&
	       file_write(step_output(o->s, "scores"), o->scores, size, error) &&
	       step_output_json(o->s, "about", about, error);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	g_auto(Online) o = {.s = s, .params = params};
	if (!begin(&o, error) || !read_all(&o, error))
		return false;
	o.scores = g_new0(double, MAX(o.x->rows * room_of(&o), (size_t)1));
	o.unseen = g_new0(double, MAX(known_rows(&o) * bundle_outputs(o.b), (size_t)1));
	if (!live(&o, error))
		return false;
	decide(&o);
	return leave(&o, error);
}

static const char *const INPUTS[] = {"bundle", "rows", "known", NULL};
static const char *const OUTPUTS[] = {"bundle", "scores", "about", NULL};

const StepKind STEP_ONLINE = {
        .name = "online",
        .help = "answers a period's rows, learning from each outcome when it arrives",
        .version = 1,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .run = run,
};
