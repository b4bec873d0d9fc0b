/* ubj.c: reading Universal Binary JSON in place.  Numbers are big-endian.  XGBoost writes objects without and arrays always
 * with a count. */
#include "model/ubj.h"

#include <string.h>

static unsigned width_of(char type)
{
	switch (type) {
	case 'i':
	case 'U':
	case 'C':
		return 1;
	case 'I':
		return 2;
	case 'l':
	case 'd':
		return 4;
	case 'L':
	case 'D':
		return 8;
	default:
		return 0;
	}
}

static bool take(Ubj *u, size_t size)
{
	if (!u->ok || size > (size_t)(u->end - u->at))
		return u->ok = false;
	u->at += size;
	return true;
}

static char take_type(Ubj *u)
{
	return take(u, 1) ? (char)u->at[-1] : 0;
}

static uint64_t big_endian(const uint8_t *at, unsigned width)
{
	uint64_t bits = 0;
	for (unsigned i = 0; i < width; i++)
		bits = bits << 8 | at[i];
	return bits;
}

static double number_at(const uint8_t *at, char type)
{
	uint64_t bits = big_endian(at, width_of(type));
	uint32_t half = (uint32_t)bits;
	float single;
	double twice;
	switch (type) {
	case 'i':
		return (int8_t)bits;
	case 'I':
		return (int16_t)bits;
	case 'l':
		return (int32_t)bits;
	case 'L':
		return (double)(int64_t)bits;
	case 'd':
		memcpy(&single, &half, sizeof single);
		return (double)single;
	case 'D':
		memcpy(&twice, &bits, sizeof twice);
		return twice;
	default:
		return (double)bits;
	}
}

static size_t take_count(Ubj *u)
{
	char type = take_type(u);
	unsigned width = width_of(type);
	if (!width || !take(u, width)) {
		u->ok = false;
		return 0;
	}
	double count = number_at(u->at - width, type);
	if (!(count >= 0 && count <= (double)(u->end - u->at)))
		u->ok = false;
	return u->ok ? (size_t)count : 0;
}

static void skip_text(Ubj *u)
{
	take(u, take_count(u));
}

static void enter_array(Ubj *u, char *ret_type, size_t *ret_count)
{
	*ret_type = 0;
	if (u->ok && u->at < u->end && *u->at == '$') {
		take(u, 1);
		*ret_type = take_type(u);
	}
	if (take_type(u) != '#')
		u->ok = false;
	*ret_count = take_count(u);
}

static void skip_nested(Ubj *u, unsigned depth);

static void skip_array(Ubj *u, unsigned depth)
{
	char type;
	size_t count;
	enter_array(u, &type, &count);
	if (type) {
		size_t width = width_of(type);
		if (!width || count > (size_t)(u->end - u->at) / width)
			u->ok = false;
		take(u, count * width);
		return;
	}
	while (u->ok && count--)
		skip_nested(u, depth);
}

static void skip_object(Ubj *u, unsigned depth)
{
	while (u->ok && u->at < u->end && *u->at != '}') {
		skip_text(u);
		skip_nested(u, depth);
	}
	take(u, 1);
}

static void skip_nested(Ubj *u, unsigned depth)
{
	char type = take_type(u);
	if (depth == 0)
		u->ok = false;
	else if (type == '{')
		skip_object(u, depth - 1);
	else if (type == '[')
		skip_array(u, depth - 1);
	else if (type == 'S')
		skip_text(u);
	else if (width_of(type))
		take(u, width_of(type));
	else if (!strchr("ZTF", type) || !type)
		u->ok = false;
}

void ubj_skip(Ubj *u)
{
	skip_nested(u, 32);
}

Ubj ubj_member(Ubj object, const char *name)
{
	size_t length = strlen(name);
	if (take_type(&object) != '{')
		object.ok = false;
	while (object.ok && object.at < object.end && *object.at != '}') {
		size_t size = take_count(&object);
		const uint8_t *key = object.at;
		if (take(&object, size) && size == length && memcmp(key, name, length) == 0)
			return object;
		ubj_skip(&object);
	}
	object.ok = false;
	return object;
}

UbjArray ubj_array(Ubj value)
{
	UbjArray a = {.items = value};
	if (take_type(&a.items) != '[')
		a.items.ok = false;
	enter_array(&a.items, &a.type, &a.count);
	if (!a.items.ok)
		a.count = 0;
	return a;
}

double ubj_number(const UbjArray *a, size_t i)
{
	size_t width = width_of(a->type);
	if (!width || i >= a->count || i >= (size_t)(a->items.end - a->items.at) / width)
		return 0;
	return number_at(a->items.at + i * width, a->type);
}

double ubj_next(UbjArray *a)
{
	if (!a->items.ok || a->count == 0)
		return 0;
	a->count--;
	char type = a->type ? a->type : take_type(&a->items);
	unsigned width = width_of(type);
	if (!width || !take(&a->items, width)) {
		a->items.ok = false;
		return 0;
	}
	return number_at(a->items.at - width, type);
}
