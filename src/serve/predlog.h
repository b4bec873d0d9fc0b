/* predlog.h: the prediction log: what was asked, what was answered, by which version: what monitoring stands on.
 *
 * In the project's state folder:
 *
 *     predictions/journal/TIME-ID.jsonl          being written, or not sealed yet: a line a row
 *     predictions/model=NAME/TIME-ID.parquet     sealed, a table a model
 *     predictions/model=NAME/VERSION.json        [{"name", "type"}...]: the columns of that version's rows
 *
 * A row, in either form, has these columns, then the model's inputs under their own names:
 *
 *     _gyre_id text          the prediction's id: the request's, with "/ROW" behind it when the request had several rows
 *     _gyre_time time        when it was answered, or the time a trusted caller gave it (a replay)
 *     _gyre_arrived time     when it was answered, where the caller gave the time
 *     _gyre_version int      the version that answered
 *     _gyre_route text       "stable", "version" where the call named one; "canary" and "shadow": serve/deployment.h
 *     _gyre_protocol text    (http/site.h)
 *     _gyre_latency_us int   from the whole request to its scores, the same for all rows of a request
 *     _gyre_error text       why it was refused; then nothing below is there
 *     prediction             the label, or the number
 *     probability_LABEL real for each class
 *
 * An input whose name begins like one of those is called "input.NAME".  Names that differ only in case would be one column to the
 * engine: of two such, the later one (by version, then by place) has "_2" behind it, or the next number that is free.
 *
 * A journal's line is that row as a JSON object, with "_gyre_model".  Times are microseconds. */
#pragma once

#include "data/engine.h"
#include "serve/batch.h"
#include "serve/journal.h"
#include "serve/predict.h"

typedef struct PredLog PredLog;

typedef struct PredLogOptions {
	const char *state_folder;
	double share;      /* of requests that are kept, by a hash of their id; errors always are */
	unsigned flush_ms; /* see JournalOptions */
	void (*left)(void *context);
	void (*tell)(const char *sentence);
	void *context;
} PredLogOptions;

bool predlog_open(const PredLogOptions *options, PredLog **ret, GError **error);
void predlog_close(PredLog *l);

/* Rows of this version may come: writes down its columns. */
bool predlog_announce(PredLog *l, const Served *s, GError **error);

typedef struct PredLogEntry {
	const char *id, *protocol, *route;
	int64_t begun; /* us, monotonic */
	int64_t time;  /* us UTC that the caller gave it */
	bool is_timed; /* false: now */
} PredLogEntry;

/* Is the request with this id kept? */
bool predlog_keeps(PredLog *l, const char *id);
void predlog_add(PredLog *l, const PredLogEntry *e, const Scores *s, const Batch *inputs);
void predlog_add_error(PredLog *l, const PredLogEntry *e, const Served *s, const char *sentence);

/* Rows, since the start. */
typedef struct PredLogCounts {
	uint64_t logged, sampled_out, dropped;
} PredLogCounts;
PredLogCounts predlog_counts(const PredLog *l);
void predlog_sample_out(PredLog *l, size_t rows);

/* Makes the journals nobody writes any more into Parquet.  *ret_rows: how many rows.  memory_mb: of the engine.  One that cannot be
 * read keeps no other from being sealed: it stays, and is the error. */
bool predlog_seal(const char *state_folder, size_t memory_mb, int64_t *ret_rows, GError **error);

/* Makes `view` in the engine: all rows of a model, sealed or not.  FAIL_NOT_FOUND: none. */
bool predlog_view(Engine *e, const char *state_folder, const char *model, const char *view, GError **error);

/* The same of a part of the sealed files, and of what is not sealed yet; where none of them has a row, the view has none either.  name: of a
 * file without its ending, as predlog_sealed has it.  Its last change is after every row in it came. */
typedef struct PredLogChoice {
	bool (*wants)(const char *name, const char *path, void *context);
	void *context;
	/* Called first: SQL of the rows that are not sealed, to be asked in the engine; NULL: there are none.  May be NULL. */
	bool (*unsealed)(Engine *e, const char *rows, void *context, GError **error);
} PredLogChoice;
bool predlog_view_of(Engine *e, const char *state_folder, const char *model, const char *view,
        const PredLogChoice *choice, GError **error);

/* Names of the sealed files of a model, in the order in which they were begun.  A file's rows never change. */
bool predlog_sealed(const char *state_folder, const char *model, GPtrArray **ret, GError **error);
/* Free with g_free. */
char *predlog_sealed_path(const char *state_folder, const char *model, const char *name);

/* {name: column} where an input or output of any version has a column of another name (case, reserved words).  Empty as a rule. */
bool predlog_renamed(const char *state_folder, const char *model, json_t **ret, GError **error);

/* The column of an input, quoted for SQL.  renamed: as above.  Free with g_free. */
char *predlog_input_sql(const json_t *renamed, const char *name);
