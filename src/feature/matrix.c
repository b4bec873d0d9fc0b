/* matrix.c: dense tables of features. */
#include "feature/matrix.h"

#include <string.h>

#include "base/error.h"

Matrix *matrix_new(size_t rows, size_t columns)
{
	Matrix *m = g_new0(Matrix, 1);
	m->rows = rows;
	m->columns = columns;
	m->values = g_malloc0_n(MAX(rows, (size_t)1), MAX(columns, (size_t)1) * sizeof *m->values);
	return m;
}

void matrix_free(Matrix *m)
{
	if (!m)
		return;
	g_free(m->values);
	g_strfreev(m->names);
	g_free(m);
}

size_t matrix_numbers(const Matrix *m)
{
	size_t count = m->columns;
	while (m->kinds && count > 0 && (m->kinds[count - 1].categories > 0 || m->kinds[count - 1].aside))
		count--;
	return count;
}

bool matrix_check_columns(const Matrix *m, size_t known, GError **error)
{
	return m->columns == known ||
	       fail(error, FAIL_INVALID, "the model knows %zu features, these rows have %zu", known, m->columns);
}

float *matrix_narrow(const Matrix *m, size_t columns, Matrix *ret)
{
	*ret = *m;
	ret->columns = columns;
	if (columns == m->columns || m->rows <= 1)
		return NULL;
	ret->values = g_new(float, MAX(m->rows * columns, (size_t)1));
	for (size_t i = 0; i < m->rows; i++)
		memcpy(ret->values + i * columns, m->values + i * m->columns, columns * sizeof *ret->values);
	return ret->values;
}
