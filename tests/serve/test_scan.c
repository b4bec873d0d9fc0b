/* test_scan.c: JSON read in place: numbers to the bit, texts, refusals; and numbers written so that they read back. */
#include "serve/scan.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "serve/json_out.h"

static bool read_cell(const char *text, Cell *ret)
{
	Scan s;
	scan_start(&s, text, strlen(text));
	scan_cell(&s, ret);
	return scan_finish(&s, NULL);
}

static double number_of(const char *text)
{
	Cell cell;
	if (!read_cell(text, &cell) || (cell.type != CELL_INT && cell.type != CELL_REAL))
		g_error("%s is no number", text);
	return cell.number;
}

static void test_numbers(void)
{
	Cell cell;
	static const char *const GOOD[] = {"0", "-0", "1.5", "1e3", "1E+3", "-2.25e-3",
	        "123456789012345678901234567890", "0.1", "9007199254740993", "2.2250738585072014e-308", "4.9e-324",
	        "1.7976931348623157e308", "1e400", "1e-400", "0.30000000000000004", "5e-324", "8.5e15", "1e22", "1e23"};
	for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++)
		g_assert_cmpfloat(number_of(GOOD[i]), ==, g_ascii_strtod(GOOD[i], NULL));
	static const char *const BAD[] = {
	        "01", "1.", ".5", "+1", "-", "1e", "1e+", "0x10", "1 2", "nan", "inf", "--1", "", " ", "1,"};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
		if (read_cell(BAD[i], &cell))
			g_error("%s was taken", BAD[i]);
	g_assert_true(isnan(number_of("NaN")));
	g_assert_cmpfloat(number_of("-Infinity"), ==, -INFINITY);
	g_assert_true(read_cell("9223372036854775807", &cell) && cell.type == CELL_INT && cell.integer == INT64_MAX);
	g_assert_true(read_cell("9223372036854775808", &cell) && cell.type == CELL_REAL);
	double value;
	g_assert_true(scan_number(" +1.5 ", 6, &value) && value == 1.5);
	g_assert_true(scan_number("007", 3, &value) && value == 7);
	g_assert_true(scan_number("nan", 3, &value) && isnan(value));
	g_assert_false(scan_number("1x", 2, &value));
	g_assert_false(scan_number("0x1", 3, &value));
}

/* As many zeros as a body holds are worth what they are worth, beside an exponent that takes them back. */
static void test_long_numbers(void)
{
	g_autofree char *zeros = g_strnfill(150000, '0');
	static const struct {
		const char *before, *after;
		double value;
	} CASES[] = {{"0.", "1e150001", 1}, {"0.", "1e100000", 0}, {"0.", "25e150002", 25}, {"1", "e-150000", 1},
	        {"1", "e-149990", 1e10}, {"0.", "1e4294967297", INFINITY}, {"1", "e-99999999999999999999", 0}};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autofree char *text = g_strconcat(CASES[i].before, zeros, CASES[i].after, NULL);
		g_test_message("%s...%s", CASES[i].before, CASES[i].after);
		g_assert_cmpfloat(number_of(text), ==, CASES[i].value);
	}
}

/* Random doubles of every size, by 1 to 20 digits, as strtod reads them; and written, they read back as themselves. */
static void test_round(void)
{
	Rng rng = rng_stream(1, "scan");
	g_autoptr(GString) out = g_string_new(NULL);
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = rng_bits(&rng);
		double value;
		char text[64], format[16];
		memcpy(&value, &bits, sizeof value);
		if (i % 2)
			value = rng_unit(&rng) * pow(10, (double)(i % 24) - 8);
		if (!isfinite(value))
			continue;
		g_snprintf(format, sizeof format, "%%.%d%c", 1 + i % 20, i % 3 ? 'g' : 'e');
		g_ascii_formatd(text, sizeof text, format, value);
		if (number_of(text) != g_ascii_strtod(text, NULL))
			g_error("%s was read as %.17g", text, number_of(text));
		g_string_truncate(out, 0);
		out_number(out, value);
		if (g_ascii_strtod(out->str, NULL) != value || number_of(out->str) != value || out->len > 25)
			g_error("%.17g was written as %s", value, out->str);
	}
}

static void expect_out(double value, const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);
	out_number(out, value);
	g_assert_cmpstr(out->str, ==, text);
}

static void test_out(void)
{
	expect_out(0.1, "0.1");
	expect_out(1, "1.0");
	expect_out(-2.5, "-2.5");
	expect_out(0, "0.0");
	expect_out(100, "100.0");
	expect_out(0.30000000000000004, "0.30000000000000004");
	expect_out(1e-7, "1e-07");
	expect_out(1e20, "1e+20");
	expect_out(0.00012, "0.00012");
	expect_out(NAN, "NaN");
	g_autoptr(GString) out = g_string_new(NULL);
	out_text(out, "a\"\\\n\xff");
	g_assert_cmpstr(out->str, ==, "\"a\\\"\\\\\\u000a\xef\xbf\xbd\"");
	g_string_truncate(out, 0);
	out_int(out, INT64_MIN);
	g_assert_cmpstr(out->str, ==, "-9223372036854775808");
}

/* Looking for brackets and texts only, a value's end is found where reading it finds it. */
static void test_pass(void)
{
	static const char *const GOOD[] = {"[1,2,3]", "{\"a\":[1,{\"b\":\"]}\\\"\\\\\"}],\"c\":\"[[[{{\"}", "[]",
	        " {} ", "[[],[[]],{}]", "12.5", "\"text]\"",
	        "[\"0123456789abcdefYy_Y_yY_\",123456789.123456789,123456789.123456789]"};
	static const char *const OPEN[] = {"[1,2", "{\"a\":[1}", "[\"a]", "[\"a\\\"]", "{", "[[[[[[[[[[]]]]]]]]]"};
	for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++)
		for (unsigned before = 0; before < 20; before++) {
			g_autofree char *text = g_strdup_printf("%*s%s,[]", (int)before, "", GOOD[i]);
			Scan read, passed;
			const char *begin = NULL;
			scan_start(&read, text, strlen(text));
			scan_start(&passed, text, strlen(text));
			g_assert_true(scan_skip(&read, NULL) && scan_pass(&passed, &begin));
			g_assert_true(read.at == passed.at && begin == text + before + (*GOOD[i] == ' '));
		}
	for (size_t i = 0; i < G_N_ELEMENTS(OPEN); i++) {
		Scan s;
		scan_start(&s, OPEN[i], strlen(OPEN[i]));
		g_assert_false(scan_pass(&s, NULL));
		g_assert_false(scan_finish(&s, NULL));
	}
	g_autofree char *deep = g_strnfill(100, '[');
	Scan s;
	scan_start(&s, deep, strlen(deep));
	g_assert_false(scan_pass(&s, NULL));
	g_assert_nonnull(strstr(s.problem, "deep"));
}

/* Wherever in a text a byte stands that is not UTF-8, or NUL. */
static void test_bad_bytes(void)
{
	char text[70];
	for (size_t at = 0; at < sizeof text; at++)
		for (unsigned kind = 0; kind < 3; kind++) {
			Scan s;
			memset(text, ' ', sizeof text);
			text[at] = "\xff\x00z"[kind];
			scan_start(&s, text, sizeof text);
			g_assert_true(kind == 2 ? !s.problem : s.problem && s.problem_at == text + at);
		}
}

static void expect_text(const char *json, const char *text)
{
	Scan s;
	Cell cell;
	scan_start(&s, json, strlen(json));
	g_assert_true(scan_cell(&s, &cell) && cell.type == CELL_TEXT);
	g_assert_cmpmem(cell.text, cell.length, text, strlen(text));
	g_assert_true(scan_finish(&s, NULL));
}

static void test_texts(void)
{
	Cell cell;
	expect_text("\"plain\"", "plain");
	expect_text(" \"a\\n\\\"\\u00e9\\ud83d\\ude00\" ", "a\n\"\u00e9\U0001F600");
	expect_text("\"\"", "");
	static const char *const BAD[] = {"\"open", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u0000\"",
	        "\"a\nb\"", "\"\xff\"", "\"\\"};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
		if (read_cell(BAD[i], &cell))
			g_error("%s was taken", BAD[i]);
}

static bool skips(const char *text)
{
	Scan s;
	scan_start(&s, text, strlen(text));
	scan_skip(&s, NULL);
	return scan_finish(&s, NULL);
}

static void test_structure(void)
{
	static const char *const GOOD[] = {
	        "{}", "[]", "[[],{}]", "{\"a\": [1, {\"b\": null}], \"c\": true}", " [ 1 , 2 ] "};
	static const char *const BAD[] = {"{", "[", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "[1}",
	        "{\"a\":1]", "[]]", "{},", "tru", "[1"};
	for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++)
		g_assert_true(skips(GOOD[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
		if (skips(BAD[i]))
			g_error("%s was taken", BAD[i]);
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autoptr(GError) error = NULL;
	Scan s;
	scan_start(&s, deep, 100000);
	scan_skip(&s, NULL);
	g_assert_false(scan_finish(&s, &error));
	g_assert_nonnull(strstr(error->message, "nested too deeply"));
}

/* Bytes of TensorFlow Serving's clients. */
static void test_base64(void)
{
	static const char *const BAD[] = {"{\"b64\": \"YQ\"}", "{\"b64\": \"Y===\"}", "{\"b64\": \"====\"}",
	        "{\"b64\": \"Y Q=\"}", "{\"b64\": \"AA==\"}" /* a NUL */, "{\"b64\": \"/w==\"}" /* no UTF-8 */,
	        "{\"b64\": 1}", "{\"b64\": \"\", \"a\": 1}", "{\"a\": \"YQ==\"}", "{}", "{\"b64\": \"YQ==\"",
	        "{\"b64\": \"YQ==\",}"};
	static const char TEXT[] = "[{\"b64\": \"\"}, {\"b64\" : \"Z3LDvG4=\"}, {\"b64\": \"YQ=\\u003d\"}, 1]";
	static const char *const WANTED[] = {"", "gr\303\274n", "a"};
	Scan s;
	Cell cell;
	scan_start(&s, TEXT, strlen(TEXT));
	g_assert_true(scan_enter(&s, '['));
	for (size_t i = 0; i < G_N_ELEMENTS(WANTED); i++) {
		g_assert_true(scan_more(&s, ']') && scan_cell(&s, &cell) && cell.type == CELL_TEXT);
		g_assert_cmpmem(cell.text, cell.length, WANTED[i], strlen(WANTED[i]));
	}
	g_assert_true(scan_more(&s, ']') && scan_cell(&s, &cell) && !scan_more(&s, ']') && scan_finish(&s, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		scan_start(&s, BAD[i], strlen(BAD[i]));
		if (scan_cell(&s, &cell))
			g_error("%s was taken", BAD[i]);
		g_assert_false(scan_finish(&s, NULL));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scan/pass", test_pass);
	g_test_add_func("/scan/bad bytes", test_bad_bytes);
	g_test_add_func("/scan/numbers", test_numbers);
	g_test_add_func("/scan/long numbers", test_long_numbers);
	g_test_add_func("/scan/round", test_round);
	g_test_add_func("/scan/out", test_out);
	g_test_add_func("/scan/texts", test_texts);
	g_test_add_func("/scan/structure", test_structure);
	g_test_add_func("/scan/base64", test_base64);
	return g_test_run();
}
