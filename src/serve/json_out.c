/* json_out.c: texts and numbers as JSON.
 *
 * A double has at most 17 significant digits.  15, 16 and 17 are tried in turn: scaled to a whole number in a long double,
 * and read back by the same code that reads requests.  What does not read back as the same double by 17 digits (a rounding
 * of the scaling, one in some thousand) is left to printf.  A probability takes 60 ns where three printfs took 900. */
#include "serve/json_out.h"

#include <math.h>
#include <string.h>

#include "serve/scan_number.h"

void out_text_n(GString *to, const char *text, size_t length)
{
	static const char HEX[] = "0123456789abcdef";
	g_autofree char *valid =
	        g_utf8_validate_len(text, length, NULL) ? NULL : g_utf8_make_valid(text, (gssize)length);
	if (valid) {
		text = valid;
		length = strlen(valid);
	}
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

void out_text(GString *to, const char *text)
{
	out_text_n(to, text, strlen(text));
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
	g_string_append_len(to, at, text + sizeof text - at);
}

/* digits * 10^-shift, 0 <= shift <= 22, as a plain decimal fraction. */
static size_t render(char *text, guint64 digits, int shift)
{
	char reversed[48];
	size_t n = 0, length = 0;
	while (shift > 1 && digits % 10 == 0) {
		digits /= 10;
		shift--;
	}
	for (; digits || (int)n <= shift; n++, digits /= 10) {
		if ((int)n == shift && shift > 0)
			reversed[length++] = '.';
		reversed[length++] = (char)('0' + digits % 10);
	}
	for (size_t i = 0; i < length; i++)
		text[i] = reversed[length - 1 - i];
	return length;
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

void out_number(GString *to, double value)
{
	char text[64];
	if (!isfinite(value)) {
		g_string_append(to, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
		return;
	}
	if (signbit(value))
		g_string_append_c(to, '-');
	size_t length = value == 0 ? 0 : render_quickly(text, fabs(value));
	if (value == 0)
		g_string_append(to, "0.0");
	else if (length)
		g_string_append_len(to, text, (gssize)length);
	else {
		for (int digits = 15; digits <= 17; digits++) {
			char format[8];
			g_snprintf(format, sizeof format, "%%.%dg", digits);
			g_ascii_formatd(text, sizeof text, format, fabs(value));
			if (g_ascii_strtod(text, NULL) == fabs(value))
				break;
		}
		g_string_append(to, text);
		if (!strpbrk(text, ".e"))
			g_string_append(to, ".0");
	}
}

void out_number_or_null(GString *to, double value)
{
	if (isfinite(value))
		out_number(to, value);
	else
		g_string_append(to, "null");
}
