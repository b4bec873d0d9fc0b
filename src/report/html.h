/* html.h: text that becomes a page: everything put in by these is escaped; only literals of ours are tags.
 *
 * A single text is cut after 2,000 characters, and control characters (those that turn the writing's direction too) are
 * replaced: what stands in the data can neither break the page nor make it grow without bound. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "report/words.h"

typedef struct Page {
	GString *html;
	unsigned charts; /* drawn so far: each has an id of its own */
} Page;

void put(Page *p, const char *tags);                                   /* as it is: tags of ours */
void put_text(Page *p, const char *text);                              /* escaped; NULL: nothing */
void put_format(Page *p, const char *format, ...) G_GNUC_PRINTF(2, 3); /* the result is escaped */
void put_tag(Page *p, const char *tag, const char *text);              /* <tag>escaped</tag> */
void put_tag_format(Page *p, const char *tag, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A table's row: one cell for each letter of `columns`: t text, n a number, set to the right, y yes or no in its colour.  Cells
 * are escaped. */
void put_row(Page *p, const char *cell_tag, const char *columns, ...);
