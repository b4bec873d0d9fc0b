/* served.c: loads a bundle for serving, and says what it wants. */
#include "serve/served.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "serve/json_out.h"
#include "serve/predict.h"
#include "store/meta.h"

enum { WARM_UP = 20 };

static void keys_free(JsonKey *keys, size_t count)
{
	for (size_t i = 0; keys && i < count; i++)
		g_free(keys[i].text);
	g_free(keys);
}

static void served_free(Served *s)
{
	keys_free(s->input_keys, s->inputs);
	keys_free(s->class_keys, s->bundle ? bundle_classes(s->bundle) : 0);
	explainer_free(s->explainer);
	bundle_free(s->bundle);
	dictionary_unref(s->by_name);
	g_free(s->input_names);
	g_free(s->input_types);
	g_free(s->name);
	g_free(s->digest);
	g_free(s);
}

Served *served_ref(Served *s)
{
	__atomic_add_fetch(&s->references, 1, __ATOMIC_RELAXED);
	return s;
}

void served_unref(Served *s)
{
	if (s && __atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL) == 0)
		served_free(s);
}

static void read_inputs(Served *s)
{
	const json_t *inputs = json_at(bundle_header(s->bundle), "recipe.inputs");
	size_t i;
	json_t *input;
	s->inputs = json_array_size(inputs);
	s->input_names = g_new0(const char *, s->inputs + 1);
	s->input_types = g_new0(ColumnType, s->inputs + 1);
	s->by_name = dictionary_new();
	json_array_foreach (inputs, i, input) {
		s->input_names[i] = json_get_text(input, "name", "");
		column_type_from_name(json_get_text(input, "type", ""), &s->input_types[i]);
		dictionary_code(s->by_name, s->input_names[i], strlen(s->input_names[i]));
	}
}

static JsonKey key_of(const char *before, const char *name)
{
	g_autofree char *whole = g_strconcat(before, name, NULL);
	GString *key = g_string_new(",");
	out_text(key, whole);
	g_string_append_c(key, ':');
	size_t length = key->len;
	return (JsonKey){g_string_free(key, FALSE), length};
}

/* What the prediction log writes before each value of each row. */
static void make_keys(Served *s)
{
	size_t classes = bundle_classes(s->bundle);
	s->input_keys = g_new0(JsonKey, s->inputs + 1);
	s->class_keys = g_new0(JsonKey, classes + 1);
	for (size_t i = 0; i < s->inputs; i++)
		s->input_keys[i] = key_of(batch_name_is_taken(s->input_names[i]) ? "input." : "", s->input_names[i]);
	for (size_t k = 0; k < classes; k++)
		s->class_keys[k] = key_of("probability_", bundle_class(s->bundle, k));
}

int served_input(const Served *s, const char *name, size_t length)
{
	uint32_t code;
	return dictionary_find(s->by_name, name, length, &code) ? (int)code : -1;
}

/* The middle of what the training data had, where the bundle's reference profile tells (model/reference.h). */
static json_t *example_of(const Served *s, size_t input)
{
	const json_t *inputs = json_at(bundle_header(s->bundle), "reference.inputs");
	const json_t *about = json_object_get(inputs, s->input_names[input]);
	const json_t *quantiles = json_object_get(about, "quantiles");
	const json_t *median = json_array_get(quantiles, json_array_size(quantiles) / 2);
	const json_t *top = json_array_get(json_array_get(json_object_get(about, "top"), 0), 0);
	double middle = json_is_number(median) ? CLAMP(json_number_value(median), -1e18, 1e18) : 1;
	switch (s->input_types[input]) {
	case COLUMN_BOOL:
		return json_boolean(middle > 0.5);
	case COLUMN_INT:
		return json_integer((json_int_t)middle);
	case COLUMN_REAL:
		return json_number(middle);
	case COLUMN_TIME: {
		g_autofree char *text = time_text(json_is_number(median) ? (int64_t)middle : 1704067200000000);
		return json_string(text);
	}
	default:
		return json_text(json_is_string(top) ? json_string_value(top) : "");
	}
}

json_t *served_example(const Served *s)
{
	json_t *row = json_object();
	for (size_t i = 0; i < s->inputs; i++)
		json_object_set_new(row, s->input_names[i], example_of(s, i));
	return row;
}

char *served_inputs_text(const Served *s)
{
	enum { SHOWN = 40 };
	g_autoptr(GString) text = g_string_new(NULL);
	for (size_t i = 0; i < MIN(s->inputs, (size_t)SHOWN); i++)
		g_string_append_printf(
		        text, "%s%s (%s)", i ? ", " : "", s->input_names[i], column_type_name(s->input_types[i]));
	if (s->inputs > SHOWN)
		g_string_append_printf(text, " and %zu more", s->inputs - SHOWN);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool predict_example(Served *s, const char *row, GError **error)
{
	Scores scores;
	int64_t begun = g_get_monotonic_time();
	g_autoptr(Batch) batch = batch_new(s, 1);
	Scan scan;
	scan_start(&scan, row, strlen(row));
	bool ok = batch_scan_object(batch, &scan, error);
	scan_clear(&scan);
	if (!ok || !serve_predict(batch, &scores, error))
		return false;
	for (size_t k = 0; k < s->outputs; k++)
		ok = ok && isfinite(scores.values[k]);
	scores_clear(&scores);
	s->row_us = MIN(s->row_us, (double)(g_get_monotonic_time() - begun));
	return ok || fail(error, FAIL_BROKEN, "the model answers its example with what is not a number");
}

/* The first prediction pays for page faults and cold caches: not a user's. */
static bool warm_up(Served *s, GError **error)
{
	json_auto_t *example = served_example(s);
	g_autofree char *row = json_canonical(example);
	s->row_us = INFINITY;
	for (int i = 0; i < WARM_UP; i++)
		if (!predict_example(s, row, error)) {
			g_prefix_error(error, "%s@%d: ", s->name, s->version);
			return false;
		}
	return true;
}

bool served_load(const char *name, int version, const char *digest, const char *path, Served **ret, GError **error)
{
	Bundle *bundle;
	if (!bundle_load(path, &bundle, error))
		return false;
	g_autoptr(Served) s = g_new0(Served, 1);
	static uint64_t serials;
	s->references = 1;
	s->serial = __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
	s->name = g_strdup(name);
	s->version = version;
	s->digest = g_strdup(digest);
	s->bundle = bundle;
	s->outputs = bundle_outputs(bundle);
	read_inputs(s);
	make_keys(s);
	if (dictionary_size(s->by_name) != s->inputs)
		return fail(error, FAIL_BROKEN, "%s@%d: an input is named twice", name, version);
	if (!warm_up(s, error))
		return false;
	explainer_new(bundle, &s->explainer, NULL); /* of some families */
	s->loaded = meta_now();
	*ret = g_steal_pointer(&s);
	return true;
}
