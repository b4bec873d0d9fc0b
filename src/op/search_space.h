/* search_space.h: a space as ops are given it. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* given: the object itself, or a text: the path of a file that holds it.  New reference in *ret. */
bool search_space(const json_t *given, json_t **ret, GError **error);
