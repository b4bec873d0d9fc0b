/* survey.c: from what is known of the steps before to a step's key and result. */
#include "pipeline/survey.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "pipeline/files.h"
#include "pipeline/key.h"
#include "pipeline/records.h"

#include <string.h>

static void seen_clear(FileSeen *seen)
{
	g_free(seen->path);
	g_free(seen->digest);
	g_free(seen->about);
}

static void view_clear(View *v)
{
	json_decref(v->inputs);
	json_decref(v->components);
	json_decref(v->result);
	g_clear_error(&v->problem);
	g_free(v->key);
	g_free(v->why);
	if (v->files)
		g_array_free(v->files, TRUE);
	*v = (View){0};
}

Survey *survey_new(const Plan *plan, Meta *meta, const Blobs *blobs)
{
	Survey *s = g_new0(Survey, 1);
	s->plan = plan;
	s->meta = meta;
	s->blobs = blobs;
	s->views = g_new0(View, plan->nodes->len);
	return s;
}

void survey_free(Survey *s)
{
	for (size_t i = 0; i < s->plan->nodes->len; i++)
		view_clear(&s->views[i]);
	g_free(s->views);
	g_free(s);
}

static bool digest_file(Survey *s, View *v, const char *path, char **ret, GError **error)
{
	struct stat about;
	if (!files_digest(s->meta, path, ret, &about, error))
		return false;
	FileSeen seen = {g_strdup(path), g_strdup(*ret), g_memdup2(&about, sizeof about)};
	g_array_append_val(v->files, seen);
	return true;
}

/* The digest of an input, and where its bytes are; NULL in both when it is absent. */
static bool find_input(Survey *s, View *v, const NodeInput *in, char **ret_digest, char **ret_path, GError **error)
{
	if (in->source != NO_NODE) {
		const json_t *outputs = json_object_get(s->views[in->source].result, "outputs");
		*ret_digest = g_strdup(json_get_text(json_object_get(outputs, in->output), "digest", NULL));
	} else if (in->file) {
		*ret_path = g_strdup(in->file);
		return digest_file(s, v, in->file, ret_digest, error);
	} else if (in->choose) {
		json_auto_t *known = json_object();
		const char *name;
		json_t *input;
		json_object_foreach (v->inputs, name, input)
			json_object_set(known, name, json_object_get(input, "digest"));
		if (!in->choose(in->context, known, ret_digest, error))
			return false;
	} else {
		*ret_digest = g_strdup(in->digest);
	}
	return !*ret_digest || blobs_path(s->blobs, *ret_digest, ret_path, error);
}

static bool add_input(Survey *s, View *v, const NodeInput *in, GError **error)
{
	g_autofree char *digest = NULL;
	g_autofree char *path = NULL;
	if (!find_input(s, v, in, &digest, &path, error)) {
		g_prefix_error(error, "the input \"%s\": ", in->name);
		return false;
	}
	if (digest)
		json_object_set_new(
		        v->inputs, in->name, json_pack("{s:s,s:o}", "digest", digest, "path", json_text(path)));
	return true;
}

/* A chooser sees {name: digest} of what is known, so plain inputs come first. */
static bool add_inputs(Survey *s, View *v, const Node *n, GError **error)
{
	v->inputs = json_object();
	for (guint i = 0; i < n->inputs->len; i++)
		if (!node_input(n, i)->choose && !add_input(s, v, node_input(n, i), error))
			return false;
	for (guint i = 0; i < n->inputs->len; i++)
		if (node_input(n, i)->choose && !add_input(s, v, node_input(n, i), error))
			return false;
	return true;
}

static bool digest_code(Survey *s, View *v, const Node *n, json_t **ret, GError **error)
{
	json_auto_t *digests = n->files ? json_object() : NULL;
	const char *name;
	json_t *path;
	json_object_foreach (n->files, name, path) {
		g_autofree char *digest = NULL;
		if (!digest_file(s, v, json_string_value(path), &digest, error))
			return false;
		json_object_set_new(digests, name, json_string(digest));
	}
	*ret = g_steal_pointer(&digests);
	return true;
}

static bool make_key(Survey *s, View *v, const Node *n, GError **error)
{
	json_auto_t *files = NULL;
	if (!add_inputs(s, v, n, error) || !digest_code(s, v, n, &files, error))
		return false;
	v->components = key_components(n, v->inputs, files);
	v->key = digest_of_json(v->components);
	return true;
}

static bool explain(Survey *s, View *v, const Node *n, const char *missing, GError **error)
{
	if (missing) {
		v->why = g_strdup_printf("the bytes of its output %s are no longer there", missing);
		return true;
	}
	json_auto_t *last = NULL;
	if (!records_last(s->meta, n->name, &last, error))
		return false;
	if (!last) {
		v->why = g_strdup("never run");
		return true;
	}
	v->why = key_difference(json_object_get(last, "components"), v->components);
	if (v->why)
		return true;
	v->has_failed = strcmp(json_get_text(last, "status", ""), "failed") == 0;
	v->why = v->has_failed ? g_strdup_printf("failed last time: %s", json_get_text(last, "error", "no reason kept"))
	                       : g_strdup("its result is no longer kept");
	return true;
}

bool survey_look_again(Survey *s, size_t index, GError **error)
{
	View *v = &s->views[index];
	g_autofree char *missing = NULL;
	json_t *result = NULL;
	if (!records_result(s->meta, s->blobs, v->key, &result, &missing, error))
		return false;
	json_decref(v->result);
	v->result = result;
	if (!result && v->why)
		return true;
	g_clear_pointer(&v->why, g_free);
	if (!result)
		return explain(s, v, plan_node(s->plan, index), missing, error);
	v->why = g_strdup("unchanged");
	return true;
}

bool survey_look(Survey *s, size_t index, GError **error)
{
	View *v = &s->views[index];
	view_clear(v);
	v->files = g_array_new(FALSE, FALSE, sizeof(FileSeen));
	g_array_set_clear_func(v->files, (GDestroyNotify)seen_clear);
	if (make_key(s, v, plan_node(s->plan, index), &v->problem))
		return survey_look_again(s, index, error);
	g_clear_pointer(&v->inputs, json_decref);
	v->why = g_strdup(v->problem->message);
	return true;
}
