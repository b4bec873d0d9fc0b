/* online_rows.c: outcomes page by page from the store, their predictions from the log. */
#include "retrain/online_rows.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"
#include "serve/predlog.h"

enum { PAGE = 20000 };

/* Where the learning begins with a model whose own training had the outcomes that came before it. */
static bool read_since(const OnlineInput *in, int64_t root, int64_t *ret, GError **error)
{
	json_auto_t *about = NULL;
	g_autofree char *name = g_strdup_printf("%s@%" G_GINT64_FORMAT, in->model, root);
	*ret = INT64_MIN;
	if (!in->after_root)
		return true;
	if (!registry_get(in->meta, name, &about, error))
		return false;
	*ret = json_get_int(about, "created", INT64_MIN);
	return true;
}

bool online_last(const OnlineInput *in, int64_t champion, OnlineLast *ret, GError **error)
{
	Meta *m = in->meta;
	const char *model = in->model;
	json_auto_t *last = NULL, *own = NULL;
	*ret = (OnlineLast){0};
	if (!meta_row(m,
	            "SELECT number, root, version, created, place FROM online_checkpoints WHERE model = $1 ORDER BY "
	            "number "
	            "DESC LIMIT 1",
	            json_pack("[s]", model), &last, error))
		return false;
	if (!last)
		return read_since(in, champion, &ret->since, error);
	*ret = (OnlineLast){.number = json_get_int(last, "number", 0),
	        .root = json_get_int(last, "root", 0),
	        .version = json_get_int(last, "version", 0),
	        .created = json_get_int(last, "created", 0),
	        .place = json_get_int(last, "place", 0)};
	if (!meta_row(m, "SELECT number FROM online_checkpoints WHERE model = $1 AND root = $2 AND version = $3",
	            json_pack("[s,I,I]", model, (json_int_t)ret->root, (json_int_t)champion), &own, error))
		return false;
	ret->goes_on = ret->root == champion || own;
	return read_since(in, ret->goes_on ? ret->root : champion, &ret->since, error);
}

static Frame *page_frame(const json_t *rows)
{
	static const char *const TEXTS[] = {"id", "value"}, *const NUMBERS[] = {"observed", "received", "place"};
	size_t count = json_array_size(rows), i;
	Frame *f = frame_new(count);
	json_t *row;
	for (size_t k = 0; k < G_N_ELEMENTS(TEXTS); k++) {
		Column *c = column_new(TEXTS[k], COLUMN_TEXT, count, NULL);
		json_array_foreach ((json_t *)rows, i, row) {
			const char *text = json_get_text(row, TEXTS[k], "");
			c->codes[i] = dictionary_code(c->dictionary, text, strlen(text));
		}
		frame_add(f, c);
	}
	for (size_t k = 0; k < G_N_ELEMENTS(NUMBERS); k++) {
		Column *c = column_new(NUMBERS[k], COLUMN_INT, count, NULL);
		json_array_foreach ((json_t *)rows, i, row)
			c->ints[i] = json_get_int(row, NUMBERS[k], 0);
		frame_add(f, c);
	}
	return f;
}

/* The outcomes that have not been taken, as the table `waiting`. */
static bool read_waiting(Engine *e, const OnlineInput *in, const OnlineLast *from, int64_t *ret_count, GError **error)
{
	g_autofree char *last = g_strdup("");
	int64_t place = from->place;
	*ret_count = 0;
	if (!engine_run(e,
	            "CREATE OR REPLACE TABLE waiting (id VARCHAR, value VARCHAR, observed BIGINT, received BIGINT, "
	            "place "
	            "BIGINT)",
	            error))
		return false;
	for (;;) {
		json_auto_t *rows = NULL;
		if (!meta_run(in->meta,
		            "SELECT o.id, o.value, o.observed, o.received, o.place FROM outcomes o LEFT JOIN "
		            "online_taken t "
		            "ON t.model = o.model AND t.id = o.id WHERE o.model = $1 AND (o.place, o.id) > ($2, $3) "
		            "AND "
		            "o.value IS NOT NULL AND t.id IS NULL AND o.received >= $5 ORDER BY o.place, o.id LIMIT $4",
		            json_pack("[s,I,s,i,I]", in->model, (json_int_t)place, last, PAGE, (json_int_t)from->since),
		            &rows, error))
			return false;
		size_t got = json_array_size(rows);
		if (got == 0)
			return true;
		g_autoptr(Frame) f = page_frame(rows);
		if (!engine_append(e, "waiting", f, error))
			return false;
		*ret_count += (int64_t)got;
		g_free(last);
		last = g_strdup(json_get_text(json_array_get(rows, got - 1), "id", ""));
		place = json_get_int(json_array_get(rows, got - 1), "place", 0);
	}
}

/* The bundle's inputs under their own names, whatever the log calls them. */
static bool inputs_sql(const OnlineInput *in, const Bundle *b, GString *to, GError **error)
{
	json_auto_t *renamed = NULL;
	size_t i;
	json_t *column;
	if (!predlog_renamed(in->state_folder, in->model, &renamed, error))
		return false;
	json_array_foreach (json_at(bundle_header(b), "recipe.inputs"), i, column) {
		const char *name = json_get_text(column, "name", "");
		g_autofree char *from = predlog_input_sql(renamed, name), *as = sql_name(name);
		g_string_append_printf(to, "v.%s AS %s, ", from, as);
	}
	return true;
}

/* Rows that came so long ago that their outcomes are not waited for any more need not be read. */
static bool is_young(const char *name, const char *path, void *context)
{
	const OnlineInput *in = context;
	struct stat about;
	(void)name;
	return in->patience == 0 || stat(path, &about) != 0 ||
	       (int64_t)about.st_mtim.tv_sec * 1000000 >= in->now - in->patience;
}

static bool join_rows(Engine *e, const OnlineInput *in, const Bundle *b, const char *path, GError **error)
{
	const char *target = json_string_value(json_at(bundle_header(b), "roles.target"));
	g_autofree char *quoted = sql_name(target ? target : "");
	g_autoptr(GString) inputs = g_string_new("");
	PredLogChoice choice = {is_young, (void *)in};
	if (!predlog_view_of(e, in->state_folder, in->model, "log", &choice, error) ||
	        !inputs_sql(in, b, inputs, error))
		return false;
	g_autofree char *query = g_strdup_printf(
	        "SELECT *, (row_number() OVER () - 1)::BIGINT AS _gyre_row FROM (SELECT %s%s AS %s, v._gyre_id, "
	        "w.observed AS "
	        "_gyre_observed FROM log v JOIN waiting w ON w.id = v._gyre_id WHERE v._gyre_error IS NULL QUALIFY "
	        "row_number() OVER (PARTITION BY v._gyre_id ORDER BY v._gyre_time, v._gyre_version) = 1 ORDER BY "
	        "w.observed, v._gyre_id LIMIT %" G_GINT64_FORMAT ")",
	        inputs->str, bundle_classifies(b) ? "w.value" : "TRY_CAST(w.value AS DOUBLE)", quoted, in->most);
	return engine_write_parquet(e, query, path, error);
}

static bool count_rows(Engine *e, const OnlineInput *in, OnlineRows *r, GError **error)
{
	g_autofree char *table = sql_parquet(r->path);
	g_autofree char *sql = g_strdup_printf("SELECT count(*) AS taken, max(_gyre_observed) AS observed, (SELECT "
	                                       "min(place) FROM waiting ANTI JOIN (SELECT "
	                                       "_gyre_id AS id FROM %s) USING (id) WHERE received >= %" G_GINT64_FORMAT
	                                       ") AS place FROM %s",
	        table, in->patience ? in->now - in->patience : INT64_MIN, table);
	json_auto_t *found = NULL;
	if (!engine_row(e, sql, &found, error))
		return false;
	r->rows = json_get_int(found, "taken", 0);
	r->observed = json_get_int(found, "observed", 0);
	r->place = MIN(r->place, json_get_int(found, "place", r->place));
	r->waiting -= r->rows;
	return true;
}

/* Nothing has been predicted yet: all outcomes wait. */
bool online_rows_write(
        Engine *e, const OnlineInput *in, const Bundle *b, const OnlineLast *from, OnlineRows *ret, GError **error)
{
	g_autoptr(GError) problem = NULL;
	json_auto_t *last = NULL;
	*ret = (OnlineRows){.place = from->place};
	if (!read_waiting(e, in, from, &ret->waiting, error) ||
	        !engine_row(e, "SELECT coalesce(max(place), 0) AS place FROM waiting", &last, error))
		return false;
	if (ret->waiting == 0)
		return true;
	g_autofree char *path = g_build_filename(in->scratch, "outcomes.parquet", NULL);
	if (!join_rows(e, in, b, path, &problem)) {
		if (g_error_matches(problem, FAIL, FAIL_NOT_FOUND))
			return true;
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	ret->path = g_steal_pointer(&path);
	ret->place = json_get_int(last, "place", 0) + 1;
	return count_rows(e, in, ret, error);
}
