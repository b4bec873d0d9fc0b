/* fuzz_rows.c: rows of requests: JSON as rows, columns and tables, and CSV, into a batch of one input of each type.
 *
 * The first byte says which form the rest is read as.  What a number becomes is held against strtod. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "../tests/serve/served_kit.h"
#include "serve/batch.h"
#include "serve/csv_rows.h"
#include "serve/predict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_table(Batch *b, Scan *s, GError **error)
{
	static const char *const NAMES[] = {"flag", "extra", "day", "x", "word", "n", NULL};
	return batch_scan_table(b, NAMES, s, error);
}

static bool read_json(Batch *b, bool (*reader)(Batch *b, Scan *s, GError **error), const char *text, size_t size)
{
	g_autoptr(GError) error = NULL;
	Scan s;
	scan_start(&s, text, size);
	bool ok = reader(b, &s, &error);
	g_assert(ok == !error);
	if (!ok) {
		scan_clear(&s);
		return false;
	}
	return scan_finish(&s, NULL);
}

static void check_number(const char *text, size_t size)
{
	g_autofree char *copy = g_strndup(text, size);
	Scan s;
	Cell cell;
	scan_start(&s, text, size);
	if (scan_cell(&s, &cell) && scan_finish(&s, NULL) && (cell.type == CELL_INT || cell.type == CELL_REAL) &&
	        isfinite(cell.number))
		g_assert(cell.number == g_ascii_strtod(copy, NULL));
	scan_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Served *s;
	if (!s)
		s = kit_served();
	if (size < 1)
		return 0;
	g_autofree char *text = g_memdup2(data + 1, size - 1); /* of its exact size, so that overreads show */
	g_autoptr(Batch) b = batch_new(s, 50);
	Scores scores;
	bool ok;
	switch (data[0] % 5) {
	case 0:
		ok = read_json(b, batch_scan_rows, text, size - 1);
		break;
	case 1:
		ok = read_json(b, batch_scan_columns, text, size - 1);
		break;
	case 2:
		ok = read_json(b, read_table, text, size - 1);
		break;
	case 3:
		ok = batch_read_csv(b, text, size - 1, NULL);
		break;
	default:
		check_number(text, size - 1);
		return 0;
	}
	if (ok && serve_predict(b, &scores, NULL))
		scores_clear(&scores);
	return 0;
}
