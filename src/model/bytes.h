/* bytes.h: little-endian binary forms of models, written and read with every length checked.
 *
 * A reader that runs over its end turns bad and stays bad: its reads give zeros, and whoever reads checks `ok` once, at the
 * end.  So reading code is straight and cannot forget a check that matters. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ByteReader {
	const uint8_t *at;
	size_t left;
	bool ok;
} ByteReader;

ByteReader byte_reader(GBytes *bytes); /* borrows */
/* Does it begin with this magic?  Moves behind it; if not, the reader turns bad. */
bool read_magic(ByteReader *r, const char *magic);
uint32_t read_u32(ByteReader *r);
double read_f64(ByteReader *r);
/* `count` items of `size` bytes in new memory, or NULL (reader bad) if there are not that many.  Free with g_free. */
void *read_items(ByteReader *r, size_t count, size_t size);
/* All was read, nothing is left over, nothing ran over the end. */
bool read_ended(const ByteReader *r);

void write_magic(GByteArray *to, const char *magic);
void write_u32(GByteArray *to, uint32_t value);
void write_f64(GByteArray *to, double value);
void write_items(GByteArray *to, const void *items, size_t count, size_t size);
