/* outline.c: names and types of columns, without values. */
#include "feature/outline.h"

#include <string.h>

#include "base/json.h"
#include "base/param.h"

static void column_outline_free(OutlineColumn *c)
{
	g_free(c->name);
	g_free(c);
}

static OutlineColumn *add(Outline *o, const char *name, ColumnType type)
{
	OutlineColumn *c = g_new0(OutlineColumn, 1);
	c->name = g_strdup(name);
	c->type = type;
	g_ptr_array_add(o->columns, c);
	return c;
}

Outline *outline_new(const json_t *schema)
{
	Outline *o = g_new0(Outline, 1);
	o->columns = g_ptr_array_new_with_free_func((GDestroyNotify)column_outline_free);
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(schema, "columns"), i, column) {
		ColumnType type;
		const char *name = json_get_text(column, "name", NULL);
		if (name && column_type_from_name(json_get_text(column, "type", NULL), &type))
			add(o, name, type)->raw = true;
	}
	return o;
}

void outline_free(Outline *o)
{
	if (!o)
		return;
	g_ptr_array_unref(o->columns);
	g_free(o->conflict);
	g_free(o);
}

OutlineColumn *outline_find(const Outline *o, const char *name)
{
	for (guint i = 0; i < o->columns->len; i++) {
		OutlineColumn *c = o->columns->pdata[i];
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

void outline_set(Outline *o, const char *name, ColumnType type)
{
	OutlineColumn *c = outline_find(o, name);
	if (c && !names_contain(o->names, name) && !o->conflict)
		o->conflict = g_strdup(name);
	if (!c)
		c = add(o, name, type);
	c->type = type;
	c->raw = c->categories = false;
	c->pass = o->pass;
}

void outline_setf(Outline *o, ColumnType type, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *name = g_strdup_vprintf(format, args);
	va_end(args);
	outline_set(o, name, type);
}

void outline_remove(Outline *o, const char *name)
{
	OutlineColumn *c = outline_find(o, name);
	if (c)
		g_ptr_array_remove(o->columns, c);
}

const char *outline_nearest(const Outline *o, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (guint i = 0; i < o->columns->len; i++)
		g_ptr_array_add(names, ((OutlineColumn *)o->columns->pdata[i])->name);
	g_ptr_array_add(names, NULL);
	return nearest_name(name, (const char *const *)names->pdata);
}

const char *params_column(const json_t *params, size_t i)
{
	return json_string_value(json_array_get(json_object_get(params, "columns"), i));
}

bool names_contain(const json_t *names, const char *name)
{
	size_t i;
	json_t *one;
	json_array_foreach (names, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), name) == 0)
			return true;
	return false;
}
