/* packed.c: gzip by zlib; zstd by the sizes its blocks tell. */
#include "data/packed.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"

enum { IN_BYTES = 1 << 20, OUT_BYTES = 1 << 16 };

typedef struct Bytes {
	const unsigned char *at, *end;
} Bytes;

/* --- gzip -------------------------------------------------------------------------------------------------------- */

/* Behind a part may come another one; what is no beginning of one is passed over, as gzip does. */
static bool begins_gzip(Bytes b)
{
	return b.end - b.at >= 2 && b.at[0] == 0x1f && b.at[1] == 0x8b;
}

static Packed unpack_part(z_stream *z, Bytes *b)
{
	g_autofree Bytef *out = g_malloc(OUT_BYTES);
	int how = Z_OK;
	while (how == Z_OK) {
		if (z->avail_in == 0) {
			z->next_in = (Bytef *)b->at;
			z->avail_in = (uInt)MIN(b->end - b->at, IN_BYTES);
			b->at += z->avail_in;
		}
		z->next_out = out;
		z->avail_out = OUT_BYTES;
		how = inflate(z, Z_NO_FLUSH);
	}
	b->at -= z->avail_in; /* what is not of this part */
	z->avail_in = 0;
	return how == Z_STREAM_END ? PACKED_WHOLE : how == Z_BUF_ERROR ? PACKED_CUT : PACKED_DAMAGED;
}

static Packed check_gzip(Bytes *b)
{
	z_stream z = {0};
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return PACKED_DAMAGED;
	Packed found;
	do {
		found = unpack_part(&z, b);
		inflateReset(&z);
	} while (found == PACKED_WHOLE && begins_gzip(*b));
	inflateEnd(&z);
	return found;
}

/* --- zstd -------------------------------------------------------------------------------------------------------- */

static bool take(Bytes *b, size_t count, guint64 *ret)
{
	if ((size_t)(b->end - b->at) < count)
		return false;
	*ret = 0;
	for (size_t i = 0; i < count && i < 8; i++)
		*ret |= (guint64)b->at[i] << (8 * i);
	b->at += count;
	return true;
}

/* Frame_Header behind the magic number: what its first byte says of the rest. */
static bool skip_head(Bytes *b, bool *ret_checksum)
{
	static const size_t ID_BYTES[] = {0, 1, 2, 4}, SIZE_BYTES[] = {0, 2, 4, 8};
	guint64 head, rest;
	if (!take(b, 1, &head))
		return false;
	bool is_single = head >> 5 & 1;
	size_t size = head >> 6 ? SIZE_BYTES[head >> 6] : is_single;
	*ret_checksum = head >> 2 & 1;
	return take(b, !is_single + ID_BYTES[head & 3] + size, &rest);
}

static Packed skip_blocks(Bytes *b)
{
	enum { BLOCK_RLE = 1, BLOCK_RESERVED = 3 };
	guint64 head, rest;
	do {
		if (!take(b, 3, &head))
			return PACKED_CUT;
		unsigned type = head >> 1 & 3;
		if (type == BLOCK_RESERVED)
			return PACKED_DAMAGED;
		if (!take(b, type == BLOCK_RLE ? 1 : head >> 3, &rest))
			return PACKED_CUT;
	} while (!(head & 1));
	return PACKED_WHOLE;
}

static Packed skip_frame(Bytes *b)
{
	guint64 magic, size;
	bool has_checksum;
	if (!take(b, 4, &magic))
		return PACKED_CUT;
	if ((magic & ~(guint64)15) == 0x184D2A50) /* a frame to skip */
		return take(b, 4, &size) && take(b, size, &size) ? PACKED_WHOLE : PACKED_CUT;
	if (magic != 0xFD2FB528)
		return PACKED_DAMAGED;
	if (!skip_head(b, &has_checksum))
		return PACKED_CUT;
	Packed found = skip_blocks(b);
	return found != PACKED_WHOLE || !has_checksum || take(b, 4, &size) ? found : PACKED_CUT;
}

static Packed check_zstd(Bytes *b)
{
	Packed found = PACKED_WHOLE;
	while (found == PACKED_WHOLE && b->at < b->end)
		found = skip_frame(b);
	return found;
}

Packed packed_look(const void *bytes, size_t size, const char *compression)
{
	Bytes b = {bytes, (const unsigned char *)bytes + size};
	return strcmp(compression, "gzip") == 0 ? check_gzip(&b) : check_zstd(&b);
}

bool packed_check(const char *path, const char *compression, GError **error)
{
	if (strcmp(compression, "none") == 0)
		return true;
	g_autoptr(GError) problem = NULL;
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &problem);
	if (!file)
		return fail(error, FAIL_UNAVAILABLE, "cannot read %s: %s", path, problem->message);
	size_t size = g_mapped_file_get_length(file);
	Packed found = packed_look(g_mapped_file_get_contents(file), size, compression);
	if (found == PACKED_CUT)
		return fail(error, FAIL_INVALID,
		        "%s is cut: it ends, after %zu bytes, in the middle of what is packed in it; fetch it again",
		        path, size);
	return found == PACKED_WHOLE ||
	       fail(error, FAIL_INVALID, "%s is damaged: it does not unpack as %s; fetch it again", path, compression);
}
