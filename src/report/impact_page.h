/* impact_page.h: was it worth it: a page for stakeholders from what `gyre impact` found. */
#pragma once

#include <jansson.h>

/* One HTML file, nothing beside it.  Free with g_free. */
char *impact_page(const json_t *impact);
