/* outcomes.c: the outcomes of a model, page by page from the store into the engine. */
#include "monitor/outcomes.h"

#include <string.h>

#include "base/json.h"

enum { PAGE = 20000, ASKED = 500 /* ids in a statement */ };

static void set_text(Column *c, size_t row, const char *text)
{
	if (text)
		c->codes[row] = dictionary_code(c->dictionary, text, strlen(text));
	else
		column_set_missing(c, row);
}

static Frame *page_frame(const json_t *rows)
{
	size_t count = json_array_size(rows), i;
	Frame *f = frame_new(count);
	Column *id = column_new("id", COLUMN_TEXT, count, NULL), *value = column_new("value", COLUMN_TEXT, count, NULL),
	       *observed = column_new("observed", COLUMN_TIME, count, NULL),
	       *changes = column_new("changes", COLUMN_INT, count, NULL);
	json_t *row;
	json_array_foreach ((json_t *)rows, i, row) {
		set_text(id, i, json_get_text(row, "id", ""));
		set_text(value, i, json_get_text(row, "value", NULL));
		observed->ints[i] = json_get_int(row, "observed", 0);
		changes->ints[i] = json_get_int(row, "changes", 0) + 1;
	}
	frame_add(f, id);
	frame_add(f, value);
	frame_add(f, observed);
	frame_add(f, changes);
	return f;
}

static bool make_table(Engine *e, const char *table, GError **error)
{
	return engine_runf(e, error,
	        "CREATE OR REPLACE TABLE %s (id VARCHAR, value VARCHAR, observed TIMESTAMP, changes BIGINT)", table);
}

bool outcomes_table(Engine *e, Meta *m, const char *model, const char *table, int64_t *ret, GError **error)
{
	g_autofree char *last = g_strdup("");
	int64_t count = 0;
	if (!make_table(e, table, error))
		return false;
	for (;;) {
		json_auto_t *rows = NULL;
		if (!meta_run(m,
		            "SELECT id, value, observed, changes FROM outcomes WHERE model = $1 AND id > $2 ORDER BY "
		            "id "
		            "LIMIT $3",
		            json_pack("[s,s,i]", model, last, PAGE), &rows, error))
			return false;
		size_t got = json_array_size(rows);
		if (got == 0)
			break;
		g_autoptr(Frame) f = page_frame(rows);
		if (!engine_append(e, table, f, error))
			return false;
		count += (int64_t)got;
		g_free(last);
		last = g_strdup(json_get_text(json_array_get(rows, got - 1), "id", ""));
	}
	*ret = count;
	return true;
}

/* $2, $3, ... */
static char *places_sql(size_t count)
{
	GString *sql = g_string_new(NULL);
	for (size_t i = 0; i < count; i++)
		g_string_append_printf(sql, "%s$%zu", i ? ", " : "", i + 2);
	return g_string_free(sql, FALSE);
}

/* args: the model, and ids; a short last turn asks for the last one several times. */
static bool ask_ids(Meta *m, const char *sql, json_t *args, GPtrArray *frames, GError **error)
{
	json_auto_t *rows = NULL;
	while (json_array_size(args) < ASKED + 1)
		json_array_append(args, json_array_get(args, json_array_size(args) - 1));
	if (!meta_run(m, sql, json_incref(args), &rows, error))
		return false;
	if (json_array_size(rows))
		g_ptr_array_add(frames, page_frame(rows));
	return true;
}

static bool ask_frame(
        Meta *m, const char *sql, const char *model, const Column *id, size_t count, GPtrArray *frames, GError **error)
{
	for (size_t at = 0; at < count; at += ASKED) {
		json_auto_t *args = json_pack("[s]", model);
		for (size_t i = at; i < MIN(at + ASKED, count); i++)
			if (!column_is_missing(id, i))
				json_array_append_new(args, json_text(dictionary_text(id->dictionary, id->codes[i])));
		if (json_array_size(args) > 1 && !ask_ids(m, sql, args, frames, error))
			return false;
	}
	return true;
}

/* The engine is read to the end before it is written to. */
bool outcomes_of(Engine *e, Meta *m, const char *model, const char *ids, const char *table, GError **error)
{
	g_autofree char *places = places_sql(ASKED), *distinct = g_strdup_printf("SELECT DISTINCT * FROM (%s)", ids);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT id, value, observed, changes FROM outcomes WHERE model = $1 AND id IN (%s)", places);
	g_autoptr(FrameReader) reader = NULL;
	g_autoptr(GPtrArray) frames = g_ptr_array_new_with_free_func((GDestroyNotify)frame_free);
	if (!make_table(e, table, error) || !engine_read(e, distinct, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) f = NULL;
		if (!frame_reader_next(reader, &f, error))
			return false;
		if (!f)
			break;
		if (!ask_frame(m, sql, model, f->columns->pdata[0], f->rows, frames, error))
			return false;
	}
	for (guint i = 0; i < frames->len; i++)
		if (!engine_append(e, table, frames->pdata[i], error))
			return false;
	return true;
}

bool outcomes_said_since(
        Engine *e, Meta *m, const char *model, int64_t place, const char *table, int64_t *ret, GError **error)
{
	g_autofree char *last = g_strdup("");
	int64_t at = place + 1;
	*ret = 0;
	if (!make_table(e, table, error))
		return false;
	for (;;) {
		json_auto_t *rows = NULL;
		if (!meta_run(m,
		            "SELECT id, value, observed, changes, place FROM outcomes WHERE model = $1 AND (place, id) "
		            "> ($2, $3) "
		            "ORDER BY place, id LIMIT $4",
		            json_pack("[s,I,s,i]", model, (json_int_t)at, last, PAGE), &rows, error))
			return false;
		size_t got = json_array_size(rows);
		if (got == 0)
			return true;
		g_autoptr(Frame) f = page_frame(rows);
		if (!engine_append(e, table, f, error))
			return false;
		*ret += (int64_t)got;
		g_free(last);
		last = g_strdup(json_get_text(json_array_get(rows, got - 1), "id", ""));
		at = json_get_int(json_array_get(rows, got - 1), "place", at);
	}
}
