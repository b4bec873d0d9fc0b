/* migration_deployments.c: how versions go into use, and what was seen of them on the way.
 *
 * A model has at most one deployment that has not ended: the index holds it.  checker and checked_until are the lease of whoever
 * checks a candidate.  A server adds up what it saw of a route in one row of its own (deployment_counts), so that several servers
 * on one store never write the same row, and a server that is gone leaves what it saw. */
#include "store/migrations.h"

const char MIGRATION_DEPLOYMENTS[] =
        "CREATE TABLE deployments ("
        "	id TEXT PRIMARY KEY,"
        "	model TEXT NOT NULL REFERENCES models (name),"
        "	version BIGINT NOT NULL,"
        "	stable BIGINT,"
        "	strategy TEXT NOT NULL,"
        "	params TEXT NOT NULL,"
        "	state TEXT NOT NULL CHECK (state IN ('checking', 'running', 'promoted', 'rolled_back', 'refused')),"
        "	who TEXT NOT NULL,"
        "	reason TEXT,"
        "	created BIGINT NOT NULL,"
        "	started BIGINT,"
        "	ended BIGINT,"
        "	ended_by TEXT,"
        "	ended_reason TEXT,"
        "	undone BIGINT,"
        "	evidence TEXT NOT NULL,"
        "	checker TEXT,"
        "	checked_until BIGINT,"
        "	FOREIGN KEY (model, version) REFERENCES model_versions (name, version));"
        "CREATE UNIQUE INDEX deployments_open ON deployments (model) WHERE ended IS NULL;"
        "CREATE INDEX deployments_by_model ON deployments (model, created);"

        "CREATE TABLE deployment_events ("
        "	deployment_id TEXT NOT NULL REFERENCES deployments (id),"
        "	number BIGINT NOT NULL,"
        "	at BIGINT NOT NULL,"
        "	event TEXT NOT NULL,"
        "	who TEXT NOT NULL,"
        "	about TEXT NOT NULL,"
        "	PRIMARY KEY (deployment_id, number));"

        "CREATE TABLE deployment_counts ("
        "	deployment_id TEXT NOT NULL REFERENCES deployments (id),"
        "	server TEXT NOT NULL,"
        "	counts TEXT NOT NULL,"
        "	updated BIGINT NOT NULL,"
        "	PRIMARY KEY (deployment_id, server));";
