/* row.c: single values as numbers and as categories. */
#include "feature/row.h"

#include <math.h>
#include <string.h>

#include "feature/categories.h"

double row_number(const RowValue *v)
{
	if (v->is_missing)
		return NAN;
	switch ((ColumnType)v->type) {
	case COLUMN_BOOL:
		return v->truth;
	case COLUMN_INT:
	case COLUMN_TIME:
		return (double)v->integer;
	case COLUMN_REAL:
		return v->real;
	default:
		return NAN;
	}
}

static RowValue text_value(const char *text, size_t length)
{
	return (RowValue){.type = COLUMN_TEXT, .length = (uint32_t)length, .text = text};
}

static RowValue real_category(double value, Arena *texts)
{
	char text[REAL_TEXT_BYTES];
	if (isnan(value))
		return (RowValue){.type = COLUMN_TEXT, .is_missing = 1};
	size_t length = real_text_write(value == 0 ? 0 : value, text); /* -0 is 0 */
	return text_value(arena_text(texts, text, length), length);
}

RowValue row_category(const RowValue *v, Arena *texts)
{
	if (v->is_missing || v->type == COLUMN_TEXT)
		return *v;
	if (v->type == COLUMN_BOOL)
		return v->truth ? text_value("true", 4) : text_value("false", 5);
	if (v->type == COLUMN_REAL)
		return real_category(v->real, texts);
	char text[32];
	int length = g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, v->integer);
	return text_value(arena_text(texts, text, (size_t)length), (size_t)length);
}

static RowValue join_two(RowValue a, RowValue b, const char *separator, Arena *texts)
{
	size_t between = strlen(separator), length = a.length + between + b.length;
	char *text = arena_take(texts, length + 1);
	memcpy(text, a.text, a.length);
	memcpy(text + a.length, separator, between);
	memcpy(text + a.length + between, b.text, b.length);
	return text_value(text, length);
}

RowValue row_join(const RowValue *values, const uint32_t *places, uint32_t count, const char *separator, Arena *texts)
{
	RowValue joined = row_category(&values[places[0]], texts);
	for (uint32_t i = 1; i < count && !joined.is_missing; i++) {
		RowValue next = row_category(&values[places[i]], texts);
		joined = next.is_missing ? next : join_two(joined, next, separator, texts);
	}
	return joined;
}

uint32_t row_find(const Dictionary *known, const RowValue *category)
{
	uint32_t place;
	if (category->is_missing)
		return CATEGORY_MISSING;
	return dictionary_find(known, category->text, category->length, &place) ? place : (uint32_t)CATEGORY_UNSEEN;
}
