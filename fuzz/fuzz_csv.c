/* fuzz_csv.c: any bytes as a delimited file.  The walk ends, never goes back, and lines are counted once. */
#include <stdint.h>

#include "data/csv_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const char *text, size_t size, char delimiter, GPtrArray *texts)
{
	CsvScan scan = {.at = text, .end = text + size, .delimiter = delimiter, .line = 1, .texts = texts};
	CsvRecord record;
	uint64_t last = 0;
	for (const char *before = scan.at; csv_scan_next(&scan, &record); before = scan.at) {
		g_assert_true(scan.at > before && scan.at <= scan.end);
		g_assert_true(record.line > last && record.last_line >= record.line);
		last = record.last_line;
	}
	g_assert_true(last <= size + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	g_autofree char *tight = g_memdup2(data, size); /* exactly as long: ASan sees a read behind it */
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	walk(tight, size, ',', NULL);
	walk(tight, size, '\t', texts);
	return 0;
}
