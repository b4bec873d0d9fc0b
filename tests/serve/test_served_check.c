/* test_served_check.c: which version may take the place of which, and stored requests answered again. */
#include "serve/served_check.h"

#include "base/error.h"
#include "served_kit.h"

/* A version with these inputs only, for what looks at inputs and the task. */
typedef struct Shape {
	Served served;
	const char *names[4];
	ColumnType types[4];
} Shape;

static Served *shaped(Shape *s, const Served *like, const char *const *names, const ColumnType *types)
{
	*s = (Shape){.served = *like};
	s->served.by_name = dictionary_new();
	for (s->served.inputs = 0; names[s->served.inputs]; s->served.inputs++) {
		const char *name = names[s->served.inputs];
		s->names[s->served.inputs] = name;
		s->types[s->served.inputs] = types[s->served.inputs];
		dictionary_code(s->served.by_name, name, strlen(name));
	}
	s->served.input_names = s->names;
	s->served.input_types = s->types;
	return &s->served;
}

static void test_fits(void)
{
	static const char *const BOTH[] = {"a", "b", NULL}, *const ONE[] = {"b", NULL},
	                         *const OTHER[] = {"b", "c", NULL};
	static const ColumnType NUMBERS[] = {COLUMN_INT, COLUMN_REAL}, WHOLE[] = {COLUMN_INT}, TEXT[] = {COLUMN_TEXT},
	                        TIME[] = {COLUMN_TIME}, TEXTS[] = {COLUMN_TEXT, COLUMN_TEXT};
	g_autoptr(Served) kit = kit_served();
	Shape stable, texts, candidate;
	const Served *before = shaped(&stable, kit, BOTH, NUMBERS), *words = shaped(&texts, kit, BOTH, TEXTS);
	const struct {
		const Served *stable;
		const char *const *names;
		const ColumnType *types;
		const char *problem; /* NULL: fits */
	} CASES[] = {
	        {before, BOTH, NUMBERS, NULL},
	        {before, ONE, WHOLE, NULL}, /* fewer inputs; numbers are read from each other */
	        {before, ONE, TEXT, NULL},
	        {words, ONE, WHOLE, "\"b\" is int for half@3, and text for version 3"},
	        {before, ONE, TIME, "\"b\" is time"},
	        {before, OTHER, NUMBERS, "needs the input \"c\""},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autoptr(GError) error = NULL;
		const Served *c = shaped(&candidate, kit, CASES[i].names, CASES[i].types);
		g_assert_cmpint(served_fits(c, CASES[i].stable, &error), ==, CASES[i].problem == NULL);
		g_assert_true(!CASES[i].problem || strstr(error->message, CASES[i].problem));
		dictionary_unref(candidate.served.by_name);
	}
	dictionary_unref(stable.served.by_name);
	dictionary_unref(texts.served.by_name);
}

static void test_replay(void)
{
	g_autoptr(Served) s = kit_served();
	g_autoptr(GError) error = NULL;
	double slowest = -1;
	json_auto_t *rows = json_array();
	json_array_append_new(rows, served_example(s));
	json_array_append_new(rows, served_example(s));
	g_assert_true(served_replay(s, rows, &slowest, NULL) && slowest >= 0);
	json_object_del(json_array_get(rows, 1), "x");
	g_assert_false(served_replay(s, rows, &slowest, &error));
	g_assert_nonnull(strstr(error->message, "half@3, stored request 2:"));
	g_clear_error(&error);
	json_object_set_new(json_array_get(rows, 1), "x", json_string("Jane Doe, 12 Elm Street"));
	g_assert_false(served_replay(s, rows, &slowest, &error)); /* goes on record: what was asked does not */
	g_assert_nonnull(
	        strstr(error->message, "half@3, stored request 2: row 1: column \"x\": a text is not of type real"));
	g_assert_null(strstr(error->message, "Jane"));
	g_assert_true(served_replay(s, NULL, &slowest, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/served_check/fits", test_fits);
	g_test_add_func("/served_check/replay", test_replay);
	return g_test_run();
}
