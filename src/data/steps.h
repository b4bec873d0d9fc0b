/* steps.h: the steps of this folder and what they leave behind.
 *
 * ingest.  Inputs source.0, source.1, ... as sources_files (source.h) lists them.  Outputs:
 *   snapshot  the rows as Parquet, in the five types of canonical.h.  The same rows have the same bytes, from whatever
 *             format, number of files and number of threads
 *   schema    the schema inferred from them (schema.h)
 *   ingest    {"rows", "columns": [{"name", "type", "missing"}], "bytes" (of the snapshot),
 *              "sources": {name: {"kind", "files": how many, "rows"}}}
 *
 * verify.  Inputs snapshot, schema (the project's, or the one just inferred).  Outputs:
 *   good        the rows that may be used; the very bytes of the snapshot when no row was moved
 *   quarantine  the rows moved away, with two columns more: _gyre_row, the row's 0-based number in the snapshot, and
 *               _gyre_reasons, all reasons joined by "; "
 *   checks      {"pass", "rows_in", "rows_out", "quarantined", "warnings",
 *                "schema": {"pass", "anomalies": (schema_check.h), "proposed": the schema without anomalies | null},
 *                "checks": [{"check", "column" | null, "policy", "pass", "rows_judged" | null, "rows_bad" | null,
 *                            "fraction_bad" | null, "examples": [at most 5 of the most frequent bad values],
 *                            "sentence", "sql": how to see the bad rows of the table "data" | null}]}
 * A check of policy fail that does not pass fails the step, as does an anomaly of severity fail unless the param `schema` says
 * otherwise; the error then has the sentence of each.
 *
 * outer.  Input train (split.h), with folds.  For nested cross-validation (eval/nested.h).  Outputs:
 *   train  the rows that teach in the fold that is set aside; their folds are the other ones, counted anew, as far as there are rows
 *          to judge and to learn from
 *   test   the rows judged in it */
#pragma once

#include "data/split.h"
#include "pipeline/step.h"

extern const StepKind STEP_INGEST, STEP_VERIFY, STEP_OUTER;
