/* publish.c: a step that is over is written down in one transaction: its result, execution, lineage and metrics. */
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/files.h"
#include "pipeline/records.h"
#include "pipeline/run_inside.h"
#include "track/track.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* Keys of a user's own metrics may hold anything; tracked ones may not (track/track.h). */
static char *metric_key(const char *step, const char *key)
{
	g_autoptr(GString) text = g_string_new(step);
	g_string_append_c(text, '.');
	for (const char *c = key; *c; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);
		g_string_append_unichar(text, g_unichar_isalnum(u) || (u < 128 && strchr("_-.: ", (int)u)) ? u : '_');
	}
	return g_utf8_strlen(text->str, -1) > 250 ? g_utf8_substring(text->str, 0, 250) : g_strdup(text->str);
}

static bool track_metrics(Engine *e, const Task *t, const json_t *told, GError **error)
{
	const char *name;
	json_t *value;
	json_object_foreach (json_object_get(told, "metrics"), name, value) {
		g_autofree char *key = metric_key(t->node->name, name);
		double number = json_is_number(value) ? json_number_value(value) : NAN;
		if (!track_metric(e->meta, e->run_id, key, number, meta_now() / 1000, 0, error))
			return false;
	}
	return true;
}

static bool track_children(Engine *e, const json_t *runs, GError **error)
{
	size_t i;
	json_t *run;
	json_array_foreach (runs, i, run) {
		g_autofree char *id = NULL;
		if (!track_import(e->meta, e->experiment_id, e->run_id, run, &id, error))
			return false;
	}
	return true;
}

static uint64_t size_of_inputs(const json_t *inputs)
{
	uint64_t size = 0;
	const char *name;
	json_t *input;
	struct stat about;
	json_object_foreach ((json_t *)inputs, name, input)
		if (stat(json_get_text(input, "path", ""), &about) == 0)
			size += (uint64_t)about.st_size;
	return size;
}

static uint64_t size_of_outputs(const json_t *outputs)
{
	uint64_t size = 0;
	const char *name;
	json_t *output;
	json_object_foreach ((json_t *)outputs, name, output)
		size += (uint64_t)json_get_int(output, "size", 0);
	return size;
}

static Execution execution_of(const Engine *e, const Task *t, const char *status, const JobEnd *end)
{
	const View *v = &e->survey->views[t->index];
	int64_t now = meta_now();
	Execution x = {
	        .run_id = e->run_id,
	        .step = t->node->name,
	        .position = t->position,
	        .key = v->key,
	        .kind = t->node->kind->name,
	        .status = status,
	        .why = v->why ? v->why : "",
	        .started = t->started ? t->started : now,
	        .ended = now,
	        .cpu_seconds = end ? end->cpu_seconds : NAN,
	        .peak_kb = end ? end->peak_kb : 0,
	        .bytes_in = end ? size_of_inputs(v->inputs) : 0,
	        .log = end ? t->log : NULL,
	        .components = v->components,
	        .inputs = v->inputs,
	};
	if (t->is_forced && end)
		x.why = "it was asked for";
	return x;
}

static void over(Engine *e, Task *t, const Execution *x)
{
	t->status = x->status;
	e->has_failures = e->has_failures || strcmp(x->status, "failed") == 0;
	g_autofree char *log = t->log ? g_build_filename(e->options->state_folder, t->log, NULL) : NULL;
	engine_tell(e, &(RunEvent){.kind = EVENT_STEP_ENDED,
	                       .step = x->step,
	                       .status = x->status,
	                       .text = x->error ? x->error : x->why,
	                       .log = log,
	                       .seconds = (double)(x->ended - x->started) / G_USEC_PER_SEC});
	engine_unlock(t);
	engine_over(e, t);
}

static bool outputs_are_there(const Engine *e, const json_t *outputs, GError **error)
{
	const char *name;
	json_t *output;
	json_object_foreach ((json_t *)outputs, name, output)
		if (!blobs_has(e->blobs, json_get_text(output, "digest", ""), json_get_int(output, "size", -1)))
			return fail(error, FAIL_BROKEN, "the bytes of its output \"%s\" did not arrive", name);
	return true;
}

/* A file that changed while the step read it would give a result under the wrong key. */
static bool files_are_same(const View *v, GError **error)
{
	for (guint i = 0; i < v->files->len; i++) {
		const FileSeen *seen = &g_array_index(v->files, FileSeen, i);
		g_autofree char *digest = NULL;
		if (files_unchanged(seen->path, seen->about))
			continue;
		if (!digest_of_file(seen->path, &digest, error))
			return false;
		if (strcmp(digest, seen->digest) != 0)
			return fail(error, FAIL_CONFLICT, "%s changed while the step was reading it; run it again",
			        seen->path);
	}
	return true;
}

static bool add_result(Engine *e, const Task *t, const Execution *x, const json_t *runs, json_t **ret, GError **error)
{
	return records_add(e->meta, e->blobs, x, ret, error) &&
	       track_metrics(e, t, json_object_get(*ret, "told"), error) && track_children(e, runs, error);
}

static bool write_result(Engine *e, Task *t, json_t *result, Execution *x, json_t **ret, GError **error)
{
	View *v = &e->survey->views[t->index];
	const json_t *outputs = json_object_get(result, "outputs");
	json_auto_t *told = json_pack(
	        "{s:O,s:O}", "metrics", json_object_get(result, "metrics"), "notes", json_object_get(result, "notes"));
	json_auto_t *kept = NULL;
	x->outputs = outputs;
	x->bytes_out = size_of_outputs(outputs);
	x->told = told;
	if (!outputs_are_there(e, outputs, error) || !files_are_same(v, error) || !meta_begin(e->meta, error))
		return false;
	bool ok = add_result(e, t, x, json_object_get(result, "runs"), &kept, error);
	x->outputs = x->told = NULL;
	if (!meta_end(e->meta, ok, error))
		return false;
	*ret = g_steal_pointer(&kept);
	return true;
}

bool publish_result(Engine *e, Task *t, json_t *result, const JobEnd *end, GError **error)
{
	View *v = &e->survey->views[t->index];
	Execution x = execution_of(e, t, "ran", end);
	json_t *kept = NULL;
	g_autoptr(GError) problem = NULL;
	if (!write_result(e, t, result, &x, &kept, &problem))
		return publish_failure(e, t, problem, end, error);
	json_decref(v->result);
	v->result = kept;
	file_remove(t->folder, NULL);
	over(e, t, &x);
	return true;
}

/* What a step that resumes left behind is worth keeping unless the step itself said that it cannot go on. */
static bool keeps_folder(const Engine *e, const Task *t, const JobEnd *end)
{
	if (!(t->node->kind->flags & STEP_RESUMES))
		return false;
	return t->is_late || e->stopped_by || (end && end->signal);
}

bool publish_failure(Engine *e, Task *t, const GError *problem, const JobEnd *end, GError **error)
{
	Execution x = execution_of(e, t, "failed", end);
	x.error_code = fail_name(problem);
	x.error = problem->message;
	if (t->folder && !keeps_folder(e, t, end))
		file_remove(t->folder, NULL); /* first: if the disk is full, this makes room for the record */
	if (!records_add(e->meta, e->blobs, &x, NULL, error))
		return false;
	g_clear_pointer(&e->survey->views[t->index].result, json_decref);
	over(e, t, &x);
	return true;
}

void publish_cached(Engine *e, Task *t)
{
	Execution x = execution_of(e, t, "cached", NULL);
	g_ptr_array_add(e->unwritten, t);
	over(e, t, &x);
}

static bool write_cached(Engine *e, GError **error)
{
	for (guint i = 0; i < e->unwritten->len; i++) {
		const Task *t = g_ptr_array_index(e->unwritten, i);
		const View *v = &e->survey->views[t->index];
		Execution x = execution_of(e, t, "cached", NULL);
		if (!records_add(e->meta, e->blobs, &x, NULL, error) ||
		        !track_metrics(e, t, json_object_get(v->result, "told"), error))
			return false;
	}
	return true;
}

bool publish_rest(Engine *e, GError **error)
{
	if (e->unwritten->len == 0)
		return true;
	if (!meta_begin(e->meta, error) || !meta_end(e->meta, write_cached(e, error), error))
		return false;
	g_ptr_array_set_size(e->unwritten, 0);
	return true;
}

bool publish_skipped(Engine *e, Task *t, const char *why, GError **error)
{
	Execution x = execution_of(e, t, "skipped", NULL);
	x.key = NULL;
	x.components = NULL;
	x.why = why;
	if (!records_add(e->meta, e->blobs, &x, NULL, error))
		return false;
	over(e, t, &x);
	return true;
}
