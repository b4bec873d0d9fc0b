/* text.h: pieces of C source. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

void text_add(GString *to, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Literals of C. */
void text_double(GString *to, double value);
void text_float(GString *to, float value);
/* "{...};": what an array begins as; single: of floats.  Of none: one 0. */
void text_values(GString *to, bool single, const double *values, size_t count);
void text_string(GString *to, const char *text); /* NULL: NULL */
/* A name of C made of any text; free with g_free. */
char *text_name(const char *text);
