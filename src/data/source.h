/* source.h: where rows come from.  A SourceKind lists the files it reads, so that the pipeline can hash them, and opens them
 * as a view of the engine.
 *
 * In gyre.yaml: data.sources: {flights: {kind: file, path: data/flights.csv}}.  The files of all sources become the inputs
 * source.0, source.1, ... of the step `ingest`: sources by name, the files of one by name. */
#pragma once

#include "base/param.h"
#include "data/engine.h"

typedef struct SourceInput {
	const char *name;         /* of the view to make */
	const json_t *params;     /* filled by the kind's table */
	const char *const *paths; /* absolute or from the working folder; as many as files() gave */
	size_t path_count;        /* at least 1 */
} SourceInput;

typedef struct SourceKind {
	const char *name, *help;
	const Param *params; /* without "kind" */
	/* Adds the paths of the files to read, in order; relative ones start at `folder`.  One that is not there is
	 * FAIL_NOT_FOUND, a folder FAIL_INVALID. */
	bool (*files)(const char *folder, const json_t *params, GPtrArray *paths, GError **error);
	/* Makes a view of that name whose columns are of any type the engine knows; ret_rows: how many rows it has. */
	bool (*open)(Engine *e, const SourceInput *in, int64_t *ret_rows, GError **error);
} SourceKind;

extern const SourceKind *const SOURCE_KINDS[];   /* NULL-ended */
const SourceKind *source_kind(const char *name); /* NULL if there is none of that name */

/* Checks a block "sources" and reports every problem below `path` ("data.sources.flights.delimiter").  Returns the filled
 * block, {name: {"kind", ...}} (new reference), or NULL after a problem. */
json_t *sources_check(const char *path, const json_t *sources, ParamReport *report, void *context);

/* The files of a checked block, for the inputs of `ingest` and its param "files": paths in input order (strings, owned),
 * and {source: how many of them}, new reference. */
bool sources_files(const char *folder, const json_t *sources, GPtrArray *paths, json_t **ret_counts, GError **error);

/* Makes a view of each source of a checked block; paths: the files are added, for user_query_confine. */
bool sources_open(Engine *e, const char *folder, const json_t *sources, GPtrArray *paths, GError **error);
