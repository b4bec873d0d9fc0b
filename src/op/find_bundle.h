/* find_bundle.h: a model as users name it. */
#pragma once

#include "op/desk.h"

/* The file of a bundle lying about (a path), or of one of the project's registry ("NAME", "NAME@3", "NAME@champion"). */
bool find_bundle(const App *app, const char *reference, char **ret, GError **error);
