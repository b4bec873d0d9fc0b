/* predlog_read.c: rows of the prediction log read back, from journals and from Parquet, and journals made into Parquet.
 *
 * A journal is sealed by whoever can lock it, that is when its writer is gone.  Its Parquet files have its name and appear
 * whole; then the journal is removed.  So while a journal is there it counts and Parquet of its name does not: no row is
 * lost or counted twice, whatever is killed when. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "serve/predlog.h"

enum { BLOCK_ROWS = 50000 };

/* The folder, and the columns a model's rows may have, in the shape a Batch fills. */
typedef struct Reading {
	Engine *e;
	char *folder;
	const char *model;
	Served columns;
	json_t *types;   /* {name: type}, in the order of versions */
	json_t *renamed; /* {name: column}, where they differ */
	GString *tables; /* SELECTs of what was read, with UNION ALL BY NAME between */
	GString *files;  /* Parquet, quoted, with commas between */
	unsigned table_count;
	int64_t rows;
	const PredLogChoice *choice; /* NULL: every file */
} Reading;

static const char *const META[][2] = {{"_gyre_id", "text"}, {"_gyre_time", "time"}, {"_gyre_arrived", "time"},
        {"_gyre_version", "int"}, {"_gyre_route", "text"}, {"_gyre_protocol", "text"}, {"_gyre_latency_us", "int"},
        {"_gyre_error", "text"}};

static char *model_folder(const Reading *r)
{
	return g_strdup_printf("%s/model=%s", r->folder, r->model);
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The folder's entries; *ret NULL where there is no such folder.  One that cannot be read is no empty one. */
static bool open_folder(const char *folder, GDir **ret, GError **error)
{
	g_autoptr(GError) problem = NULL;
	*ret = g_dir_open(folder, 0, &problem);
	if (*ret || g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return true;
	return fail(error, FAIL_UNAVAILABLE, "the prediction log cannot be read: %s", problem->message);
}

/* Names in a folder that end so, sorted: the names begin with a time. */
static bool list_names(const char *folder, const char *suffix, GPtrArray **ret, GError **error)
{
	g_autoptr(GDir) dir = NULL;
	const char *name;
	if (!open_folder(folder, &dir, error))
		return false;
	*ret = g_ptr_array_new_with_free_func(g_free);
	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, suffix))
			g_ptr_array_add(*ret, g_strndup(name, strlen(name) - strlen(suffix)));
	g_ptr_array_sort(*ret, by_text);
	return true;
}

/* A column of different types in two versions is text. */
static void add_type(Reading *r, const char *name, const char *type)
{
	const char *known = json_get_text(r->types, name, NULL);
	bool numbers = known && strchr("ir", *known) && strchr("ir", *type);
	if (!known)
		json_object_set_new(r->types, name, json_string(type));
	else if (strcmp(known, type) != 0)
		json_object_set_new(r->types, name, json_string(numbers ? "real" : "text"));
}

static int by_version(gconstpointer a, gconstpointer b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	gint64 m = g_ascii_strtoll(x, NULL, 10), n = g_ascii_strtoll(y, NULL, 10);
	return m != n ? (m < n ? -1 : 1) : strcmp(x, y);
}

/* The engine tells names apart without case.  A version that is announced later changes no name that is given already. */
static void name_columns(Reading *r)
{
	g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *name;
	json_t *type;
	json_object_foreach (r->types, name, type) {
		g_autofree char *column = g_strdup(name);
		for (unsigned n = 2; !g_hash_table_add(taken, g_ascii_strdown(column, -1)); n++) {
			g_free(column);
			column = g_strdup_printf("%s_%u", name, n);
		}
		if (strcmp(column, name) != 0)
			json_object_set_new(r->renamed, name, json_text(column));
	}
}

static const char *column_of(const Reading *r, const char *name)
{
	return json_get_text(r->renamed, name, name);
}

static bool read_columns(Reading *r, GError **error)
{
	g_autofree char *folder = model_folder(r);
	g_autoptr(GPtrArray) versions = NULL;
	if (!list_names(folder, ".json", &versions, error))
		return false;
	g_ptr_array_sort(versions, by_version);
	for (guint i = 0; i < versions->len; i++) {
		g_autofree char *path = g_strdup_printf("%s/%s.json", folder, (char *)versions->pdata[i]);
		json_auto_t *columns = NULL;
		size_t k;
		json_t *column;
		if (!json_read_file(path, &columns, error))
			return false;
		json_array_foreach (columns, k, column)
			add_type(r, json_get_text(column, "name", ""), json_get_text(column, "type", "text"));
	}
	name_columns(r);
	return true;
}

static void shape_columns(Reading *r)
{
	Served *s = &r->columns;
	const char *name;
	json_t *type;
	s->inputs = json_object_size(r->types);
	s->input_names = g_new0(const char *, s->inputs + 1);
	s->input_types = g_new0(ColumnType, s->inputs + 1);
	s->by_name = dictionary_new();
	size_t i = 0;
	json_object_foreach (r->types, name, type) {
		s->input_names[i] = name;
		column_type_from_name(json_string_value(type), &s->input_types[i++]);
		dictionary_code(s->by_name, name, strlen(name));
	}
}

static bool reading_open(Reading *r, Engine *e, const char *state_folder, const char *model, GError **error)
{
	*r = (Reading){.e = e,
	        .model = model,
	        .types = json_object(),
	        .renamed = json_object(),
	        .tables = g_string_new(NULL),
	        .files = g_string_new(NULL)};
	r->folder = g_build_filename(state_folder, "predictions", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(META); i++)
		add_type(r, META[i][0], META[i][1]);
	if (strchr(model, '/')) /* the name of a folder, which callers over HTTP give: it leads to no other */
		return fail(error, FAIL_NOT_FOUND, "no predictions of the model \"%.100s\" are on record", model);
	if (!read_columns(r, error))
		return false;
	shape_columns(r);
	return true;
}

static void reading_close(Reading *r)
{
	g_free(r->folder);
	json_decref(r->types);
	json_decref(r->renamed);
	g_string_free(r->tables, TRUE);
	g_string_free(r->files, TRUE);
	g_free(r->columns.input_names);
	g_free(r->columns.input_types);
	dictionary_unref(r->columns.by_name);
}

static void add_select(Reading *r, const char *from)
{
	g_string_append_printf(r->tables, "%sSELECT * FROM %s", r->tables->len ? " UNION ALL BY NAME " : "", from);
}

static void name_frame(const Reading *r, Frame *f)
{
	for (guint i = 0; json_object_size(r->renamed) && i < f->columns->len; i++) {
		Column *c = f->columns->pdata[i];
		char *name = g_strdup(column_of(r, c->name));
		g_free(c->name);
		c->name = name;
	}
}

/* Each block is a table of its own: a column of whole numbers may hold fractions in the next one. */
static bool keep_block(Reading *r, Batch *b, GError **error)
{
	if (batch_rows(b) == 0)
		return true;
	g_autofree char *table = g_strdup_printf("predlog_%u", r->table_count++);
	g_autoptr(Frame) f = batch_take(b, error);
	if (f)
		name_frame(r, f);
	if (!f || !engine_append(r->e, table, f, error))
		return false;
	r->rows += (int64_t)f->rows;
	add_select(r, table);
	return true;
}

/* Is the line whole, and of this model?  (What was written when the program was killed, or the disk full, is not.) */
static bool is_wanted(const char *line, size_t size, const char *model)
{
	const char *key;
	size_t length;
	Cell cell = {0};
	bool found = false;
	Scan s;
	scan_start(&s, line, size);
	scan_enter(&s, '{');
	while (scan_more(&s, '}') && scan_key(&s, &key, &length)) {
		if (!scan_key_is(key, length, "_gyre_model"))
			scan_skip(&s, NULL);
		else if (scan_cell(&s, &cell))
			found = cell.type == CELL_TEXT && scan_key_is(cell.text, cell.length, model);
	}
	return scan_finish(&s, NULL) && found;
}

static bool add_line(Reading *r, Batch *b, const char *line, size_t size, GError **error)
{
	if (!is_wanted(line, size, r->model))
		return true;
	Scan s;
	scan_start(&s, line, size);
	bool ok = batch_row_begin(b, error);
	if (ok) {
		batch_row_fill(b, &s, NULL);
		batch_row_pad(b);
	}
	scan_clear(&s);
	return ok && (batch_rows(b) < BLOCK_ROWS || keep_block(r, b, error));
}

static bool read_lines(Reading *r, const char *text, size_t size, GError **error)
{
	g_autoptr(Batch) b = batch_new(&r->columns, BLOCK_ROWS);
	for (const char *at = text, *end = text + size; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop) /* still being written, or torn */
			break;
		if (!add_line(r, b, at, (size_t)(stop - at), error))
			return false;
		at = stop + 1;
	}
	return keep_block(r, b, error);
}

/* Read, not mapped: its writer may still be adding. */
static bool read_journal(Reading *r, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	size_t size;
	return file_read(path, (size_t)1 << 31, &text, &size, error) && read_lines(r, text, size, error);
}

char *predlog_sealed_path(const char *state_folder, const char *model, const char *name)
{
	return g_strdup_printf("%s/predictions/model=%s/%s.parquet", state_folder, model, name);
}

static void add_parquet(Reading *r, const char *name)
{
	g_autofree char *path = g_strdup_printf("%s/model=%s/%s.parquet", r->folder, r->model, name);
	if (!g_file_test(path, G_FILE_TEST_EXISTS) || (r->choice && !r->choice->wants(name, path, r->choice->context)))
		return;
	g_autofree char *quoted = sql_path(path);
	g_string_append_printf(r->files, "%s%s", r->files->len ? ", " : "", quoted);
}

/* All files at once: a query of thousands of parts would be planned longer than it runs. */
static void select_parquet(Reading *r)
{
	if (!r->files->len)
		return;
	g_autofree char *from =
	        g_strdup_printf("read_parquet([%s], union_by_name = true, hive_partitioning = false)", r->files->str);
	add_select(r, from);
}

static bool contains(const GPtrArray *names, const char *name)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

/* A journal that is gone since it was listed has just been sealed: its name is added to `sealed`. */
static bool read_journals(Reading *r, const char *folder, const GPtrArray *journals, GPtrArray *sealed, GError **error)
{
	for (guint i = 0; i < journals->len; i++) {
		g_autofree char *path = g_strdup_printf("%s/%s.jsonl", folder, (char *)journals->pdata[i]);
		g_autoptr(GError) problem = NULL;
		if (read_journal(r, path, &problem))
			continue;
		if (problem->code != FAIL_NOT_FOUND) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
		g_ptr_array_add(sealed, g_strdup(journals->pdata[i]));
	}
	return true;
}

static bool read_all(Reading *r, GError **error)
{
	g_autofree char *folder = g_build_filename(r->folder, "journal", NULL), *place = model_folder(r);
	g_autoptr(GPtrArray) journals = NULL, parquet = NULL, sealed = g_ptr_array_new_with_free_func(g_free);
	if (!list_names(folder, ".jsonl", &journals, error) || !list_names(place, ".parquet", &parquet, error))
		return false;
	for (guint i = 0; i < parquet->len; i++)
		if (!contains(journals, parquet->pdata[i]))
			g_ptr_array_add(sealed, g_strdup(parquet->pdata[i]));
	if (!read_journals(r, folder, journals, sealed, error))
		return false;
	if (r->choice && r->choice->unsealed &&
	        !r->choice->unsealed(r->e, r->tables->len ? r->tables->str : NULL, r->choice->context, error))
		return false;
	for (guint i = 0; i < sealed->len; i++)
		add_parquet(r, sealed->pdata[i]);
	select_parquet(r);
	return true;
}

/* All columns and no row: older Parquet lacks some. */
static char *shape_sql(const Reading *r)
{
	static const char *const SQL_TYPES[COLUMN_TYPES] = {"BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR", "TIMESTAMP"};
	g_autoptr(GString) sql = g_string_new("SELECT ");
	for (size_t i = 0; i < r->columns.inputs; i++) {
		g_autofree char *name = sql_name(column_of(r, r->columns.input_names[i]));
		g_string_append_printf(
		        sql, "%sNULL::%s AS %s", i ? ", " : "", SQL_TYPES[r->columns.input_types[i]], name);
	}
	return g_strdup_printf("(%s LIMIT 0)", sql->str);
}

static bool make_view(Reading *r, const char *view, GError **error)
{
	g_autofree char *name = sql_name(view), *shape = shape_sql(r);
	return engine_runf(r->e, error, "CREATE OR REPLACE VIEW %s AS %s%s%s", name, shape,
	        r->tables->len ? " UNION ALL BY NAME " : "", r->tables->str);
}

bool predlog_view(Engine *e, const char *state_folder, const char *model, const char *view, GError **error)
{
	Reading r;
	bool ok = reading_open(&r, e, state_folder, model, error) && read_all(&r, error);
	if (ok && !r.tables->len)
		ok = fail(error, FAIL_NOT_FOUND, "no predictions of the model \"%s\" are on record", model);
	ok = ok && make_view(&r, view, error);
	reading_close(&r);
	return ok;
}

bool predlog_view_of(Engine *e, const char *state_folder, const char *model, const char *view,
        const PredLogChoice *choice, GError **error)
{
	Reading r;
	bool ok = reading_open(&r, e, state_folder, model, error);
	r.choice = choice;
	ok = ok && read_all(&r, error);
	if (ok && !r.tables->len && json_object_size(r.types) == G_N_ELEMENTS(META)) /* no version is announced */
		ok = fail(error, FAIL_NOT_FOUND, "no predictions of the model \"%s\" are on record", model);
	ok = ok && make_view(&r, view, error);
	reading_close(&r);
	return ok;
}

bool predlog_sealed(const char *state_folder, const char *model, GPtrArray **ret, GError **error)
{
	Reading r;
	bool ok = reading_open(&r, NULL, state_folder, model, error);
	g_autofree char *folder = ok ? model_folder(&r) : NULL;
	ok = ok && list_names(folder, ".parquet", ret, error);
	reading_close(&r);
	return ok;
}

static bool write_parquet(Reading *r, const char *name, GError **error)
{
	g_autofree char *folder = model_folder(r);
	g_autofree char *path = g_strdup_printf("%s/%s.parquet", folder, name);
	g_autofree char *temporary = g_strconcat(path, ".tmp", NULL);
	g_autofree char *query = g_strdup_printf("SELECT * FROM (%s) ORDER BY _gyre_time, _gyre_id", r->tables->str);
	if (!engine_write_parquet(r->e, query, temporary, error) || !file_sync(temporary, error))
		return false;
	if (rename(temporary, path) < 0)
		return fail_errno(error, errno, "cannot write %s", path);
	return file_sync(folder, error);
}

static bool seal_model(const char *state_folder, const char *journal, const char *name, const char *model,
        size_t memory_mb, int64_t *rows, GError **error)
{
	EngineLimits limits = {.threads = 1, .memory_mb = memory_mb};
	g_autoptr(Engine) e = NULL;
	Reading r;
	if (!engine_open(&limits, &e, error))
		return false;
	bool ok = reading_open(&r, e, state_folder, model, error) && read_journal(&r, journal, error) &&
	          (r.rows == 0 || write_parquet(&r, name, error));
	*rows += ok ? r.rows : 0;
	reading_close(&r);
	return ok;
}

/* All models that have rows in it, one after the other. */
static bool seal_models(
        const char *state_folder, const char *path, const char *name, size_t memory_mb, int64_t *rows, GError **error)
{
	g_autofree char *folder = g_build_filename(state_folder, "predictions", NULL);
	g_autoptr(GDir) dir = NULL;
	const char *entry;
	bool ok = open_folder(folder, &dir, error);
	while (ok && dir && (entry = g_dir_read_name(dir)))
		if (g_str_has_prefix(entry, "model="))
			ok = seal_model(state_folder, path, name, entry + strlen("model="), memory_mb, rows, error);
	return ok;
}

/* Held by its lock nobody writes it or seals it meanwhile; but another may have sealed and removed it between its opening and its lock. */
static bool is_held(int file)
{
	struct stat about;
	return flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &about) == 0 && about.st_nlink > 0;
}

static bool seal_journal(const char *state_folder, const char *name, size_t memory_mb, int64_t *rows, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s/predictions/journal/%s.jsonl", state_folder, name);
	int64_t sealed = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT || fail_errno(error, errno, "cannot read %s", path);
	bool ok = !is_held(file) ||
	          (seal_models(state_folder, path, name, memory_mb, &sealed, error) && file_remove(path, error));
	*rows += ok ? sealed : 0;
	close(file);
	return ok;
}

bool predlog_seal(const char *state_folder, size_t memory_mb, int64_t *ret_rows, GError **error)
{
	g_autofree char *folder = g_build_filename(state_folder, "predictions", "journal", NULL);
	g_autoptr(GPtrArray) journals = NULL;
	g_autoptr(GError) first = NULL;
	unsigned bad = 0;
	int64_t rows = 0;
	*ret_rows = 0;
	if (!list_names(folder, ".jsonl", &journals, error))
		return false;
	for (guint i = 0; i < journals->len; i++)
		bad += !seal_journal(state_folder, journals->pdata[i], memory_mb, &rows, first ? NULL : &first);
	*ret_rows = rows;
	if (!bad)
		return true;
	if (bad > 1)
		g_prefix_error(&first, "%u journals could not be sealed; the first: ", bad);
	g_propagate_error(error, g_steal_pointer(&first));
	return false;
}

bool predlog_renamed(const char *state_folder, const char *model, json_t **ret, GError **error)
{
	Reading r;
	bool ok = reading_open(&r, NULL, state_folder, model, error);
	if (ok)
		*ret = json_incref(r.renamed);
	reading_close(&r);
	return ok;
}

char *predlog_input_sql(const json_t *renamed, const char *name)
{
	g_autofree char *other = batch_name_is_taken(name) ? g_strconcat("input.", name, NULL) : NULL;
	const char *plain = other ? other : name;
	return sql_name(json_get_text(renamed, plain, plain));
}
