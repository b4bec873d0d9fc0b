/* migrations.c: the list.  Append only. */
#include "store/migrations.h"

#include <stddef.h>

const Migration MIGRATIONS[] = {
        {"track", MIGRATION_TRACK},
        {"registry", MIGRATION_REGISTRY},
        {"pipeline", MIGRATION_PIPELINE},
        {"outcomes", MIGRATION_OUTCOMES},
        {"search", MIGRATION_SEARCH},
        {"paths", MIGRATION_PATHS},
        {"deployments", MIGRATION_DEPLOYMENTS},
        {"monitor", MIGRATION_MONITOR},
        {"kpi", MIGRATION_KPI},
        {"tokens", MIGRATION_TOKENS},
        {"retrain", MIGRATION_RETRAIN},
        {"alarms", MIGRATION_ALARMS},
        {"concept", MIGRATION_CONCEPT},
        {"online", MIGRATION_ONLINE},
        {"places", MIGRATION_PLACES},
        {"scopes", MIGRATION_SCOPES},
        {"retention", MIGRATION_RETENTION},
        {NULL, NULL},
};
