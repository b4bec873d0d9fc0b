/* deploy.h: what the ops on deployments share. */
#pragma once

#include "op/desk.h"

/* The model that is asked for: `model` without what stands behind an @, or the project's own.  Free with g_free. */
char *deploy_model(const Desk *d, const json_t *in);
/* Who asks: --by, or the user's name; not one under which is recorded what no person decided.  Borrowed. */
bool deploy_person(const json_t *in, const char **ret, GError **error);
/* Where `model` says a version: is it the one of the deployment in progress, else of the newest? */
bool deploy_check_named(const Desk *d, const json_t *in, GError **error);

/* Tries the version in a scratch server (serve/infra.h); stable 0: none.  `requests`: how many. */
bool deploy_try(const Desk *d, const char *model, int version, int stable, json_t **ret, GError **error);
/* Checks a deployment that is `checking` and lets it run, or refuses it; one whose strategy does not wait is promoted.  Where
 * another process checks it already, *ret is the deployment as it is. */
bool deploy_check(const Desk *d, const json_t *deployment, json_t **ret, GError **error);
/* A deployment for people and programs: times as text, without the rows it was tried with.  New reference. */
json_t *deploy_json(const json_t *deployment);
