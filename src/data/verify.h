/* verify.h: the inside of the step `verify`: a table held to its schema and to a list of checks in one scan. */
#pragma once

#include "data/check.h"
#include "data/scan.h"
#include "data/schema_check.h"

typedef struct Verdict {
	Check check;
	CheckRule rule;            /* of a check that judges rows */
	char *path;                /* "data.checks[2]" */
	guint judged, bad, answer; /* questions of the scan */
	bool asks;                 /* a check of the table that has an answer */
	bool pass;
	int64_t rows_judged, rows_bad; /* -1: does not judge rows */
	char *sentence;
	json_t *examples;
} Verdict;

typedef struct Verify {
	Engine *e;
	const json_t *schema; /* expected; NULL: not held to one */
	const char *time, *now;
	json_t *actual; /* the table's own columns, owned */
	Scan *scan;
	GPtrArray *verdicts; /* of Verdict, owned */
	json_t *anomalies, *proposed;
	int64_t rows;
} Verify;

/* The table is the view "data"; numbered by "_gyre_row" it is the view "_gyre_numbered". */
#define VERIFY_TABLE "\"data\""
#define VERIFY_NUMBERED "\"_gyre_numbered\""

/* Makes the views over a Parquet file and reads its columns. */
bool verify_open(Verify *v, const char *snapshot, GError **error);
void verify_clear(Verify *v);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verify, verify_clear)

/* Evaluates all checks; fills verdicts, anomalies and rows. */
bool verify_run(Verify *v, const json_t *checks, GError **error);

/* SQL that is true for a row that check says is bad.  Free with g_free. */
char *verify_is_bad(const Verdict *verdict);

/* Collects the rows of all quarantine checks into the table "_gyre_bad" (_gyre_row, _gyre_reasons); ret_rows: how many. */
#define VERIFY_BAD "\"_gyre_bad\""
bool verify_collect(const Verify *v, int64_t *ret_rows, GError **error);

/* The "checks" list and the "schema" object of the step's output.  New references. */
json_t *verify_checks_json(const Verify *v);
json_t *verify_schema_json(const Verify *v);
