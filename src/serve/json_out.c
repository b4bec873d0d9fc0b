/* json_out.c: texts and numbers as JSON.
 *
 * A double has at most 17 significant digits.  Those of few digits behind the point, as people write them, are found by one multiplication
 * and a division that gives the double back: a quotient of whole numbers below 2^53 and 10^22 is the nearest double to the
 * decimal.  For others 15, 16 and 17 digits are tried in turn: scaled to a whole number in a long double,
 * and read back by the same code that reads requests.  What does not read back as the same double by 17 digits (a rounding
 * of the scaling, one in some thousand) is left to printf.  A probability takes 60 ns where three printfs took 900, 12.25 takes 15. */
#include "serve/json_out.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "serve/scan_number.h"

/* Room for so many bytes at the end; `took` tells how many of them there are now. */
static inline char *room(GString *to, size_t most)
{
	if (to->len + most >= to->allocated_len) {
		size_t length = to->len;
		g_string_set_size(to, length + most);
		to->len = length;
	}
	return to->str + to->len;
}

static inline void took(GString *to, size_t bytes)
{
	to->len += bytes;
	to->str[to->len] = '\0';
}

static void out_escaped(GString *to, const char *text, size_t length)
{
	static const char HEX[] = "0123456789abcdef";
	g_string_append_c(to, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\') {
			g_string_append_c(to, '\\');
			g_string_append_c(to, (char)c);
		} else if (c >= 0x20) {
			g_string_append_c(to, (char)c);
		} else {
			const char escape[] = {'\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15]};
			g_string_append_len(to, escape, sizeof escape);
		}
	}
	g_string_append_c(to, '"');
}

/* Neither escapes nor what may not be UTF-8: nearly all texts. */
static bool is_plain(const char *text, size_t length)
{
	bool plain = true;
	for (size_t i = 0; i < length; i++)
		plain &= (signed char)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\';
	return plain;
}

void out_text_n(GString *to, const char *text, size_t length)
{
	if (is_plain(text, length)) {
		char *at = room(to, length + 2);
		at[0] = at[length + 1] = '"';
		memcpy(at + 1, text, length);
		took(to, length + 2);
		return;
	}
	g_autofree char *valid =
	        g_utf8_validate_len(text, length, NULL) ? NULL : g_utf8_make_valid(text, (gssize)length);
	out_escaped(to, valid ? valid : text, valid ? strlen(valid) : length);
}

void out_text(GString *to, const char *text)
{
	out_text_n(to, text, strlen(text));
}

void out_part(GString *to, const char *text, size_t length)
{
	memcpy(room(to, length), text, length);
	took(to, length);
}

void out_int(GString *to, gint64 value)
{
	char text[24];
	char *at = text + sizeof text;
	guint64 rest = value < 0 ? 0 - (guint64)value : (guint64)value;
	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--at = '-';
	out_part(to, at, (size_t)(text + sizeof text - at));
}

/* digits * 10^-shift, 0 <= shift <= 22, as a plain decimal fraction of at most RENDERED bytes; from its end to its beginning. */
enum { RENDERED = 48 };
static size_t render(char *text, guint64 digits, int shift)
{
	char whole[RENDERED], *end = whole + sizeof whole, *at = end;
	while (shift > 1 && digits % 10 == 0) {
		digits /= 10;
		shift--;
	}
	for (int k = 0; k < shift; k++, digits /= 10)
		*--at = (char)('0' + digits % 10);
	if (shift > 0)
		*--at = '.';
	do
		*--at = (char)('0' + digits % 10);
	while (digits /= 10);
	memcpy(text, at, (size_t)(end - at));
	return (size_t)(end - at);
}

/* With at most 4 or 8 digits behind the point, and 15 in all: what reads back is then the only such decimal. */
static size_t render_short(char *text, double magnitude)
{
	static const struct {
		double scale;
		int shift;
	} TRIED[] = {{1e4, 4}, {1e8, 8}};
	for (size_t i = 0; i < G_N_ELEMENTS(TRIED); i++) {
		double scaled = magnitude * TRIED[i].scale + 0.5;
		if (!(scaled < 1e15) || (magnitude < 1e-5 && magnitude != 0))
			return 0;
		gint64 digits = (gint64)scaled;
		if ((double)digits / TRIED[i].scale == magnitude)
			return render(text, (guint64)digits, TRIED[i].shift);
	}
	return 0;
}

/* For magnitudes from 1e-5 to 1e15, that is for nearly all scores. */
static size_t render_quickly(char *text, double magnitude)
{
	static const long double POWERS[] = {1e0L, 1e1L, 1e2L, 1e3L, 1e4L, 1e5L, 1e6L, 1e7L, 1e8L, 1e9L, 1e10L, 1e11L,
	        1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L};
	static const double SIZES[] = {1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
	        1e11, 1e12, 1e13, 1e14, 1e15};
	if (!(magnitude >= 1e-5 && magnitude < 1e15))
		return 0;
	int whole = -4; /* digits before the point; 0.01 has -1 */
	while (whole < 15 && magnitude >= SIZES[whole + 4])
		whole++;
	for (int digits = 15; digits <= 17; digits++) {
		int shift = MAX(digits - whole, 1);
		if (shift > 22)
			return 0;
		guint64 mantissa = (guint64)(magnitude * POWERS[shift] + 0.5L);
		double back;
		if (scan_decimal(mantissa, -shift, &back)) {
			if (back == magnitude)
				return render(text, mantissa, shift);
			continue;
		}
		size_t length = render(text, mantissa, shift);
		if (scan_number(text, length, &back) && back == magnitude)
			return length;
	}
	return 0;
}

static size_t render_by_printf(char *text, size_t size, double magnitude)
{
	for (int digits = 15; digits <= 17; digits++) {
		char format[8];
		g_snprintf(format, sizeof format, "%%.%dg", digits);
		g_ascii_formatd(text, (int)size, format, magnitude);
		if (g_ascii_strtod(text, NULL) == magnitude)
			break;
	}
	if (!strpbrk(text, ".e"))
		g_strlcat(text, ".0", size);
	return strlen(text);
}

void out_number(GString *to, double value)
{
	enum { MOST = 64 };
	if (!isfinite(value)) {
		g_string_append(to, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
		return;
	}
	double magnitude = fabs(value);
	char *begin = room(to, MOST + 1), *at = begin;
	if (signbit(value))
		*at++ = '-';
	size_t length = render_short(at, magnitude);
	if (!length)
		length = render_quickly(at, magnitude);
	if (!length)
		length = render_by_printf(at, MOST, magnitude);
	took(to, (size_t)(at - begin) + length);
}

void out_number_or_null(GString *to, double value)
{
	if (isfinite(value))
		out_number(to, value);
	else
		g_string_append(to, "null");
}
