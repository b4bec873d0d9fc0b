/* window_times.h: times of windows as people read them. */
#pragma once

#include <jansson.h>

/* Makes "begin", "end" and "measured" of every window in the list ISO texts. */
void window_times(json_t *windows);
