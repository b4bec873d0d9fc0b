/* migration_search.c: studies of programs that ask and tell, and their trials.
 *
 * A trial is kept as the JSON of search/study.h, whole: what is asked is always the study with all its trials. */
#include "store/migrations.h"

const char MIGRATION_SEARCH[] = "CREATE TABLE studies ("
                                "	name TEXT PRIMARY KEY,"
                                "	space TEXT NOT NULL,"
                                "	settings TEXT NOT NULL,"
                                "	created BIGINT NOT NULL);"

                                "CREATE TABLE study_trials ("
                                "	study TEXT NOT NULL REFERENCES studies (name),"
                                "	number BIGINT NOT NULL,"
                                "	trial TEXT NOT NULL,"
                                "	asked BIGINT NOT NULL,"
                                "	told BIGINT,"
                                "	PRIMARY KEY (study, number));";
