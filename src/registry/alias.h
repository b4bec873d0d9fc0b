/* alias.h: what registry.c and alias.c share; nobody else includes it. */
#pragma once

#include "registry/registry.h"

/* The version an alias points at, 0 when there is no such alias or model. */
bool alias_version(Meta *m, const char *name, const char *alias, int *ret, GError **error);

/* Is there a model of that name?  FAIL_NOT_FOUND with the nearest known one. */
bool registry_check_model(Meta *m, const char *name, GError **error);
