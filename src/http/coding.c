/* coding.c: gzip and deflate by zlib. */
#include "http/coding.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/limits.h"

const char *const CODING_NAMES[CODINGS] = {"identity", "gzip", "deflate"};

static bool is_name(const char *text, size_t length, const char *name)
{
	return strlen(name) == length && g_ascii_strncasecmp(text, name, length) == 0;
}

static Coding coding_named(const char *text, size_t length)
{
	if (is_name(text, length, "x-gzip"))
		return CODING_GZIP;
	Coding c = CODING_IDENTITY;
	while (c < CODINGS && !is_name(text, length, CODING_NAMES[c]))
		c++;
	return c;
}

bool coding_read(const char *content_encoding, Coding *ret)
{
	const char *text = content_encoding ? content_encoding : CODING_NAMES[CODING_IDENTITY];
	*ret = coding_named(text, strlen(text));
	return *ret < CODINGS;
}

/* "0.5" in thousandths: a 0 with up to three digits behind the point, or a 1 with zeros; -1: something else. */
static int read_weight(const char *text, const char *end)
{
	int weight, scale = 100;
	if (text == end || (*text != '0' && *text != '1'))
		return -1;
	weight = (*text++ - '0') * 1000;
	if (text < end && *text++ != '.')
		return -1;
	for (; text < end; text++, scale /= 10) {
		if (!g_ascii_isdigit(*text) || scale == 0)
			return -1;
		weight += (*text - '0') * scale;
	}
	return weight <= 1000 ? weight : -1;
}

static const char *trim(const char *text, const char **end)
{
	while (text < *end && g_ascii_isspace(*text))
		text++;
	while (text < *end && g_ascii_isspace((*end)[-1]))
		(*end)--;
	return text;
}

/* One of the list, "gzip;q=0.5"; other parameters than q are none that this header has. */
static void read_choice(const char *text, const char *end, int weights[static CODINGS + 1])
{
	const char *semicolon = memchr(text, ';', (size_t)(end - text));
	const char *name_end = semicolon ? semicolon : end;
	int weight = 1000;
	text = trim(text, &name_end);
	if (semicolon) {
		const char *q = trim(semicolon + 1, &end);
		if (end - q < 2 || (*q != 'q' && *q != 'Q') || q[1] != '=')
			return;
		weight = read_weight(q + 2, end);
	}
	size_t length = (size_t)(name_end - text);
	Coding c = length == 1 && *text == '*' ? CODINGS : coding_named(text, length);
	if (weight >= 0 && (c < CODINGS || (length == 1 && *text == '*')))
		weights[c] = weight;
}

Coding coding_choose(const char *accept_encoding)
{
	int weights[CODINGS + 1] = {-1, -1, -1, -1}; /* the last is "*": all that is not named */
	const char *text = accept_encoding;
	if (!text)
		return CODING_IDENTITY;
	for (;; text++) {
		const char *end = text + strcspn(text, ",");
		read_choice(text, end, weights);
		text = end;
		if (!*text)
			break;
	}
	Coding best = CODING_IDENTITY;
	int most = MAX(weights[CODING_IDENTITY], 0);
	for (Coding c = CODING_GZIP; c < CODINGS; c++) {
		int weight = weights[c] >= 0 ? weights[c] : MAX(weights[CODINGS], 0);
		if (weight > most || (weight == most && weight > 0 && best == CODING_IDENTITY)) {
			best = c;
			most = weight;
		}
	}
	return best;
}

/* Two bytes of zlib's form: method 8, and a multiple of 31. */
static bool has_zlib_head(const char *bytes, size_t size)
{
	const unsigned char *b = (const unsigned char *)bytes;
	return size >= 2 && (b[0] & 15) == 8 && (b[0] << 8 | b[1]) % 31 == 0;
}

static int window_of(Coding coding, const char *bytes, size_t size)
{
	return coding == CODING_GZIP ? 15 + 16 : has_zlib_head(bytes, size) ? 15 : -15;
}

static bool check_growth(const GString *out, size_t size, size_t most, GError **error)
{
	if (out->len > most)
		return fail(error, FAIL_LIMIT, "the body is larger than this server takes when it is unpacked");
	if (out->len > LIMIT_INFLATE_FREE && out->len / LIMIT_INFLATE_RATIO > size)
		return fail(error, FAIL_LIMIT,
		        "the body grows to more than %d times its size when it is unpacked: send it plain",
		        LIMIT_INFLATE_RATIO);
	return true;
}

/* As much as fits the room it makes; never more than a byte over `most`. */
static int inflate_some(z_stream *z, GString *out, size_t most)
{
	size_t before = out->len, room = MIN(MAX(before, 16384), most + 1 - before);
	g_string_set_size(out, before + room);
	z->next_out = (Bytef *)out->str + before;
	z->avail_out = (uInt)room;
	int how = inflate(z, Z_NO_FLUSH);
	g_string_set_size(out, before + room - z->avail_out);
	/* Nothing left to read, and room it did not need: the end is missing. */
	return how == Z_OK && z->avail_in == 0 && z->avail_out > 0 ? Z_BUF_ERROR : how;
}

static bool inflate_all(z_stream *z, Coding coding, size_t most, GString *out, GError **error)
{
	size_t size = z->avail_in;
	for (;;) {
		int how = inflate_some(z, out, most);
		if (!check_growth(out, size, most, error))
			return false;
		if (how == Z_STREAM_END && z->avail_in == 0)
			return true;
		/* Files of gzip may be set end to end (RFC 1952, 2.2). */
		if (how == Z_STREAM_END && coding == CODING_GZIP && inflateReset(z) == Z_OK)
			continue;
		if (how != Z_OK)
			return fail(error, FAIL_INVALID, "the body is not whole %s", CODING_NAMES[coding]);
	}
}

bool coding_inflate(Coding coding, const char *bytes, size_t size, size_t most, GString **ret, GError **error)
{
	z_stream z = {.next_in = (Bytef *)bytes, .avail_in = (uInt)size};
	if (size > G_MAXUINT32 || most >= G_MAXUINT32)
		return fail(error, FAIL_LIMIT, "the body is larger than this server takes");
	if (inflateInit2(&z, window_of(coding, bytes, size)) != Z_OK)
		return fail(error, FAIL_UNAVAILABLE, "no memory to unpack the body");
	GString *out = g_string_new(NULL);
	bool ok = inflate_all(&z, coding, most, out, error);
	inflateEnd(&z);
	if (ok)
		*ret = out;
	else
		g_string_free(out, TRUE);
	return ok;
}

/* A window no larger than the text: the memory of the usual one, 256 KiB, takes longer to get than a small text to pack. */
static int window_for(size_t size)
{
	int bits = 9;
	while (bits < 15 && (size_t)1 << bits < size)
		bits++;
	return bits;
}

GString *coding_deflate(Coding coding, const GString *plain)
{
	z_stream z = {.next_in = (Bytef *)plain->str, .avail_in = (uInt)plain->len};
	int bits = window_for(plain->len);
	if (plain->len > G_MAXINT32 ||
	        deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, coding == CODING_GZIP ? bits + 16 : bits, bits - 6,
	                Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	GString *out = g_string_sized_new(plain->len);
	g_string_set_size(out, plain->len); /* longer would be of no use */
	z.next_out = (Bytef *)out->str;
	z.avail_out = (uInt)out->len;
	int how = deflate(&z, Z_FINISH);
	g_string_set_size(out, out->len - z.avail_out);
	deflateEnd(&z);
	if (how == Z_STREAM_END)
		return out;
	g_string_free(out, TRUE);
	return NULL;
}
