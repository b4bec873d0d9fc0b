/* origin.h: where a run's code and settings came from, as tags of the tracked run. */
#pragma once

#include <jansson.h>

#include "project/project.h"

/* {"mlflow.user", "mlflow.source.type", "mlflow.source.name", "mlflow.source.git.commit" (where there is a git repository), "gyre.git.diff"
 * (digest of what is changed against the commit, when something is), "gyre.config" (digest of gyre.yaml), "gyre.seed",
 * "gyre.version", "gyre.host"}.  New reference. */
json_t *origin_tags(const Project *p);
