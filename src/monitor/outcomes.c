/* outcomes.c: the outcomes of a model, page by page from the store into the engine. */
#include "monitor/outcomes.h"

#include <string.h>

#include "base/json.h"

enum { PAGE = 20000 };

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

bool outcomes_table(Engine *e, Meta *m, const char *model, const char *table, int64_t *ret, GError **error)
{
	g_autofree char *last = g_strdup("");
	int64_t count = 0;
	if (!engine_runf(e, error,
	            "CREATE OR REPLACE TABLE %s (id VARCHAR, value VARCHAR, observed TIMESTAMP, changes BIGINT)",
	            table))
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
