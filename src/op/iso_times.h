/* iso_times.h: times of records, us UTC, as people read them. */
#pragma once

#include <jansson.h>

/* Makes the integers under these keys (NULL-ended) ISO texts; null stays null. */
void iso_times(json_t *object, const char *const *keys);
void iso_times_each(json_t *list, const char *const *keys);
