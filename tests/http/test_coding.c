/* test_coding.c: gzip and deflate: what is chosen, there and back, what is cut, swollen or something else. */
#include "http/coding.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/limits.h"

static void test_choose(void)
{
	static const struct {
		const char *header;
		Coding coding;
	} CASES[] = {
	        {NULL, CODING_IDENTITY},
	        {"", CODING_IDENTITY},
	        {"gzip", CODING_GZIP},
	        {"deflate", CODING_DEFLATE},
	        {"GZip", CODING_GZIP},
	        {"x-gzip", CODING_GZIP},
	        {"br, gzip, deflate", CODING_GZIP},
	        {"br", CODING_IDENTITY},
	        {"*", CODING_GZIP},
	        {"*;q=0", CODING_IDENTITY},
	        {"gzip;q=0", CODING_IDENTITY},
	        {"gzip;q=0, *", CODING_DEFLATE},
	        {"gzip;q=0.1, deflate;q=0.2", CODING_DEFLATE},
	        {"gzip; q=0.5 , deflate ;q=0.5", CODING_GZIP},
	        {"gzip;q=0.5, identity", CODING_IDENTITY},
	        {"gzip;q=1.000", CODING_GZIP},
	        {"gzip;q=1.001", CODING_IDENTITY},
	        {"gzip;q=2", CODING_IDENTITY},
	        {"gzip;q=0.0001", CODING_IDENTITY},
	        {"gzip;q=", CODING_IDENTITY},
	        {"gzip;level=9", CODING_IDENTITY},
	        {",,;,gzip,", CODING_GZIP},
	        {"identity;q=0", CODING_IDENTITY},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_test_message("%s", CASES[i].header ? CASES[i].header : "(none)");
		g_assert_cmpint(coding_choose(CASES[i].header), ==, CASES[i].coding);
	}
}

static void test_read(void)
{
	Coding coding;
	g_assert_true(coding_read(NULL, &coding) && coding == CODING_IDENTITY);
	g_assert_true(coding_read("identity", &coding) && coding == CODING_IDENTITY);
	g_assert_true(coding_read("Gzip", &coding) && coding == CODING_GZIP);
	g_assert_true(coding_read("deflate", &coding) && coding == CODING_DEFLATE);
	g_assert_false(coding_read("br", &coding));
	g_assert_false(coding_read("gzip, gzip", &coding));
	g_assert_false(coding_read("", &coding));
}

static GString *text_of(size_t size)
{
	GString *text = g_string_new(NULL);
	for (unsigned i = 0; text->len < size; i++)
		g_string_append_printf(text, "{\"a\":%u,\"b\":\"%x\"},", i * 2654435761u, i);
	g_string_truncate(text, size);
	return text;
}

static void test_there_and_back(void)
{
	static const size_t SIZES[] = {1024, 1500, 40000, 3000000};
	for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++)
		for (Coding c = CODING_GZIP; c < CODINGS; c++) {
			g_autoptr(GError) error = NULL;
			g_autoptr(GString) plain = text_of(SIZES[i]), packed = coding_deflate(c, plain);
			GString *back;
			g_assert_nonnull(packed);
			g_assert_cmpuint(packed->len, <, plain->len);
			g_assert_true(coding_inflate(c, packed->str, packed->len, SIZES[i], &back, &error));
			g_assert_no_error(error);
			g_assert_true(g_string_equal(plain, back));
			g_string_free(back, TRUE);
			g_assert_false(coding_inflate(c, packed->str, packed->len, SIZES[i] - 1, &back, &error));
			g_assert_error(error, FAIL, FAIL_LIMIT);
		}
	g_autoptr(GString) noise = g_string_new("a8$Lq!");
	g_assert_null(coding_deflate(CODING_GZIP, noise));
}

static void refused(Coding c, const char *bytes, size_t size, FailCode code)
{
	g_autoptr(GError) error = NULL;
	GString *back;
	g_assert_false(coding_inflate(c, bytes, size, 64 << 20, &back, &error));
	g_assert_error(error, FAIL, (int)code);
}

static void test_damaged(void)
{
	g_autoptr(GString) plain = text_of(5000), zipped = coding_deflate(CODING_GZIP, plain),
	                   deflated = coding_deflate(CODING_DEFLATE, plain);
	refused(CODING_GZIP, "", 0, FAIL_INVALID);
	refused(CODING_GZIP, "{}", 2, FAIL_INVALID);
	refused(CODING_DEFLATE, "{}", 2, FAIL_INVALID);
	refused(CODING_DEFLATE, zipped->str, zipped->len, FAIL_INVALID);
	refused(CODING_GZIP, deflated->str, deflated->len, FAIL_INVALID);
	for (size_t size = 0; size < zipped->len; size += 97)
		refused(CODING_GZIP, zipped->str, size, FAIL_INVALID);
	refused(CODING_GZIP, zipped->str, zipped->len - 1, FAIL_INVALID);
	g_string_append_c(zipped, 'x');
	g_string_append_c(deflated, 'x');
	refused(CODING_GZIP, zipped->str, zipped->len, FAIL_INVALID);
	refused(CODING_DEFLATE, deflated->str, deflated->len, FAIL_INVALID);
	g_string_truncate(zipped, zipped->len - 1);
	zipped->str[zipped->len - 6] ^= 1; /* the checksum */
	refused(CODING_GZIP, zipped->str, zipped->len, FAIL_INVALID);
}

/* Files set end to end are one text; deflate without zlib's head is what some clients send. */
static void test_other_forms(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) plain = text_of(5000), zipped = coding_deflate(CODING_GZIP, plain),
	                   deflated = coding_deflate(CODING_DEFLATE, plain), twice = g_string_new(NULL);
	GString *back;
	g_string_append_len(twice, zipped->str, (gssize)zipped->len);
	g_string_append_len(twice, zipped->str, (gssize)zipped->len);
	g_assert_true(coding_inflate(CODING_GZIP, twice->str, twice->len, 10000, &back, &error));
	g_assert_cmpuint(back->len, ==, 10000);
	g_assert_true(memcmp(back->str + 5000, plain->str, 5000) == 0);
	g_string_free(back, TRUE);
	g_assert_true(coding_inflate(CODING_DEFLATE, deflated->str + 2, deflated->len - 6, 10000, &back, &error));
	g_assert_true(g_string_equal(plain, back));
	g_string_free(back, TRUE);
}

/* 64 MiB of one letter travel in 64 KiB. */
static void test_bomb(void)
{
	g_autoptr(GString) plain = g_string_sized_new(32 << 20);
	g_string_set_size(plain, 32 << 20);
	memset(plain->str, 'a', plain->len);
	g_autoptr(GString) packed = coding_deflate(CODING_GZIP, plain);
	g_assert_cmpuint(packed->len * LIMIT_INFLATE_RATIO, <, plain->len);
	refused(CODING_GZIP, packed->str, packed->len, FAIL_LIMIT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/coding/choose", test_choose);
	g_test_add_func("/coding/read", test_read);
	g_test_add_func("/coding/there-and-back", test_there_and_back);
	g_test_add_func("/coding/damaged", test_damaged);
	g_test_add_func("/coding/other-forms", test_other_forms);
	g_test_add_func("/coding/bomb", test_bomb);
	return g_test_run();
}
