/* engine.h: the data engine: DuckDB in memory, behind SQL and frames.
 *
 * The library is opened when first needed, so commands that touch no data start in a millisecond.  Only engine*.c know its
 * calls.  An Engine belongs to one thread (it uses several inside). */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "data/frame.h"

typedef struct Engine Engine;

typedef struct EngineLimits {
	unsigned threads;    /* 0: as many as the machine has */
	size_t memory_mb;    /* 0: DuckDB's own default; above it spills into scratch */
	const char *scratch; /* folder for spilling; NULL: none */
} EngineLimits;

bool engine_open(const EngineLimits *limits, Engine **ret, GError **error);
void engine_close(Engine *e);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_close)

/* The engine's library version, "v1.4.4"; FAIL_UNAVAILABLE when the library is not found. */
bool engine_version(char **ret, GError **error);

/* Runs statements (several, split by ;) and drops their result.  Errors of the engine are put in its words, first line. */
bool engine_run(Engine *e, const char *sql, GError **error);
bool engine_runf(Engine *e, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A small result as an array of objects by column name; NaN and NULL are null, times ISO texts. */
bool engine_rows(Engine *e, const char *sql, json_t **ret, GError **error);
/* Its first row, or FAIL_NOT_FOUND. */
bool engine_row(Engine *e, const char *sql, json_t **ret, GError **error);

/* The columns of a query without running it: [{"name", "type": our name}].  A type that is none of the five (lists,
 * structs, blobs) has "type": null. */
bool engine_describe(Engine *e, const char *sql, json_t **ret, GError **error);

/* The result of a query in frames of at most `rows` rows (0: 65,536), in the query's order, streamed: memory does not grow
 * with the result.  Smaller ints become int64, floats and decimals double, dates and all timestamps times, enums text. */
typedef struct FrameReader FrameReader;
bool engine_read(Engine *e, const char *sql, size_t rows, FrameReader **ret, GError **error);
bool frame_reader_next(FrameReader *r, Frame **ret, GError **error); /* *ret NULL at the end */
void frame_reader_free(FrameReader *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrameReader, frame_reader_free)

/* The whole result in one frame. */
bool engine_frame(Engine *e, const char *sql, Frame **ret, GError **error);

/* Appends frames to a table made from the first one; then it can be queried or written out.  */
bool engine_append(Engine *e, const char *table, const Frame *rows, GError **error);

/* Writes a query's result as Parquet (zstd, fixed row groups): same rows in the same order, same bytes, on any number of
 * threads. */
bool engine_write_parquet(Engine *e, const char *query, const char *path, GError **error);

/* What the engine calls a column of this type: "BIGINT". */
const char *column_sql_type(ColumnType type);

/* Quoting: "a""b" for names, 'it''s' for texts.  Free with g_free. */
char *sql_name(const char *name);
char *sql_text(const char *text);
/* The path of one file to read, as a text: the engine takes what it reads for a pattern, so in "part[1].csv" what would be one is
 * put in brackets.  Paths to write to are plain texts. */
char *sql_path(const char *path);
/* read_parquet('path', ...): the file's own columns and no more, also where a folder's name looks like a partition (year=2024). */
char *sql_parquet(const char *path);
