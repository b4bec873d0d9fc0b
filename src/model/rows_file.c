/* rows_file.c: tables of numbers as CSV and NumPy files. */
#include "model/rows_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

#define NPY_MAGIC "\x93NUMPY\x01\x00"
#define NPY_BEFORE 10 /* magic and the header's length */
#define READ_MOST (4L << 30)

const char *const ROWS_FORMATS[] = {"csv", "npy", NULL};

static bool is_npy(const char *format)
{
	return g_str_equal(format, "npy");
}

static bool finish(FILE *file, const char *path, GError **error)
{
	bool ok = !ferror(file);
	int number = errno;
	ok = fclose(file) == 0 && ok;
	return ok || fail_errno(error, number, "cannot write %s", path);
}

static void put_name(FILE *file, const char *name)
{
	if (!strpbrk(name, ",\"\r\n")) {
		fputs(name, file);
		return;
	}
	fputc('"', file);
	for (; *name; name++) {
		if (*name == '"')
			fputc('"', file);
		fputc(*name, file);
	}
	fputc('"', file);
}

static void put_number(FILE *file, double value, const char *format)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	if (!isnan(value))
		fputs(g_ascii_formatd(text, sizeof text, format, value), file);
}

static void put_npy(FILE *file, const char *type, size_t rows, size_t columns)
{
	g_autofree char *shape =
	        columns ? g_strdup_printf("(%zu, %zu)", rows, columns) : g_strdup_printf("(%zu,)", rows);
	g_autofree char *about = g_strdup_printf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
	unsigned length = (unsigned)((NPY_BEFORE + strlen(about) + 1 + 63) / 64 * 64 - NPY_BEFORE);
	fwrite(NPY_MAGIC, 1, sizeof NPY_MAGIC - 1, file);
	fputc((int)(length & 255), file);
	fputc((int)(length >> 8), file);
	fprintf(file, "%-*s\n", (int)length - 1, about);
}

bool rows_file_features(const char *path, const char *format, const Matrix *x, GError **error)
{
	FILE *file = fopen(path, "wbe");
	if (!file)
		return fail_errno(error, errno, "cannot write %s", path);
	if (is_npy(format)) {
		put_npy(file, "<f4", x->rows, x->columns);
		fwrite(x->values, sizeof *x->values, x->rows * x->columns, file);
		return finish(file, path, error);
	}
	for (size_t j = 0; j < x->columns; j++) {
		g_autofree char *number = g_strdup_printf("f%zu", j);
		fputs(j ? "," : "", file);
		put_name(file, x->names ? x->names[j] : number);
	}
	fputc('\n', file);
	for (size_t i = 0; i < x->rows; i++) {
		for (size_t j = 0; j < x->columns; j++) {
			fputs(j ? "," : "", file);
			put_number(file, (double)x->values[i * x->columns + j], "%.9g");
		}
		fputc('\n', file);
	}
	return finish(file, path, error);
}

bool rows_file_numbers(const char *path, const char *format, const double *values, size_t rows, GError **error)
{
	FILE *file = fopen(path, "wbe");
	if (!file)
		return fail_errno(error, errno, "cannot write %s", path);
	if (is_npy(format)) {
		put_npy(file, "<f8", rows, 0);
		fwrite(values, sizeof *values, rows, file);
	}
	for (size_t i = 0; !is_npy(format) && i < rows; i++) {
		put_number(file, values[i], "%.17g");
		fputc('\n', file);
	}
	return finish(file, path, error);
}

static bool odd(const char *path, const char *what, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	return fail(error, FAIL_INVALID, "%s %s", name, what);
}

static bool parse_csv(const char *path, const char *text, size_t rows, size_t columns, double *ret, GError **error)
{
	for (size_t i = 0; i < rows * columns; i++) {
		char *end;
		errno = 0;
		ret[i] = g_ascii_strtod(text, &end);
		bool is_last = i % columns == columns - 1;
		if (end == text)
			return odd(path, "has too few numbers, or something else than numbers", error);
		while (*end == ' ' || *end == '\r')
			end++;
		if (*end != (is_last ? '\n' : ',') && !(is_last && *end == 0 && i + 1 == rows * columns))
			return odd(path, "has not as many numbers in each line as it should", error);
		text = *end ? end + 1 : end;
	}
	text += strspn(text, " \r\n");
	return !*text || odd(path, "has more lines than rows", error);
}

typedef struct Npy {
	const char *values;
	size_t rows, columns, width;
} Npy;

/* The header is Python: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }. */
static bool read_npy(const char *path, const char *bytes, size_t size, Npy *ret, GError **error)
{
	if (size < NPY_BEFORE || memcmp(bytes, NPY_MAGIC, sizeof NPY_MAGIC - 1) != 0)
		return odd(path, "is no NumPy file of version 1.0", error);
	size_t length = (size_t)(uint8_t)bytes[8] | (size_t)(uint8_t)bytes[9] << 8;
	if (length > size - NPY_BEFORE)
		return odd(path, "is cut short", error);
	g_autofree char *about = g_strndup(bytes + NPY_BEFORE, length);
	const char *shape = strstr(about, "'shape': (");
	ret->width = strstr(about, "'<f8'") ? 8 : strstr(about, "'<f4'") ? 4 : 0;
	if (!ret->width || !shape || !strstr(about, "'fortran_order': False"))
		return odd(path, "must hold float64 or float32, row-major", error);
	char *end;
	ret->rows = (size_t)g_ascii_strtoull(shape + strlen("'shape': ("), &end, 10);
	end += strspn(end, ", ");
	ret->columns = *end == ')' ? 1 : (size_t)g_ascii_strtoull(end, &end, 10);
	end += strspn(end, ", ");
	ret->values = bytes + NPY_BEFORE + length;
	size_t room = (size - NPY_BEFORE - length) / ret->width;
	if (*end != ')' || (ret->rows && ret->columns > room / ret->rows) || ret->rows * ret->columns != room)
		return odd(path, "has another size than its shape says", error);
	return true;
}

static bool parse_npy(
        const char *path, const char *bytes, size_t size, size_t rows, size_t columns, double *ret, GError **error)
{
	Npy npy;
	if (!read_npy(path, bytes, size, &npy, error))
		return false;
	if (npy.rows != rows || npy.columns != columns)
		return odd(path, "has another number of rows or columns than asked for", error);
	for (size_t i = 0; i < rows * columns; i++) {
		float single;
		memcpy(npy.width == 4 ? (void *)&single : (void *)&ret[i], npy.values + i * npy.width, npy.width);
		if (npy.width == 4)
			ret[i] = (double)single;
	}
	return true;
}

bool rows_file_read(const char *path, const char *format, size_t rows, size_t columns, double *ret, GError **error)
{
	g_autofree char *bytes = NULL;
	size_t size;
	if (!file_read(path, READ_MOST, &bytes, &size, error))
		return false;
	return is_npy(format) ? parse_npy(path, bytes, size, rows, columns, ret, error)
	                      : parse_csv(path, bytes, rows, columns, ret, error);
}

bool rows_file_columns(const char *path, const char *format, size_t *ret, GError **error)
{
	g_autofree char *bytes = NULL;
	size_t size, count = 1;
	Npy npy;
	if (!file_read(path, READ_MOST, &bytes, &size, error))
		return false;
	if (is_npy(format)) {
		if (!read_npy(path, bytes, size, &npy, error))
			return false;
		*ret = npy.columns;
		return true;
	}
	for (const char *c = bytes; *c && *c != '\n'; c++)
		count += *c == ',';
	*ret = count;
	return true;
}
