/* migration_retention.c: up to when the details of measured windows have been taken away (us, by when they were measured). */
#include "store/migrations.h"

const char MIGRATION_RETENTION[] = "ALTER TABLE monitor_scopes ADD COLUMN pruned BIGINT NOT NULL DEFAULT 0;"
                                   "CREATE INDEX monitor_windows_by_measured ON monitor_windows (model, measured);"
                                   "CREATE INDEX alarm_points_by_window ON alarm_points (window_id);";
