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

/* Those that a double holds exactly. */
static const double EXACT[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { MANTISSA_DIGITS = 19 }; /* a uint64_t holds all numbers of so many */

/* No text is longer, so no exponent beyond it comes back by zeros; two of them fit an int. */
enum { DIGITS_MOST = 1000000000 };

typedef struct Decimal {
	uint64_t mantissa;
	int digits;                       /* significant ones in mantissa */
	int exponent;                     /* power of ten */
	bool negative, is_whole, is_long; /* long: more digits than the mantissa holds */
} Decimal;

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

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

/* Are these eight bytes digits?  A byte of '0' to '9' has 3 in its upper half, and keeps it when 6 is added. */
static inline bool are_digits(uint64_t bytes)
{
	const uint64_t upper = UINT64_C(0xf0f0f0f0f0f0f0f0), threes = UINT64_C(0x3030303030303030);
	return (bytes & upper) == threes && ((bytes + UINT64_C(0x0606060606060606)) & upper) == threes;
}

/* Eight digits, the first in the lowest byte: neighbours are put together, then pairs, then fours. */
static inline uint64_t eight_digits(uint64_t bytes)
{
	bytes = (bytes & UINT64_C(0x0f0f0f0f0f0f0f0f)) * ((10 << 8) + 1) >> 8;
	bytes = (bytes & UINT64_C(0x00ff00ff00ff00ff)) * ((UINT64_C(100) << 16) + 1) >> 16;
	return (bytes & UINT64_C(0x0000ffff0000ffff)) * ((UINT64_C(10000) << 32) + 1) >> 32;
}

/* How many of eight bytes are digits, from the lowest up to the first that is none: that one is found surely, what a carry does to
 * those above it does not matter. */
static inline unsigned leading_digits(uint64_t bytes)
{
	uint64_t low = bytes ^ UINT64_C(0x3030303030303030);
	uint64_t others = (low | (low + UINT64_C(0x7676767676767676))) & UINT64_C(0x8080808080808080);
	return others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

static inline uint64_t load_eight(const char *at)
{
	uint64_t bytes;
	memcpy(&bytes, at, sizeof bytes);
	return GUINT64_FROM_LE(bytes);
}

static inline bool read_eight(const char *at, const char *end, uint64_t *ret)
{
	if (end - at < 8)
		return false;
	uint64_t bytes = load_eight(at);
	*ret = eight_digits(bytes);
	return are_digits(bytes);
}

/* By eights behind the first digit that counts: most numbers that Python writes have 16 or 17. */
static const char *read_digits(const char *at, const char *end, Decimal *d, int shift)
{
	const char *begin = at;
	uint64_t mantissa = d->mantissa, eight;
	int digits = d->digits;
	while (at < end && digits < MANTISSA_DIGITS) {
		if (digits && digits + 8 <= MANTISSA_DIGITS && read_eight(at, end, &eight)) {
			mantissa = mantissa * 100000000 + eight;
			digits += 8;
			at += 8;
			continue;
		}
		if (!is_digit(*at))
			break;
		mantissa = mantissa * 10 + (uint64_t)(*at++ - '0');
		digits += mantissa != 0;
	}
	d->mantissa = mantissa;
	d->digits = digits;
	d->exponent -= shift * (int)MIN(at - begin, DIGITS_MOST);
	for (; at < end && is_digit(*at); at++)
		d->is_long = true;
	return at;
}

static const char *read_exponent(const char *at, const char *end, Decimal *d)
{
	bool negative = false;
	int power = 0;
	if (at < end && (*at == '+' || *at == '-'))
		negative = *at++ == '-';
	if (at >= end || !is_digit(*at))
		return NULL;
	for (; at < end && is_digit(*at); at++)
		power = power < DIGITS_MOST / 10 ? power * 10 + (*at - '0') : DIGITS_MOST;
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

/* Digits behind `at`, of which at most MANTISSA_DIGITS fit.  How many there are is no question of branches, which processors guess
 * wrong: those of the last eight bytes are moved up, and zeros come in before them. */
static inline const char *add_digits(const char *at, const char *end, uint64_t *mantissa)
{
	static const uint64_t TENS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
	while (end - at >= 8) {
		uint64_t bytes = load_eight(at);
		unsigned count = leading_digits(bytes);
		if (count < 8) {
			*mantissa = *mantissa * TENS[count] + eight_digits(bytes << (56 - 8 * count) << 8);
			return at + count;
		}
		*mantissa = *mantissa * 100000000 + eight_digits(bytes);
		at += 8;
	}
	for (; at < end && is_digit(*at); at++)
		*mantissa = *mantissa * 10 + (uint64_t)(*at - '0');
	return at;
}

/* What nearly all numbers are: "-12.345", without an exponent, of digits that fit.  False: anything else. */
static inline bool read_plain(Scan *s, Cell *ret)
{
	bool negative = *s->at == '-';
	uint64_t mantissa = 0;
	const char *begin = s->at + negative, *point = add_digits(begin, s->end, &mantissa), *at = point;
	if (point == begin || point == s->end || (*begin == '0' && point > begin + 1))
		return false;
	if (*point == '.')
		at = add_digits(point + 1, s->end, &mantissa);
	int fraction = at > point ? (int)MIN(at - point - 1, 100) : 0;
	int digits = (int)MIN(at - begin, 100) - (at > point) -
	             (*begin == '0'); /* neither the point nor a 0 before it is one */
	if (at == point + 1 || at == s->end || (*at | 32) == 'e' || digits > MANTISSA_DIGITS || fraction > 22)
		return false;
	double value;
	if (mantissa <= UINT64_C(1) << 53) /* both are exact, and so is the rounding of their quotient */
		value = (double)(int64_t)mantissa / EXACT[fraction];
	else if (!value_of(&(Decimal){.mantissa = mantissa, .exponent = -fraction}, &value))
		return false;
	s->at = at;
	*ret = (Cell){.type = CELL_REAL, .number = negative ? -value : value};
	if (at == point && mantissa <= (uint64_t)INT64_MAX) {
		ret->type = CELL_INT;
		ret->integer = negative ? -(int64_t)mantissa : (int64_t)mantissa;
	}
	return true;
}

bool scan_json_number(Scan *s, Cell *ret)
{
	Decimal d;
	if (read_plain(s, ret))
		return true;
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

static const char *pass_digits(const char *at, const char *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

bool scan_pass_number(Scan *s)
{
	const char *at = s->at + (s->at < s->end && *s->at == '-'), *begin = at;
	at = pass_digits(at, s->end);
	bool ok = at > begin && (*begin != '0' || at == begin + 1);
	if (ok && at < s->end && *at == '.') {
		begin = ++at;
		at = pass_digits(at, s->end);
		ok = at > begin;
	}
	if (ok && at < s->end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < s->end && (*at == '+' || *at == '-');
		begin = at;
		at = pass_digits(at, s->end);
		ok = at > begin;
	}
	if (!ok)
		return scan_problem(s, "a value is expected");
	s->at = at;
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
