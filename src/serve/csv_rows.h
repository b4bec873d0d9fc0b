/* csv_rows.h: rows of a request written as CSV: a line of names, then rows; RFC 4180's quotes, lines ended by \n or \r\n. An empty
 * cell without quotes is missing. */
#pragma once

#include "serve/batch.h"

bool batch_read_csv(Batch *b, const char *text, size_t size, GError **error);
