/* test_plan.c: plans that do not hold are refused in words, and status foretells a run with its reasons. */
#include "kit.h"

#include "base/limits.h"

static void expect_invalid(Plan *p, int code, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(plan_check(p, &error));
	g_assert_error(error, FAIL, code);
	kit_contains(error->message, words);
}

static void refuse_step(PlanStep step, int code, const char *words)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "there", "sum", "{}", NULL);
	g_autoptr(GError) error = NULL;
	g_assert_false(plan_add(p, &step, &error));
	g_assert_error(error, FAIL, code);
	kit_contains(error->message, words);
}

static void test_steps(void)
{
	json_auto_t *bad_params = kit_json("{\"valu\": 1}");
	PlanInput unknown[] = {{.name = "c", .from = "there.out"}, {NULL}};
	PlanInput twice[] = {{.name = "a", .from = "there.out"}, {.name = "a", .from = "there.out"}, {NULL}};
	PlanInput nowhere[] = {{.name = "a"}, {NULL}};
	refuse_step((PlanStep){.name = "there", .kind = "sum"}, FAIL_CONFLICT, "two steps are named \"there\"");
	refuse_step((PlanStep){.name = "a.b", .kind = "sum"}, FAIL_INVALID, "cannot be a step's name");
	refuse_step((PlanStep){.name = "../x", .kind = "sum"}, FAIL_INVALID, "cannot be a step's name");
	refuse_step((PlanStep){.name = "", .kind = "sum"}, FAIL_INVALID, "cannot be a step's name");
	refuse_step((PlanStep){.name = "x", .kind = "sun"}, FAIL_INVALID, "did you mean \"sum\"?");
	refuse_step((PlanStep){.name = "x", .kind = "sum", .params = bad_params}, FAIL_INVALID,
	        "step x: valu: unknown key \"valu\"");
	refuse_step((PlanStep){.name = "x", .kind = "sum", .inputs = unknown}, FAIL_INVALID, "no input \"c\"");
	refuse_step((PlanStep){.name = "x", .kind = "sum", .inputs = twice}, FAIL_INVALID, "given twice");
	refuse_step((PlanStep){.name = "x", .kind = "sum", .inputs = nowhere}, FAIL_INVALID, "not clear where");
}

static void test_references(void)
{
	g_autoptr(Plan) step = plan_new(KINDS);
	kit_add(step, "first", "sum", "{}", NULL);
	kit_add(step, "second", "sum", "{}", "firs.out");
	expect_invalid(step, FAIL_INVALID, "there is no step \"firs\"; did you mean \"first\"?");
	g_autoptr(Plan) output = plan_new(KINDS);
	kit_add(output, "first", "sum", "{}", NULL);
	kit_add(output, "second", "sum", "{}", "first.result");
	expect_invalid(output, FAIL_INVALID, "the outputs of first are [\"out\"]");
	g_autoptr(Plan) form = plan_new(KINDS);
	kit_add(form, "second", "sum", "{}", "first");
	expect_invalid(form, FAIL_INVALID, "expected STEP.OUTPUT");
}

static void test_circle(void)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "outside", "sum", "{}", "c.out");
	kit_add(p, "a", "sum", "{}", "c.out");
	kit_add(p, "b", "sum", "{}", "a.out");
	kit_add(p, "c", "sum", "{}", "b.out");
	kit_add(p, "before", "sum", "{}", NULL);
	expect_invalid(p, FAIL_INVALID, "in a circle: ");
	g_autoptr(GError) error = NULL;
	plan_check(p, &error);
	const char *text = strchr(error->message, ':') + 2;
	g_assert_true(strcmp(text, "a -> b -> c -> a") == 0 || strcmp(text, "b -> c -> a -> b") == 0 ||
	              strcmp(text, "c -> a -> b -> c") == 0);
	g_autoptr(Plan) self = plan_new(KINDS);
	kit_add(self, "a", "sum", "{}", "a.out");
	expect_invalid(self, FAIL_INVALID, "in a circle: a -> a");
}

static void test_limit(void)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	PlanStep step = {.kind = "sum"};
	g_autoptr(GError) error = NULL;
	for (int i = 0; i < LIMIT_STEPS; i++) {
		g_autofree char *name = g_strdup_printf("s%d", i);
		step.name = name;
		g_assert_true(plan_add(p, &step, NULL));
	}
	step.name = "last";
	g_assert_false(plan_add(p, &step, &error));
	g_assert_error(error, FAIL, FAIL_LIMIT);
}

static void test_deep_chain(void)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "s0", "sum", "{}", NULL);
	for (int i = 1; i < LIMIT_STEPS; i++) {
		g_autofree char *name = g_strdup_printf("s%d", i);
		g_autofree char *before = g_strdup_printf("s%d.out", i - 1);
		kit_add(p, name, "sum", "{}", before);
	}
	g_assert_true(plan_check(p, NULL));
}

static Plan *three(const StepKind *const *kinds, const char *params, uint64_t seed)
{
	json_auto_t *given = kit_json(params);
	g_autofree char *file = kit_path("data.json");
	PlanInput inputs[] = {{.name = "a", .file = file}, {NULL}};
	PlanStep step = {.name = "first", .kind = "sum", .params = given, .inputs = inputs, .seed = seed};
	Plan *p = plan_new(kinds);
	g_assert_true(plan_add(p, &step, NULL));
	kit_add(p, "second", "sum", "{}", "first.out");
	kit_add(p, "apart", "sum", "{\"value\": 9}", NULL);
	return p;
}

static void expect_status(Plan *owned, const char *summary, const char *why_first)
{
	g_autoptr(Plan) p = owned;
	json_auto_t *status = kit_status(p);
	kit_expect(status, summary);
	g_assert_cmpstr(kit_field(status, "first", "why"), ==, why_first);
}

static void test_status(void)
{
	kit_begin();
	kit_write("data.json", "{\"value\": 1}");
	expect_status(three(KINDS, "{}", 0), "first=stale apart=stale second=waiting", "never run");
	g_autoptr(Plan) p = three(KINDS, "{}", 0);
	json_auto_t *result = kit_run(p);
	kit_expect(result, "first=ran apart=ran second=ran");
	const char *fresh = "first=fresh apart=fresh second=fresh", *stale = "first=stale apart=fresh second=waiting";
	expect_status(three(KINDS, "{}", 0), fresh, "unchanged");
	expect_status(three(KINDS, "{\"value\": 1}", 0), fresh, "unchanged"); /* the default, written out */
	expect_status(three(KINDS, "{\"value\": 2}", 0), stale, "param value changed from 1 to 2");
	expect_status(three(KINDS, "{\"trace\": \"t\"}", 0), stale, "param trace is new: \"t\"");
	expect_status(three(KINDS, "{\"block\": {\"x\": [1]}, \"value\": 2}", 7), stale,
	        "param value changed from 1 to 2; param block is new: {\"x\":[1]}; the seed changed from 0 to 7");
	expect_status(three(NEWER_KINDS, "{}", 0), "first=stale apart=stale second=waiting",
	        "the step's version is newer (2, before 1)");
	kit_write("data.json", "{\"value\": 2}");
	expect_status(three(KINDS, "{}", 0), stale, "input a changed");
	kit_write("data.json", "{\"value\": 1}");
	expect_status(three(KINDS, "{}", 0), fresh, "unchanged");
	g_autofree char *data = kit_path("data.json");
	g_assert_cmpint(g_unlink(data), ==, 0);
	g_autofree char *missing = g_strdup_printf("the input \"a\": cannot read %s: No such file or directory", data);
	expect_status(three(KINDS, "{}", 0), "first=failed apart=fresh second=waiting", missing);
	kit_end();
}

/* Nested settings are named by their path, many differences are counted. */
static void test_differences(void)
{
	kit_begin();
	kit_write("data.json", "{\"value\": 1}");
	g_autoptr(Plan) p = three(KINDS, "{\"block\": {\"a\": {\"b\": 1, \"gone\": 2}, \"c\": 3}}", 0);
	json_auto_t *result = kit_run(p);
	expect_status(three(KINDS, "{\"block\": {\"a\": {\"b\": 2}, \"c\": 3}}", 0),
	        "first=stale apart=fresh second=waiting",
	        "param block.a.b changed from 1 to 2; param block.a.gone is gone");
	expect_status(three(KINDS, "{\"block\": {\"a\": 1, \"c\": 4, \"d\": 5}, \"value\": 6}", 1),
	        "first=stale apart=fresh second=waiting",
	        "param value changed from 1 to 6; param block.a changed from {\"b\":1,\"gone\":2} to 1;"
	        " param block.c changed from 3 to 4; and 2 more");
	kit_end();
}

/* The same key whatever the path and the order of members, another for every thing that matters. */
static char *key_of(Plan *owned)
{
	g_autoptr(Plan) p = owned;
	json_auto_t *status = kit_status(p);
	return g_strdup(kit_field(status, "first", "key"));
}

static void test_keys(void)
{
	kit_begin();
	kit_write("data.json", "{\"value\": 1}");
	g_autofree char *key = key_of(three(KINDS, "{\"block\": {\"x\": 1, \"y\": 2}}", 3));
	g_autofree char *swapped = key_of(three(KINDS, "{\"block\": {\"y\": 2, \"x\": 1}}", 3));
	g_autofree char *seed = key_of(three(KINDS, "{\"block\": {\"x\": 1, \"y\": 2}}", 4));
	kit_end();
	kit_begin(); /* another folder */
	kit_write("data.json", "{\"value\": 1}");
	g_autofree char *moved = key_of(three(KINDS, "{\"block\": {\"x\": 1, \"y\": 2}}", 3));
	kit_end();
	g_assert_cmpuint(strlen(key), ==, DIGEST_TEXT);
	g_assert_cmpstr(key, ==, swapped);
	g_assert_cmpstr(key, ==, moved);
	g_assert_cmpstr(key, !=, seed);
	/* The encoding is part of what is kept: this digest changes only with KEY_FORMAT (sha256sum of the text below). */
	const char *text = "{\"format\":1,\"inputs\":{},\"kind\":\"random\",\"outputs\":[\"out\"],\"params\":{},"
	                   "\"seed\":0,\"version\":1}";
	g_autofree char *expected = digest_of_bytes(text, strlen(text));
	kit_begin();
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "first", "random", "{}", NULL);
	json_auto_t *status = kit_status(p);
	g_assert_cmpstr(kit_field(status, "first", "key"), ==, expected);
	kit_end();
}

/* A file that changes without changing its size or its age is noticed all the same. */
static void test_racy_file(void)
{
	kit_begin();
	kit_write("data.json", "{\"value\": 1}");
	g_autofree char *path = kit_path("data.json");
	g_autofree char *before = key_of(three(KINDS, "{}", 0));
	int fd = g_open(path, O_WRONLY, 0);
	g_assert_cmpint(pwrite(fd, "{\"value\": 2}", 12, 0), ==, 12);
	close(fd);
	g_autofree char *after = key_of(three(KINDS, "{}", 0));
	g_assert_cmpstr(before, !=, after);
	kit_end();
}

int main(int argc, char **argv)
{
	KIT_MAIN;
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/steps", test_steps);
	g_test_add_func("/plan/references", test_references);
	g_test_add_func("/plan/circle", test_circle);
	g_test_add_func("/plan/limit", test_limit);
	g_test_add_func("/plan/deep-chain", test_deep_chain);
	g_test_add_func("/plan/status", test_status);
	g_test_add_func("/plan/differences", test_differences);
	g_test_add_func("/plan/keys", test_keys);
	g_test_add_func("/plan/racy-file", test_racy_file);
	return g_test_run();
}
