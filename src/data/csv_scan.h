/* csv_scan.h: a walk over the bytes of a delimited file, record by record: enough to read a header, find the delimiter and say
 * where a file is broken.  Rows are read by the engine, not by this. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct CsvRecord {
	size_t fields;
	uint64_t line;      /* where it begins; 1-based */
	uint64_t last_line; /* where it ends: later when a quoted field has line ends */
	size_t longest;     /* bytes of its longest field */
	bool stray_quote;   /* text behind a closing quote: a"b is fine, "a"b is not */
	bool open_quote;    /* the file ended inside a quoted field */
	bool blank;         /* no byte at all */
	GPtrArray *texts;   /* the fields' texts if asked for, else NULL; owned by the scan */
} CsvRecord;

typedef struct CsvScan {
	const char *at, *end;
	char delimiter;
	uint64_t line;
	GPtrArray *texts;            /* set to keep the texts of fields */
	uint64_t crlf_line, lf_line; /* the first line that ended so, 0: none did */
} CsvScan;

/* The next record, false at the end.  The buffer must outlive the scan. */
bool csv_scan_next(CsvScan *s, CsvRecord *ret);
