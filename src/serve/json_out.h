/* json_out.h: JSON written straight into a buffer: what answers and logs are made of. */
#pragma once

#include <glib.h>

/* "text", escaped; bytes that are not UTF-8 are replaced. */
void out_text(GString *to, const char *text);
void out_text_n(GString *to, const char *text, size_t length);

/* The shortest decimal that reads back as the same double; whole numbers end in ".0".  NaN and infinities are written bare
 * (NaN, Infinity), as Python's json, TensorFlow Serving and Triton write and read them. */
void out_number(GString *to, double value);
/* The same for strict readers: null instead. */
void out_number_or_null(GString *to, double value);

void out_int(GString *to, gint64 value);

/* Bytes that are JSON already. */
void out_part(GString *to, const char *text, size_t length);
