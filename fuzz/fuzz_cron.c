/* fuzz_cron.c: any bytes as a cron line, a zone behind a line break.  What is refused is refused in words; what is accepted has times that
 * only go forward, and a time found is the first one. */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "retrain/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ZONES[] = {"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"};
	/* 2026-03-28, before the clocks change in Europe; then half a year on. */
	static const int64_t BEGINS[] = {INT64_C(1774656000000000), INT64_C(1792800000000000)};
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(Cron) c = NULL;
	g_autoptr(GError) error = NULL;
	if (!cron_parse(text, ZONES[size % G_N_ELEMENTS(ZONES)], &c, &error)) {
		g_assert_error(error, FAIL, FAIL_INVALID);
		return 0;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(BEGINS); i++) {
		int64_t at = BEGINS[i];
		for (int k = 0; k < 4 && at != CRON_NEVER; k++) {
			int64_t next = cron_next(c, at);
			g_assert_true(next > at);
			g_assert_true(next == CRON_NEVER || cron_next(c, next - 1) == next);
			at = next;
		}
	}
	return 0;
}
