/* test_arena.c: what an arena gave stays as it was until the reset, whatever is taken after it. */
#include "base/arena.h"

#include <string.h>

static void test_stays(void)
{
	g_auto(Arena) a = {0};
	char *texts[2000];
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2000; i++) {
			g_autofree char *text = g_strnfill((gsize)(i * 37 % 5000), (char)('a' + i % 26));
			texts[i] = arena_text(&a, text, strlen(text));
			g_assert_cmpuint((guintptr)texts[i] % 16, ==, 0);
		}
		for (int i = 0; i < 2000; i++) {
			g_assert_cmpuint(strlen(texts[i]), ==, (gsize)(i * 37 % 5000));
			g_assert_true(!*texts[i] ||
			              (*texts[i] == 'a' + i % 26 && texts[i][strlen(texts[i]) - 1] == *texts[i]));
		}
		arena_reset(&a);
	}
	char *large = arena_take(&a, 3 << 20), *small = arena_take(&a, 0);
	memset(large, 1, 3 << 20);
	g_assert_nonnull(small);
}

/* After a reset the same memory is given again. */
static void test_reset(void)
{
	g_auto(Arena) a = {0};
	void *first = arena_take(&a, 100);
	arena_reset(&a);
	g_assert_true(arena_take(&a, 50) == first);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/arena/stays", test_stays);
	g_test_add_func("/arena/reset", test_reset);
	return g_test_run();
}
