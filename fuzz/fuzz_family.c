/* fuzz_family.c: any bytes as a stored model of each family.  What loads predicts finite scores of its shape for any row and is
 * saved as it was. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/family.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 3, MOST_COLUMNS = 1000, MOST_OUTPUTS = 1000 };

static void predict(const ModelFamily *family, const void *model)
{
	size_t columns, outputs;
	family->shape(model, &columns, &outputs);
	if (columns > MOST_COLUMNS || outputs > MOST_OUTPUTS)
		return;
	g_autoptr(Matrix) x = matrix_new(ROWS, columns ? columns : 1);
	for (size_t i = 0; i < x->rows * x->columns; i++)
		x->values[i] = i % 5 ? (float)i - 3 : NAN;
	g_autofree double *scores = g_new0(double, ROWS *outputs + 1);
	family->predict(model, x, scores, NULL);
	g_autoptr(Contributions) c = NULL;
	if (family->contribute)
		family->contribute(model, x, &c, NULL);
}

static void load(const ModelFamily *family, GBytes *bytes)
{
	void *model = NULL;
	if (!family->load(bytes, &model, NULL))
		return;
	predict(family, model);
	g_autoptr(GBytes) saved = NULL;
	g_assert_true(family->save(model, &saved, NULL));
	void *again = NULL;
	g_assert_true(family->load(saved, &again, NULL));
	family->free(again);
	family->free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	for (const ModelFamily *const *f = FAMILIES; *f; f++)
		load(*f, bytes);
	return 0;
}
