/* migrations.h: how the tables came to be, one text of SQL after the other.
 *
 * Entry i takes a database from version i to version i+1, in one transaction.  An entry that was released is never changed:
 * append another one (a file migration_NAME.c with its text, and a line in migrations.c).  Only what every database
 * understands: see meta.h. */
#pragma once

typedef struct Migration {
	const char *name; /* lower case, for people; NULL ends the table */
	const char *sql;  /* statements, each ended by a semicolon */
} Migration;

extern const Migration MIGRATIONS[];

extern const char MIGRATION_TRACK[];
extern const char MIGRATION_REGISTRY[];
extern const char MIGRATION_PIPELINE[];
extern const char MIGRATION_OUTCOMES[];
extern const char MIGRATION_SEARCH[];
extern const char MIGRATION_PATHS[];
extern const char MIGRATION_DEPLOYMENTS[];
extern const char MIGRATION_MONITOR[];
extern const char MIGRATION_KPI[];
extern const char MIGRATION_TOKENS[];
extern const char MIGRATION_RETRAIN[];
extern const char MIGRATION_ALARMS[];
extern const char MIGRATION_CONCEPT[];
extern const char MIGRATION_ONLINE[];
extern const char MIGRATION_PLACES[];
extern const char MIGRATION_SCOPES[];
extern const char MIGRATION_RETENTION[];
