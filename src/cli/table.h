/* table.h: text tables for terminals: a header, columns as wide as their widest cell, numbers to the right. */
#pragma once

#include <glib.h>
#include <stdio.h>

typedef struct Table Table;

/* heads: NULL-ended; one that starts with '>' is a column of numbers, set to the right. */
Table *table_new(const char *const *heads);
/* As many cells as heads; NULL is shown as "-".  Texts are copied. */
void table_add(Table *t, ...) G_GNUC_NULL_TERMINATED;
void table_add_cells(Table *t, const char *const *cells);
/* Prints and frees.  An empty table prints `empty` (may be NULL: nothing). */
void table_print(Table *t, FILE *out, const char *empty);

/* Cells a terminal uses for a UTF-8 text. */
size_t text_width(const char *text);

/* A text as one word of a shell's command line: itself where a shell takes it as it stands, else in quotes. */
char *shell_word(const char *text);

/* A text after `head`, in lines of 80 cells that break at spaces and go on below its start. */
void print_wrapped(FILE *out, const char *head, const char *text);
