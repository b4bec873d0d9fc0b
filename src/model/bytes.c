/* bytes.c: little-endian binary forms, read with every length checked. */
#include "model/bytes.h"

#include <string.h>

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* arrays are kept as they lie in memory */

ByteReader byte_reader(GBytes *bytes)
{
	gsize size = 0;
	const uint8_t *data = g_bytes_get_data(bytes, &size);
	return (ByteReader){.at = data, .left = size, .ok = true};
}

static bool take(ByteReader *r, void *into, size_t size)
{
	if (!r->ok || size > r->left) {
		r->ok = false;
		return false;
	}
	if (size)
		memcpy(into, r->at, size);
	r->at += size;
	r->left -= size;
	return true;
}

bool read_magic(ByteReader *r, const char *magic)
{
	size_t size = strlen(magic);
	if (!r->ok || size > r->left || memcmp(r->at, magic, size) != 0)
		return r->ok = false;
	r->at += size;
	r->left -= size;
	return true;
}

uint32_t read_u32(ByteReader *r)
{
	uint32_t value = 0;
	take(r, &value, sizeof value);
	return value;
}

double read_f64(ByteReader *r)
{
	double value = 0;
	take(r, &value, sizeof value);
	return value;
}

void *read_items(ByteReader *r, size_t count, size_t size)
{
	if (!r->ok || count > r->left / size) {
		r->ok = false;
		return NULL;
	}
	void *items = g_malloc(MAX(count * size, 1));
	take(r, items, count * size);
	return items;
}

bool read_ended(const ByteReader *r)
{
	return r->ok && r->left == 0;
}

void write_magic(GByteArray *to, const char *magic)
{
	g_byte_array_append(to, (const uint8_t *)magic, (guint)strlen(magic));
}

void write_u32(GByteArray *to, uint32_t value)
{
	g_byte_array_append(to, (const uint8_t *)&value, sizeof value);
}

void write_f64(GByteArray *to, double value)
{
	g_byte_array_append(to, (const uint8_t *)&value, sizeof value);
}

void write_items(GByteArray *to, const void *items, size_t count, size_t size)
{
	for (size_t done = 0, total = count * size; done < total;) {
		size_t part = MIN(total - done, (size_t)1 << 30);
		g_byte_array_append(to, (const uint8_t *)items + done, (guint)part);
		done += part;
	}
}
