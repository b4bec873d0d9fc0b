/* scan.h: many questions about a table, answered in one scan: each is an aggregate expression of SQL. */
#pragma once

#include "data/engine.h"

typedef struct Scan Scan;

Scan *scan_new(void);
void scan_free(Scan *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_free)

/* Asks "max(x)"; the number by which its answer is had.  Asking the same again costs nothing. */
guint scan_ask(Scan *s, const char *expression);
guint scan_askf(Scan *s, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Answers all questions over `from`, a table, view or "(query)". */
bool scan_run(Scan *s, Engine *e, const char *from, GError **error);

const json_t *scan_answer(const Scan *s, guint question); /* borrowed */
int64_t scan_count(const Scan *s, guint question);        /* 0 for null */
