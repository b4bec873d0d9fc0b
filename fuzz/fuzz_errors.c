/* fuzz_errors.c: what a bundle says of its own errors, from anywhere: read, walked with values of all kinds, and asked what to expect. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "model/error_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { COLUMNS = 2 };
	static const float ROWS[][COLUMNS] = {{0, 0}, {NAN, 1e30f}, {-1, 0.5f}, {INFINITY, NAN}};
	json_auto_t *errors = NULL;
	g_autoptr(ErrorModel) m = NULL;
	if (!json_parse("fuzz", (const char *)data, size, &errors, NULL) ||
	        !error_model_load(errors, COLUMNS, &m, NULL))
		return 0;
	g_autofree double *counts = g_new0(double, error_model_leaves(m));
	for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
		counts[error_model_place(m, ROWS[i], i % 2 ? NAN : (double)i)]++;
	ErrorSum sum = error_model_expect(m, counts);
	g_assert(sum.rows == G_N_ELEMENTS(ROWS));
	return 0;
}
