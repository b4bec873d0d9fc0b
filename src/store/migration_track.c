/* migration_track.c: experiments, runs and what was logged of them.
 *
 * MLflow's semantics (see track/track.h): ids of experiments count up and are shown as text, "0" is "Default"; a metric
 * keeps each (step, timestamp, value) once, latest_metrics the greatest of them.  is_nan = 1 has value 0, as a key column
 * cannot hold NaN.  Times are microseconds, but timestamp_ms is what the client gave.
 * parent_id repeats the tag mlflow.parentRunId, so that the runs of one level are a range of an index. */
#include "store/migrations.h"

const char MIGRATION_TRACK[] =
        "CREATE TABLE experiments ("
        "	experiment_id BIGINT PRIMARY KEY,"
        "	name TEXT NOT NULL UNIQUE,"
        "	artifact_location TEXT,"
        "	lifecycle TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle IN ('active', 'deleted')),"
        "	created BIGINT NOT NULL,"
        "	updated BIGINT NOT NULL);"

        "CREATE TABLE experiment_tags ("
        "	experiment_id BIGINT NOT NULL REFERENCES experiments (experiment_id),"
        "	key TEXT NOT NULL,"
        "	value TEXT NOT NULL,"
        "	PRIMARY KEY (experiment_id, key));"

        "CREATE TABLE runs ("
        "	run_id TEXT PRIMARY KEY,"
        "	experiment_id BIGINT NOT NULL REFERENCES experiments (experiment_id),"
        "	parent_id TEXT,"
        "	name TEXT NOT NULL,"
        "	user_id TEXT,"
        "	status TEXT NOT NULL"
        "		CHECK (status IN ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),"
        "	started BIGINT,"
        "	ended BIGINT,"
        "	artifact_uri TEXT,"
        "	lifecycle TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle IN ('active', 'deleted')),"
        "	deleted BIGINT);"
        "CREATE INDEX runs_by_level ON runs (experiment_id, parent_id, started);"

        "CREATE TABLE params ("
        "	run_id TEXT NOT NULL REFERENCES runs (run_id),"
        "	key TEXT NOT NULL,"
        "	value TEXT NOT NULL,"
        "	PRIMARY KEY (run_id, key));"

        "CREATE TABLE metrics ("
        "	run_id TEXT NOT NULL REFERENCES runs (run_id),"
        "	key TEXT NOT NULL,"
        "	step BIGINT NOT NULL,"
        "	timestamp_ms BIGINT NOT NULL,"
        "	value DOUBLE PRECISION NOT NULL,"
        "	is_nan INTEGER NOT NULL,"
        "	PRIMARY KEY (run_id, key, step, timestamp_ms, value, is_nan));"

        "CREATE TABLE latest_metrics ("
        "	run_id TEXT NOT NULL REFERENCES runs (run_id),"
        "	key TEXT NOT NULL,"
        "	step BIGINT NOT NULL,"
        "	timestamp_ms BIGINT NOT NULL,"
        "	value DOUBLE PRECISION NOT NULL,"
        "	is_nan INTEGER NOT NULL,"
        "	PRIMARY KEY (run_id, key));"

        "CREATE TABLE tags ("
        "	run_id TEXT NOT NULL REFERENCES runs (run_id),"
        "	key TEXT NOT NULL,"
        "	value TEXT NOT NULL,"
        "	PRIMARY KEY (run_id, key));"

        "INSERT INTO experiments (experiment_id, name, created, updated)"
        "	VALUES (0, 'Default', unixepoch() * 1000000, unixepoch() * 1000000);";
