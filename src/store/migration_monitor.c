/* migration_monitor.c: windows of predictions that were measured, and what was found in them.
 *
 * outcome_changes is the sum over a window's outcomes of how often each was said: it grows whenever one comes or is corrected, so
 * that a window can be measured again without asking a clock. */
#include "store/migrations.h"

const char MIGRATION_MONITOR[] = "CREATE TABLE monitor_windows ("
                                 "	id TEXT PRIMARY KEY,"
                                 "	model TEXT NOT NULL,"
                                 "	version BIGINT NOT NULL,"
                                 "	route TEXT NOT NULL,"
                                 "	begin_at BIGINT NOT NULL,"
                                 "	end_at BIGINT NOT NULL,"
                                 "	\"rows\" BIGINT NOT NULL,"
                                 "	outcomes BIGINT NOT NULL,"
                                 "	outcome_changes BIGINT NOT NULL,"
                                 "	measured BIGINT NOT NULL,"
                                 "	revision BIGINT NOT NULL);"

                                 "CREATE INDEX monitor_windows_by_time ON monitor_windows (model, begin_at);"

                                 "CREATE TABLE monitor_findings ("
                                 "	window_id TEXT NOT NULL,"
                                 "	place BIGINT NOT NULL,"
                                 "	look TEXT NOT NULL,"
                                 "	measure TEXT NOT NULL,"
                                 "	subject TEXT NOT NULL,"
                                 "	value DOUBLE PRECISION,"
                                 "	limit_value DOUBLE PRECISION,"
                                 "	p DOUBLE PRECISION,"
                                 "	state TEXT NOT NULL,"
                                 "	evidence TEXT,"
                                 "	PRIMARY KEY (window_id, place));";
