/* history.h: what was measured, window by window, read back from the store.
 *
 * A window measured again (late rows, outcomes that came later) has a higher revision; only its newest findings are kept. */
#pragma once

#include "store/meta.h"

/* Windows that end after `since` (us), the newest first, at most `limit`; model NULL: of all models.
 * [{"id","model","version","route","begin","end","rows","outcomes","measured","revision"}], times in us; outcomes: rows whose
 * outcome is known; revision 1: measured once. */
bool history_windows(Meta *m, const char *model, int64_t since, int limit, json_t **ret, GError **error);
/* One of them; FAIL_NOT_FOUND.  The id may be shortened to where only one window has it. */
bool history_window(Meta *m, const char *id, json_t **ret, GError **error);
/* The last windows of one version and route before `begin`, the newest first. */
bool history_before(Meta *m, const char *model, int version, const char *route, int64_t begin, int limit, json_t **ret,
        GError **error);

/* [{"look","measure","subject","value","limit","p","state": "ok" | "warning" | "alarm" | "too_few","evidence"}], as the looks left
 * them. */
bool history_findings(Meta *m, const char *window_id, json_t **ret, GError **error);

typedef struct HistoryQuery {
	const char *model;
	const char *look, *measure, *subject, *route; /* NULL: any */
	int version;                                  /* 0: any */
	int64_t since;                                /* us: windows that end after it */
	int limit;                                    /* points, the newest */
} HistoryQuery;

/* Findings from window to window, the oldest first: [{"begin","end","version","route","look","measure","subject","value"|null,
 * "limit"|null,"low"|null,"high"|null,"p"|null,"state"}]. */
bool history_points(Meta *m, const HistoryQuery *q, json_t **ret, GError **error);
