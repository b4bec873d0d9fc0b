/* earlier.c: looks through the trainings of the store. */
#include "project/earlier.h"

#include <string.h>

#include "base/json.h"
#include "store/blobs.h"
#include "store/meta.h"

#define LOOKED_AT "100" /* trainings, the newest */

typedef struct Training {
	json_t *inputs; /* {name: digest} */
	char *trials;   /* digest of its study */
} Training;

static void training_clear(void *training)
{
	json_decref(((Training *)training)->inputs);
	g_free(((Training *)training)->trials);
}

static bool parse(const json_t *row, const char *column, json_t **ret, GError **error)
{
	const char *text = json_get_text(row, column, "{}");
	return json_parse(column, text, strlen(text), ret, error);
}

static bool read_trainings(Meta *m, GArray *into, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT r.outputs, k.components FROM step_results r JOIN step_keys k ON k.key = r.key WHERE k.kind "
	            "= "
	            "'train' AND r.step = 'train' ORDER BY r.created DESC, r.key LIMIT " LOOKED_AT,
	            NULL, &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		json_auto_t *outputs = NULL, *components = NULL;
		if (!parse(row, "outputs", &outputs, error) || !parse(row, "components", &components, error))
			return false;
		Training one = {json_incref(json_object_get(components, "inputs")),
		        g_strdup(json_get_text(json_object_get(outputs, "trials"), "digest", NULL))};
		g_array_append_val(into, one);
	}
	return true;
}

static bool is_same(const json_t *a, const json_t *b, const char *name)
{
	return g_strcmp0(json_get_text(a, name, ""), json_get_text(b, name, NULL)) == 0;
}

/* The digest of that rank; NULL: there are not so many. */
static const char *choose(const GArray *trainings, const Blobs *blobs, const json_t *known, unsigned rank)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal); /* rows */
	g_autofree char *name = g_strdup_printf("earlier.%u", rank);
	for (guint i = 0; i < trainings->len; i++) {
		const json_t *inputs = g_array_index(trainings, Training, i).inputs;
		if (is_same(inputs, known, "train") && is_same(inputs, known, "recipes"))
			return json_get_text(inputs, name, NULL);
	}
	for (guint i = 0; i < trainings->len; i++) {
		const Training *t = &g_array_index(trainings, Training, i);
		const char *rows = json_get_text(t->inputs, "train", "");
		if (is_same(t->inputs, known, "train") || !t->trials || !blobs_has(blobs, t->trials, -1) ||
		        !g_hash_table_add(seen, (void *)rows))
			continue;
		if (rank-- == 0)
			return t->trials;
	}
	return NULL;
}

bool earlier_choose(void *context, const json_t *known, char **ret_digest, GError **error)
{
	const Earlier *e = context;
	g_autoptr(Meta) m = NULL;
	g_autoptr(Blobs) b = NULL;
	g_autoptr(GArray) trainings = g_array_new(FALSE, FALSE, sizeof(Training));
	g_array_set_clear_func(trainings, training_clear);
	if (!meta_open(e->state_folder, &m, error) || !blobs_open(e->state_folder, &b, error) ||
	        !read_trainings(m, trainings, error))
		return false;
	*ret_digest = g_strdup(choose(trainings, b, known, e->rank));
	return true;
}
