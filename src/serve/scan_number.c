/* scan_number.c: decimal text to the nearest double.
 *
 * Up to 19 digits fit a uint64_t without loss, and powers of ten up to 10^27 have at most 63 bits, so they are exact in the
 * x87's 64-bit mantissa.  One multiplication or division there is off by at most half a unit of the 64th bit; rounding that
 * to the 53 bits of a double is right unless the 11 bits that fall away are within one of the half.  Those, and longer
 * numbers, go to strtod. */
#include "serve/scan_number.h"

#include <float.h>
#include <math.h>
#include <string.h>

#if LDBL_MANT_DIG == 64
#define EXACT_POWER 27
#define EXACT_MANTISSA UINT64_MAX
typedef long double Wide;
#else /* Clinger's rule: 53 bits times 10^22 */
#define EXACT_POWER 22
#define EXACT_MANTISSA (UINT64_C(1) << 53)
typedef double Wide;
#endif

static const Wide POWERS[] = {1e0L, 1e1L, 1e2L, 1e3L, 1e4L, 1e5L, 1e6L, 1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L, 1e13L,
        1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};

typedef struct Decimal {
	uint64_t mantissa;
	int digits;                       /* significant ones in mantissa */
	int exponent;                     /* power of ten */
	bool negative, is_whole, is_long; /* long: more digits than the mantissa holds */
} Decimal;

static bool rounds_surely(Wide value)
{
#if LDBL_MANT_DIG == 64
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	unsigned low = bits & 2047;
	return low < 1023 || low > 1025;
#else
	(void)value;
	return true;
#endif
}

static bool value_of(const Decimal *d, double *ret)
{
	if (d->is_long || d->mantissa > EXACT_MANTISSA || d->exponent > EXACT_POWER || d->exponent < -EXACT_POWER)
		return false;
	Wide value = (Wide)d->mantissa;
	value = d->exponent < 0 ? value / POWERS[-d->exponent] : value * POWERS[d->exponent];
	if (d->mantissa && !rounds_surely(value))
		return false;
	*ret = d->negative ? -(double)value : (double)value;
	return true;
}

bool scan_decimal(uint64_t mantissa, int exponent, double *ret)
{
	return value_of(&(Decimal){.mantissa = mantissa, .exponent = exponent}, ret);
}

static const char *read_digits(const char *at, const char *end, Decimal *d, int shift)
{
	for (; at < end && g_ascii_isdigit(*at); at++) {
		if (d->digits >= 19) {
			d->is_long = true;
			continue;
		}
		d->mantissa = d->mantissa * 10 + (uint64_t)(*at - '0');
		d->digits += d->mantissa != 0;
		d->exponent -= shift;
	}
	return at;
}

static const char *read_exponent(const char *at, const char *end, Decimal *d)
{
	bool negative = false;
	int power = 0;
	if (at < end && (*at == '+' || *at == '-'))
		negative = *at++ == '-';
	if (at >= end || !g_ascii_isdigit(*at))
		return NULL;
	for (; at < end && g_ascii_isdigit(*at); at++)
		power = MIN(power * 10 + (*at - '0'), 100000);
	d->exponent += negative ? -power : power;
	return at;
}

/* The end of the number, NULL if there is none.  strict: JSON's grammar; else "+1", ".5", "5." and "007" are numbers too. */
static const char *read_decimal(const char *at, const char *end, bool strict, Decimal *d)
{
	*d = (Decimal){.is_whole = true};
	if (at < end && (*at == '-' || (*at == '+' && !strict)))
		d->negative = *at++ == '-';
	const char *begin = at;
	at = read_digits(at, end, d, 0);
	size_t whole = (size_t)(at - begin), fraction = 0;
	if (strict && (whole == 0 || (*begin == '0' && whole > 1)))
		return NULL;
	if (at < end && *at == '.') {
		d->is_whole = false;
		begin = ++at;
		at = read_digits(at, end, d, 1);
		fraction = (size_t)(at - begin);
		if (strict && fraction == 0)
			return NULL;
	}
	if (whole + fraction == 0)
		return NULL;
	if (at < end && (*at == 'e' || *at == 'E')) {
		d->is_whole = false;
		return read_exponent(at + 1, end, d);
	}
	return at;
}

static double slowly(const char *text, size_t length)
{
	char stack[64];
	if (length < sizeof stack) {
		memcpy(stack, text, length);
		stack[length] = '\0';
		return g_ascii_strtod(stack, NULL);
	}
	g_autofree char *copy = g_strndup(text, length);
	return g_ascii_strtod(copy, NULL);
}

bool scan_json_number(Scan *s, Cell *ret)
{
	Decimal d;
	const char *begin = s->at, *end = read_decimal(begin, s->end, true, &d);
	if (!end)
		return scan_problem(s, "a value is expected");
	s->at = end;
	*ret = (Cell){.type = CELL_REAL};
	if (d.is_whole && !d.is_long && d.mantissa <= (uint64_t)INT64_MAX) {
		ret->type = CELL_INT;
		ret->integer = d.negative ? -(int64_t)d.mantissa : (int64_t)d.mantissa;
	}
	if (!value_of(&d, &ret->number))
		ret->number = slowly(begin, (size_t)(end - begin));
	return true;
}

static bool special(const char *text, size_t length, double *ret)
{
	static const struct {
		const char *word;
		double value;
	} WORDS[] = {{"nan", NAN}, {"inf", INFINITY}, {"infinity", INFINITY}};
	bool negative = length && *text == '-';
	size_t sign = length && (*text == '-' || *text == '+');
	for (size_t i = 0; i < G_N_ELEMENTS(WORDS); i++)
		if (length - sign == strlen(WORDS[i].word) &&
		        g_ascii_strncasecmp(text + sign, WORDS[i].word, length - sign) == 0) {
			*ret = negative ? -WORDS[i].value : WORDS[i].value;
			return true;
		}
	return false;
}

bool scan_number(const char *text, size_t length, double *ret)
{
	Decimal d;
	while (length && g_ascii_isspace(*text)) {
		text++;
		length--;
	}
	while (length && g_ascii_isspace(text[length - 1]))
		length--;
	const char *end = read_decimal(text, text + length, false, &d);
	if (!end || end != text + length)
		return special(text, length, ret);
	if (!value_of(&d, ret))
		*ret = slowly(text, length);
	return true;
}
