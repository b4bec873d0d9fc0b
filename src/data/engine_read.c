/* engine_read.c: query results as frames.
 *
 * DuckDB hands out chunks of up to 2,048 rows; a reader gathers them into frames of the size asked for.  Each column has
 * one filler, chosen by its SQL type when the reader is made: it copies a chunk's values behind what the frame has. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "data/engine_internal.h"

enum { DEFAULT_ROWS = 65536, FRAME_BYTES = 64 << 20 }; /* wide tables come in shorter frames */

typedef struct Source Source;
/* Copies rows values of a vector to a column from row `at` on; validity is dealt with by the caller. */
typedef bool Fill(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid);

struct Source {
	char *name;
	ColumnType type;
	Fill *fill;
	Dictionary *dictionary;
	double scale;        /* decimals: 10^-scale; times: microseconds per unit */
	duckdb_type inner;   /* decimals and enums: how they are kept */
	uint32_t *codes;     /* enums: dictionary code of each member */
	const char *problem; /* set when a fill returns false */
};

struct FrameReader {
	duckdb_prepared_statement statement;
	duckdb_result result;
	duckdb_data_chunk chunk; /* NULL: none at hand */
	size_t chunk_at;         /* rows of it already taken */
	size_t rows;             /* wanted per frame */
	Source *sources;
	size_t columns;
	bool has_result;
};

#define FILL_NUMBER(name, from, to, field)                                                                             \
	static bool fill_##name(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid) \
	{                                                                                                              \
		const from *in = data;                                                                                 \
		to *out = c->field + at;                                                                               \
		(void)s;                                                                                               \
		(void)valid;                                                                                           \
		for (size_t i = 0; i < rows; i++)                                                                      \
			out[i] = (to)in[i];                                                                            \
		return true;                                                                                           \
	}
FILL_NUMBER(bool, uint8_t, uint8_t, bools)
FILL_NUMBER(int8, int8_t, int64_t, ints)
FILL_NUMBER(int16, int16_t, int64_t, ints)
FILL_NUMBER(int32, int32_t, int64_t, ints)
FILL_NUMBER(int64, int64_t, int64_t, ints)
FILL_NUMBER(uint8, uint8_t, int64_t, ints)
FILL_NUMBER(uint16, uint16_t, int64_t, ints)
FILL_NUMBER(uint32, uint32_t, int64_t, ints)
FILL_NUMBER(uint64, uint64_t, double, reals)
FILL_NUMBER(float, float, double, reals)
FILL_NUMBER(double, double, double, reals)

static bool fill_hugeint(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid)
{
	const duckdb_hugeint *in = data;
	(void)s;
	(void)valid;
	for (size_t i = 0; i < rows; i++)
		c->reals[at + i] = duck.hugeint_to_double(in[i]);
	return true;
}

static double decimal_value(const Source *s, const void *data, size_t i)
{
	switch (s->inner) {
	case DUCKDB_TYPE_SMALLINT:
		return ((const int16_t *)data)[i];
	case DUCKDB_TYPE_INTEGER:
		return ((const int32_t *)data)[i];
	case DUCKDB_TYPE_BIGINT:
		return (double)((const int64_t *)data)[i];
	default:
		return duck.hugeint_to_double(((const duckdb_hugeint *)data)[i]);
	}
}

/* Divided by the power of ten, not multiplied by its inverse: 123 / 100 is the double nearest to 1.23. */
static bool fill_decimal(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid)
{
	(void)valid;
	for (size_t i = 0; i < rows; i++)
		c->reals[at + i] = decimal_value(s, data, i) / s->scale;
	return true;
}

static bool is_valid(const uint64_t *valid, size_t i)
{
	return !valid || (valid[i / 64] >> (i % 64) & 1);
}

/* 64-bit times: scale > 0 multiplies (seconds, milliseconds), < 0 divides (nanoseconds). */
static bool fill_time(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid)
{
	const int64_t *in = data;
	int64_t factor = (int64_t)fabs(s->scale);
	for (size_t i = 0; i < rows; i++) {
		if (!is_valid(valid, i))
			continue;
		if (s->scale < 0) {
			c->ints[at + i] = in[i] / factor - (in[i] % factor < 0);
		} else if (__builtin_mul_overflow(in[i], factor, &c->ints[at + i])) {
			s->problem = "a time is beyond the years -290308 to 294247";
			return false;
		}
	}
	return true;
}

static bool fill_date(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid)
{
	const int32_t *in = data;
	(void)s;
	(void)valid;
	for (size_t i = 0; i < rows; i++)
		c->ints[at + i] = (int64_t)in[i] * 86400 * 1000000;
	return true;
}

static bool fill_text(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid)
{
	const duckdb_string_t *in = data;
	for (size_t i = 0; i < rows; i++) {
		if (!is_valid(valid, i))
			continue;
		size_t length = in[i].value.inlined.length;
		const char *text = length <= 12 ? in[i].value.inlined.inlined : in[i].value.pointer.ptr;
		if (length > LIMIT_CELL_BYTES) {
			s->problem = "a text is longer than 16 MiB";
			return false;
		}
		c->codes[at + i] = dictionary_code(s->dictionary, text, strnlen(text, length));
	}
	if (dictionary_size(s->dictionary) <= LIMIT_DICTIONARY)
		return true;
	s->problem = "more than 50,000,000 distinct texts";
	return false;
}

static bool fill_enum(Source *s, const void *data, size_t rows, Column *c, size_t at, const uint64_t *valid)
{
	for (size_t i = 0; i < rows; i++) {
		if (!is_valid(valid, i))
			continue;
		uint32_t member = s->inner == DUCKDB_TYPE_UTINYINT    ? ((const uint8_t *)data)[i]
		                  : s->inner == DUCKDB_TYPE_USMALLINT ? ((const uint16_t *)data)[i]
		                                                      : ((const uint32_t *)data)[i];
		c->codes[at + i] = s->codes[member];
	}
	return true;
}

/* The five types for DuckDB's; types that are not here (lists, structs, blobs, intervals) have no column. */
static const struct {
	duckdb_type sql;
	ColumnType type;
	Fill *fill;
	double scale;
} TYPES[] = {
        {DUCKDB_TYPE_BOOLEAN, COLUMN_BOOL, fill_bool, 0},
        {DUCKDB_TYPE_TINYINT, COLUMN_INT, fill_int8, 0},
        {DUCKDB_TYPE_SMALLINT, COLUMN_INT, fill_int16, 0},
        {DUCKDB_TYPE_INTEGER, COLUMN_INT, fill_int32, 0},
        {DUCKDB_TYPE_BIGINT, COLUMN_INT, fill_int64, 0},
        {DUCKDB_TYPE_UTINYINT, COLUMN_INT, fill_uint8, 0},
        {DUCKDB_TYPE_USMALLINT, COLUMN_INT, fill_uint16, 0},
        {DUCKDB_TYPE_UINTEGER, COLUMN_INT, fill_uint32, 0},
        {DUCKDB_TYPE_UBIGINT, COLUMN_REAL, fill_uint64, 0},
        {DUCKDB_TYPE_HUGEINT, COLUMN_REAL, fill_hugeint, 0},
        {DUCKDB_TYPE_FLOAT, COLUMN_REAL, fill_float, 0},
        {DUCKDB_TYPE_DOUBLE, COLUMN_REAL, fill_double, 0},
        {DUCKDB_TYPE_DECIMAL, COLUMN_REAL, fill_decimal, 0},
        {DUCKDB_TYPE_VARCHAR, COLUMN_TEXT, fill_text, 0},
        {DUCKDB_TYPE_ENUM, COLUMN_TEXT, fill_enum, 0},
        {DUCKDB_TYPE_DATE, COLUMN_TIME, fill_date, 0},
        {DUCKDB_TYPE_TIMESTAMP, COLUMN_TIME, fill_time, 1},
        {DUCKDB_TYPE_TIMESTAMP_TZ, COLUMN_TIME, fill_time, 1},
        {DUCKDB_TYPE_TIMESTAMP_S, COLUMN_TIME, fill_time, 1e6},
        {DUCKDB_TYPE_TIMESTAMP_MS, COLUMN_TIME, fill_time, 1e3},
        {DUCKDB_TYPE_TIMESTAMP_NS, COLUMN_TIME, fill_time, -1e3},
};

static int type_index(duckdb_type sql)
{
	for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++)
		if (TYPES[i].sql == sql)
			return (int)i;
	return -1;
}

static void learn_decimal(Source *s, duckdb_logical_type type)
{
	s->inner = duck.decimal_internal_type(type);
	s->scale = 1;
	for (unsigned i = 0; i < duck.decimal_scale(type); i++)
		s->scale *= 10;
}

static void learn_enum(Source *s, duckdb_logical_type type)
{
	uint32_t members = duck.enum_dictionary_size(type);
	s->inner = duck.enum_internal_type(type);
	s->codes = g_new(uint32_t, MAX(members, 1u));
	for (uint32_t i = 0; i < members; i++) {
		char *text = duck.enum_dictionary_value(type, i);
		s->codes[i] = dictionary_code(s->dictionary, text, strlen(text));
		duck.free(text);
	}
}

static bool source_init(Source *s, const char *name, duckdb_logical_type type, GError **error)
{
	int i = type_index(duck.get_type_id(type));
	if (i < 0)
		return fail(error, FAIL_INVALID,
		        "column \"%s\" has a type that is no bool, number, text or time; cast it in data.query", name);
	s->name = g_strdup(name);
	s->type = TYPES[i].type;
	s->fill = TYPES[i].fill;
	s->scale = TYPES[i].scale;
	if (s->type == COLUMN_TEXT)
		s->dictionary = dictionary_new();
	if (TYPES[i].sql == DUCKDB_TYPE_DECIMAL)
		learn_decimal(s, type);
	if (TYPES[i].sql == DUCKDB_TYPE_ENUM)
		learn_enum(s, type);
	return true;
}

static bool init_sources(FrameReader *r, GError **error)
{
	idx_t columns = duck.column_count(&r->result);
	if (columns > LIMIT_COLUMNS)
		return fail(error, FAIL_LIMIT, "%u columns; at most %d are read", (unsigned)columns, LIMIT_COLUMNS);
	r->sources = g_new0(Source, MAX(columns, (idx_t)1));
	for (; r->columns < columns; r->columns++) {
		duckdb_logical_type type = duck.column_logical_type(&r->result, r->columns);
		bool ok = source_init(&r->sources[r->columns], duck.column_name(&r->result, r->columns), type, error);
		duck.destroy_logical_type(&type);
		if (!ok)
			return false;
	}
	return true;
}

static bool start(Engine *e, const char *sql, FrameReader *r, GError **error)
{
	if (duck.prepare(e->connection, sql, &r->statement) != DuckDBSuccess)
		return engine_fail(error, duck.prepare_error(r->statement));
	duckdb_pending_result pending = NULL;
	bool ok = duck.pending_prepared_streaming(r->statement, &pending) == DuckDBSuccess;
	if (!ok) {
		engine_fail(error, duck.pending_error(pending));
	} else {
		r->has_result = true;
		ok = engine_execute(pending, &r->result, error);
	}
	duck.destroy_pending(&pending);
	return ok && init_sources(r, error);
}

bool engine_read(Engine *e, const char *sql, size_t rows, FrameReader **ret, GError **error)
{
	g_autoptr(FrameReader) r = g_new0(FrameReader, 1);
	if (!start(e, sql, r, error))
		return false;
	size_t fitting = FRAME_BYTES / (8 * MAX(r->columns, (size_t)1));
	r->rows = rows ? rows : CLAMP(fitting, (size_t)2048, (size_t)DEFAULT_ROWS);
	*ret = g_steal_pointer(&r);
	return true;
}

void frame_reader_free(FrameReader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->columns; i++) {
		g_free(r->sources[i].name);
		g_free(r->sources[i].codes);
		dictionary_unref(r->sources[i].dictionary);
	}
	g_free(r->sources);
	if (r->chunk)
		duck.destroy_data_chunk(&r->chunk);
	if (r->has_result)
		duck.destroy_result(&r->result);
	duck.destroy_prepare(&r->statement);
	g_free(r);
}

/* Makes sure there is a chunk with rows left; false at the end or on an error. */
static bool have_chunk(FrameReader *r, GError **error)
{
	while (!r->chunk || r->chunk_at == duck.data_chunk_get_size(r->chunk)) {
		if (r->chunk)
			duck.destroy_data_chunk(&r->chunk);
		r->chunk_at = 0;
		r->chunk = duck.fetch_chunk(r->result);
		if (!r->chunk) {
			const char *message = duck.result_error(&r->result);
			if (message && *message)
				engine_fail(error, message);
			return false;
		}
	}
	return true;
}

static void copy_validity(const uint64_t *valid, size_t rows, Column *c, size_t at)
{
	if (!valid)
		return;
	for (size_t i = 0; i < rows; i++)
		if (!is_valid(valid, i)) {
			column_set_missing(c, at + i);
			if (c->type == COLUMN_INT || c->type == COLUMN_TIME)
				c->ints[at + i] = 0;
		}
}

/* A whole chunk is taken at once, so vectors are always read from their start. */
static bool take_chunk(FrameReader *r, Frame *f, size_t at, size_t rows, GError **error)
{
	for (size_t i = 0; i < r->columns; i++) {
		Source *s = &r->sources[i];
		Column *c = f->columns->pdata[i];
		duckdb_vector vector = duck.data_chunk_get_vector(r->chunk, i);
		const uint64_t *valid = duck.vector_get_validity(vector);
		if (!s->fill(s, duck.vector_get_data(vector), rows, c, at, valid))
			return fail(error, FAIL_LIMIT, "column \"%s\": %s", s->name, s->problem);
		copy_validity(valid, rows, c, at);
	}
	r->chunk_at = rows;
	return true;
}

static void shrink(Frame *f, size_t rows)
{
	f->rows = rows;
	for (guint i = 0; i < f->columns->len; i++)
		((Column *)f->columns->pdata[i])->rows = rows;
}

/* Two columns of one name (a join's) keep the first; the engine's own snapshot step refuses them earlier. */
static Frame *empty_frame(const FrameReader *r, size_t rows)
{
	Frame *f = frame_new(rows);
	for (size_t i = 0; i < r->columns; i++)
		g_ptr_array_add(
		        f->columns, column_new(r->sources[i].name, r->sources[i].type, rows, r->sources[i].dictionary));
	return f;
}

bool frame_reader_next(FrameReader *r, Frame **ret, GError **error)
{
	GError *problem = NULL;
	*ret = NULL;
	if (!have_chunk(r, &problem)) {
		if (problem)
			g_propagate_error(error, problem);
		return problem == NULL;
	}
	g_autoptr(Frame) f = empty_frame(r, MAX(r->rows, (size_t)duck.data_chunk_get_size(r->chunk)));
	size_t at = 0;
	while (have_chunk(r, &problem)) {
		size_t rows = duck.data_chunk_get_size(r->chunk);
		if (at + rows > f->rows)
			break;
		if (!take_chunk(r, f, at, rows, error))
			return false;
		at += rows;
	}
	if (problem) {
		g_propagate_error(error, problem);
		return false;
	}
	shrink(f, at);
	*ret = g_steal_pointer(&f);
	return true;
}

static size_t width_of(const Column *c)
{
	return c->type == COLUMN_BOOL ? 1 : c->type == COLUMN_TEXT ? 4 : 8;
}

static void join_column(Column *into, GPtrArray *frames, guint index)
{
	size_t at = 0, width = width_of(into);
	for (guint k = 0; k < frames->len; k++) {
		const Frame *part = frames->pdata[k];
		const Column *c = part->columns->pdata[index];
		memcpy((char *)into->values + at * width, c->values, c->rows * width);
		if (c->missing && !into->missing)
			into->missing = g_malloc0(into->rows);
		if (c->missing)
			memcpy(into->missing + at, c->missing, c->rows);
		at += c->rows;
	}
}

static Frame *join_frames(const FrameReader *r, GPtrArray *frames, size_t rows)
{
	Frame *all = empty_frame(r, rows);
	for (guint i = 0; i < all->columns->len; i++)
		join_column(all->columns->pdata[i], frames, i);
	return all;
}

bool engine_frame(Engine *e, const char *sql, Frame **ret, GError **error)
{
	g_autoptr(FrameReader) r = NULL;
	if (!engine_read(e, sql, 2048, &r, error))
		return false;
	g_autoptr(GPtrArray) frames = g_ptr_array_new_with_free_func((GDestroyNotify)frame_free);
	size_t rows = 0;
	for (;;) {
		Frame *f;
		if (!frame_reader_next(r, &f, error))
			return false;
		if (!f)
			break;
		rows += f->rows;
		g_ptr_array_add(frames, f);
		r->rows = MIN(rows, (size_t)DEFAULT_ROWS);
	}
	*ret = join_frames(r, frames, rows);
	return true;
}

static json_t *describe_column(const char *name, duckdb_logical_type type)
{
	int i = type_index(duck.get_type_id(type));
	return json_pack(
	        "{s:s,s:o}", "name", name, "type", i < 0 ? json_null() : json_string(column_type_name(TYPES[i].type)));
}

bool engine_describe(Engine *e, const char *sql, json_t **ret, GError **error)
{
	duckdb_prepared_statement statement = NULL;
	bool ok = duck.prepare(e->connection, sql, &statement) == DuckDBSuccess;
	if (!ok)
		engine_fail(error, duck.prepare_error(statement));
	json_t *columns = json_array();
	for (idx_t i = 0; ok && i < duck.prepared_statement_column_count(statement); i++) {
		const char *name = duck.prepared_statement_column_name(statement, i);
		duckdb_logical_type type = duck.prepared_statement_column_logical_type(statement, i);
		json_array_append_new(columns, describe_column(name, type));
		duck.destroy_logical_type(&type);
		duck.free((void *)name);
	}
	duck.destroy_prepare(&statement);
	if (!ok) {
		json_decref(columns);
		return false;
	}
	*ret = columns;
	return true;
}
