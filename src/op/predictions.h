/* predictions.h: where scored rows go: a CSV or Parquet file, standard output, or JSON. */
#pragma once

#include "data/engine.h"
#include "model/bundle.h"

typedef struct Sink Sink;

/* path NULL: JSON is gathered (sink_take_json) when as_json, else CSV goes to standard output.  A path ending in .parquet is
 * Parquet, anything else CSV; the file appears under its name only when it is whole.  e is used for Parquet. */
bool sink_open(Engine *e, const Bundle *b, const char *path, bool as_json, Sink **ret, GError **error);
/* rows: the input's columns; scores: rows x outputs. */
bool sink_add(Sink *s, const Frame *rows, const double *scores, GError **error);
bool sink_finish(Sink *s, GError **error);
/* [{"prediction", "probabilities": {label: p}}...] or [{"prediction": number}...]; new reference. */
json_t *sink_take_json(Sink *s);
void sink_free(Sink *s); /* an unfinished file is removed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sink, sink_free)
