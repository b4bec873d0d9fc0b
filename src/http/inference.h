/* inference.h: what the parts of the Open Inference Protocol share. */
#pragma once

#include "http/site.h"

/* POST .../infer */
bool inference_infer(Visit *v, const char *model, const char *version, GError **error);
/* model NULL: all there are. */
bool inference_stats(Visit *v, const char *model, const char *version, GError **error);
