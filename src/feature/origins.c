/* origins.c: features traced back to columns. */
#include "feature/origins.h"

#include <string.h>

#include "base/error.h"
#include "feature/chain.h"
#include "feature/trace.h"

void origins_free(Origins *o)
{
	if (!o)
		return;
	g_strfreev(o->names);
	g_free(o->start);
	g_free(o->column);
	g_free(o);
}

/* Name of a column there is so far -> a byte for each input: is it made of it? */
typedef struct Tracing {
	GHashTable *made_of;
	size_t inputs;
} Tracing;

static void trace_new(Tracing *t, const Frame *rows, const json_t *read)
{
	g_autofree uint8_t *all = g_malloc0(MAX(t->inputs, (size_t)1));
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)read, i, name) {
		const uint8_t *parts = g_hash_table_lookup(t->made_of, json_string_value(name));
		for (size_t k = 0; parts && k < t->inputs; k++)
			all[k] |= parts[k];
	}
	for (guint c = 0; c < rows->columns->len; c++) {
		const Column *column = rows->columns->pdata[c];
		if (!g_hash_table_contains(t->made_of, column->name))
			g_hash_table_insert(t->made_of, g_strdup(column->name), g_memdup2(all, t->inputs));
	}
}

static bool trace_links(const RecipeTrace *from, Tracing *t, GError **error)
{
	g_autoptr(Frame) rows = frame_new(0);
	size_t i;
	json_t *input;
	json_array_foreach ((json_t *)from->inputs, i, input) {
		ColumnType type = COLUMN_REAL;
		const char *name = json_string_value(json_object_get(input, "name"));
		column_type_from_name(json_string_value(json_object_get(input, "type")), &type);
		uint8_t *own = g_malloc0(t->inputs);
		own[i] = 1;
		g_hash_table_insert(t->made_of, g_strdup(name), own);
		frame_add(rows, column_new(name, type, 0, NULL));
	}
	for (guint k = 0; k < from->links->len; k++) {
		const Link *link = from->links->pdata[k];
		if (!link_apply(link, rows, NULL, error))
			return false;
		trace_new(t, rows, json_object_get(link->params, "columns"));
	}
	return true;
}

static Origins *origins_from(const RecipeTrace *from, const Tracing *t)
{
	Origins *o = g_new0(Origins, 1);
	g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	o->columns = t->inputs;
	o->features = from->features;
	o->names = g_new0(char *, t->inputs + 1);
	for (size_t k = 0; k < t->inputs; k++)
		o->names[k] =
		        g_strdup(json_string_value(json_object_get(json_array_get((json_t *)from->inputs, k), "name")));
	o->start = g_new0(uint32_t, o->features + 1);
	for (size_t f = 0; f < o->features; f++) {
		const uint8_t *parts = g_hash_table_lookup(t->made_of, from->names[f]);
		for (uint32_t k = 0; parts && k < t->inputs; k++)
			if (parts[k])
				g_array_append_val(columns, k);
		o->start[f + 1] = columns->len;
	}
	o->column = g_memdup2(columns->data, columns->len * sizeof(uint32_t));
	return o;
}

bool recipe_origins(const Recipe *r, Origins **ret, GError **error)
{
	RecipeTrace from = recipe_trace(r);
	Tracing t = {g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), json_array_size(from.inputs)};
	bool ok = trace_links(&from, &t, error);
	if (ok)
		*ret = origins_from(&from, &t);
	g_hash_table_unref(t.made_of);
	return ok;
}
