/* row_sample.c: one query. */
#include "model/row_sample.h"

#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"

#define SAMPLE_ROWS 2000
#define SAMPLE_BYTES (16u << 20) /* long texts make rows large: then there is none */

static char *query_of(const RowSample *s)
{
	g_autoptr(GString) columns = g_string_new(NULL);
	size_t i;
	json_t *input;
	json_array_foreach ((json_t *)s->inputs, i, input) {
		g_autofree char *name = sql_name(json_get_text(input, "name", ""));
		g_string_append_printf(columns, "%s%s", i ? ", " : "", name);
	}
	return g_strdup_printf(
	        "SELECT %s FROM (SELECT * FROM %s ORDER BY hash(%s::BIGINT + %d), %s LIMIT %d) ORDER BY %s",
	        columns->str, s->table, s->number, (int)(s->seed % 1000000), s->number, SAMPLE_ROWS, s->number);
}

bool row_sample_read(Engine *e, const RowSample *s, GBytes **ret, GError **error)
{
	g_autofree char *query = query_of(s), *path = NULL, *bytes = NULL;
	gsize size;
	*ret = NULL;
	if (json_array_size(s->inputs) == 0)
		return true;
	int file = g_file_open_tmp("gyre-sample-XXXXXX", &path, error);
	if (file < 0)
		return false;
	close(file);
	bool ok = engine_write_parquet(e, query, path, error) &&
	          file_read(path, (size_t)LIMIT_BUNDLE_BYTES, &bytes, &size, error);
	unlink(path);
	if (ok && size <= SAMPLE_BYTES)
		*ret = g_bytes_new_take(g_steal_pointer(&bytes), size);
	return ok;
}
