/* migration_kpi.c: business figures that are measured elsewhere: the newest word for a time, version and route wins. */
#include "store/migrations.h"

const char MIGRATION_KPI[] = "CREATE TABLE kpi_values ("
                             "	model TEXT NOT NULL,"
                             "	name TEXT NOT NULL,"
                             "	at BIGINT NOT NULL,"
                             "	version TEXT NOT NULL,"
                             "	route TEXT NOT NULL,"
                             "	value DOUBLE PRECISION,"
                             "	received BIGINT NOT NULL,"
                             "	PRIMARY KEY (model, name, at, version, route));";
