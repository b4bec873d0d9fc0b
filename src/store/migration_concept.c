/* migration_concept.c: the stream of a version's errors, as its outcomes became known: which outcomes it has taken, where the watch over it
 * stands, and what that found.
 *
 * An outcome is taken once, with the word it had then.  So neither a pass that is repeated, nor an outcome that is said twice or corrected,
 * is counted twice; and one that comes before its prediction, or years after it, is counted when both are there. */
#include "store/migrations.h"

const char MIGRATION_CONCEPT[] = "CREATE TABLE concept_streams ("
                                 "	model TEXT NOT NULL,"
                                 "	version BIGINT NOT NULL,"
                                 "	settings TEXT NOT NULL,"
                                 "	labels BIGINT NOT NULL,"
                                 "	state TEXT,"
                                 "	PRIMARY KEY (model, version));"

                                 "CREATE TABLE concept_labels ("
                                 "	model TEXT NOT NULL,"
                                 "	version BIGINT NOT NULL,"
                                 "	id TEXT NOT NULL,"
                                 "	window_id TEXT NOT NULL,"
                                 "	PRIMARY KEY (model, version, id));"

                                 "CREATE INDEX concept_labels_by_window ON concept_labels (window_id);"

                                 "CREATE TABLE concept_events ("
                                 "	model TEXT NOT NULL,"
                                 "	version BIGINT NOT NULL,"
                                 "	place BIGINT NOT NULL,"
                                 "	what TEXT NOT NULL,"
                                 "	window_id TEXT NOT NULL,"
                                 "	observed BIGINT NOT NULL,"
                                 "	before_rate DOUBLE PRECISION,"
                                 "	after_rate DOUBLE PRECISION,"
                                 "	PRIMARY KEY (model, version, place));"

                                 "CREATE INDEX concept_events_by_window ON concept_events (window_id);";
