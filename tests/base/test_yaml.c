/* test_yaml.c: YAML becomes JSON, every value knows its place, and what is wrong is said with line and column.
 *
 * Types of plain scalars: the examples of YAML 1.2.2, section 10.3.2 (core schema), and what people expect to be text. */
#include "base/yaml.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/rng.h"

static Yaml *parse(const char *text)
{
	Yaml *y = NULL;
	g_autoptr(GError) error = NULL;
	if (!yaml_parse("f", text, strlen(text), &y, &error))
		g_error("%s\nin:\n%s", error->message, text);
	return y;
}

static void assert_reads(const char *text, const char *json)
{
	g_autoptr(Yaml) y = parse(text);
	g_autofree char *found = json_canonical(yaml_root(y));
	g_assert_cmpstr(found, ==, json);
}

static void test_values(void)
{
	static const char *const CASES[][2] = {
	        {"a:", "null"},
	        {"a: ~", "null"},
	        {"a: null", "null"},
	        {"a: Null", "null"},
	        {"a: nULL", "\"nULL\""},
	        {"a: true", "true"},
	        {"a: False", "false"},
	        {"a: TRUE", "true"},
	        {"a: yes", "\"yes\""},
	        {"a: NO", "\"NO\""},
	        {"a: on", "\"on\""},
	        {"a: 0", "0"},
	        {"a: -19", "-19"},
	        {"a: +5", "5"},
	        {"a: 007", "7"},
	        {"a: 0o17", "15"},
	        {"a: 0x3A", "58"},
	        {"a: -0x3A", "\"-0x3A\""},
	        {"a: 0b1", "\"0b1\""},
	        {"a: 0x", "\"0x\""},
	        {"a: 0o8", "\"0o8\""},
	        {"a: 9223372036854775807", "9223372036854775807"},
	        {"a: -9223372036854775808", "-9223372036854775808"},
	        {"a: 0.", "0.0"},
	        {"a: .5", "0.5"},
	        {"a: -0.0", "-0.0"},
	        {"a: 12e03", "12000.0"},
	        {"a: -2E+05", "-200000.0"},
	        {"a: 1e", "\"1e\""},
	        {"a: .", "\".\""},
	        {"a: +", "\"+\""},
	        {"a: -.", "\"-.\""},
	        {"a: 1.2.3", "\"1.2.3\""},
	        {"a: 1_000", "\"1_000\""},
	        {"a: 190:20:30", "\"190:20:30\""},
	        {"a: 2001-03-01", "\"2001-03-01\""},
	        {"a: 2001-03-01..", "\"2001-03-01..\""},
	        {"a: 2001-12-14t21:59:43.10-05:00", "\"2001-12-14t21:59:43.10-05:00\""},
	        {"a: '1'", "\"1\""},
	        {"a: \"true\"", "\"true\""},
	        {"a: ''", "\"\""},
	        {"a: 'it''s'", "\"it's\""},
	        {"a: \"\\u00fc\\n\"", "\"ü\\n\""},
	        {"a: don't # say so", "\"don't\""},
	        {"a: x#y", "\"x#y\""},
	        {"a: http://x:80/y", "\"http://x:80/y\""},
	        {"a: 0 3 * * *", "\"0 3 * * *\""},
	        {"a: <<", "\"<<\""},
	        {"a: |\n  select *\n    from t\n", "\"select *\\n  from t\\n\""},
	        {"a: >-\n  one\n  two\n\n  three\n", "\"one two\\nthree\""},
	        {"a: one\n  two", "\"one two\""},
	        {"a: [1, x, {y: 2}, [], {}]", "[1,\"x\",{\"y\":2},[],{}]"},
	        {"a: {b, c: }", "{\"b\":null,\"c\":null}"},
	        {"a:\n- 1\n-\n- - 2\n  - b: 3\n    c: 4\n", "[1,null,[2,{\"b\":3,\"c\":4}]]"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autofree char *json = g_strdup_printf("{\"a\":%s}", CASES[i][1]);
		assert_reads(CASES[i][0], json);
	}
}

static void test_documents(void)
{
	assert_reads("", "{}");
	assert_reads("# nothing\n\n", "{}");
	assert_reads("---\n", "{}");
	assert_reads("--- {a: 1}\n...\n", "{\"a\":1}");
	assert_reads("%YAML 1.2\n---\na: 1\n", "{\"a\":1}");
	assert_reads("\xef\xbb\xbf"
	             "a: 1\n",
	        "{\"a\":1}");
	assert_reads("a: 1\r\nb: [x,\r\n  y]\r\n", "{\"a\":1,\"b\":[\"x\",\"y\"]}");
	assert_reads("? a\n: 1\n", "{\"a\":1}");
	assert_reads("1: x\n'': y\nnull: z\n", "{\"\":\"y\",\"1\":\"x\",\"null\":\"z\"}");
	assert_reads("{\"a\":{\"b\":[1,2.5,null,true,\"c\"]}}", "{\"a\":{\"b\":[1,2.5,null,true,\"c\"]}}");
	assert_reads("a: 1\t# c\nb:\t2\n", "{\"a\":1,\"b\":2}");
	assert_reads("\r", "{}");
	assert_reads("- 1\n", "[1]");
	assert_reads("just text", "\"just text\"");
}

static void assert_refused_bytes(const char *text, gsize size, FailCode code, const char *words)
{
	Yaml *y = NULL;
	g_autoptr(GError) error = NULL;
	if (yaml_parse("f", text, size, &y, &error))
		g_error("expected \"%s\", but it was read:\n%s", words, text);
	g_assert_error(error, FAIL, (int)code);
	if (!strstr(error->message, words))
		g_error("expected \"%s\" in: %s", words, error->message);
	g_assert_null(y);
}

static void test_refused(void)
{
	static const char *const CASES[][2] = {
	        {"a: 1\n\tb: 2\n", "f:2:1: a tab"},
	        {"a:\n\t- 1\n", "f:2:1: a tab"},
	        {"a:\n  b: 1\n\tc: 2\n", "f:3:1: a tab"},
	        {"\ta: 1\n", "f:1:1: a tab"},
	        {"a: |\n\tx\n", "f:2:1: a tab"},
	        {"a: 1\nb\nc: 2\n", "f:2:1: a colon and a space are missing"},
	        {"a: b: c\n", "f:1:5: a colon where no key can stand"},
	        {"a: 1\n  b: 2\n", "f:2:4: a colon where no key can stand"},
	        {"a: - b\n", "f:1:4: a list item (-)"},
	        {"a: 1\n- b\n", "f:2:1: a new key is expected"},
	        {"- a\nb: 1\n", "f:2:1: a list item (-) is expected"},
	        {"a:\n  b: 1\n c: 2\n", "f:3:2: a new key is expected"},
	        {"a: \"x\" y\n", "f:1:8: a new key is expected"},
	        {"a: 1\nb: 'x\n\nc: 2\n", "f:2:4: the quotes that open here"},
	        {"a: 1\nb: \"x\n", "f:2:4: the quotes that open here"},
	        {"a: \"\\q\"\n", "f:1:5: in double quotes a backslash"},
	        {"a: \"C:\\data\"\n", "f:1:7: in double quotes a backslash"},
	        {"a: \"\\x1\"\n", "f:1:7: this escape needs hexadecimal"},
	        {"a: \"\\ud800\"\n", "f:1:7: this escape is not a character"},
	        {"a: \"\\0\"\n", "f:1:4: a text cannot hold the character NUL"},
	        {"\"\\0\": 1\n", "f:1:1: a text cannot hold the character NUL"},
	        {"x: 1\na: [1, 2\nb: 3\n", "f:2:4: the list that opens here"},
	        {"a: [1, 2", "f:1:4: the list that opens here"},
	        {"a: {x: 1\nb: 2\n", "f:1:4: the map that opens here"},
	        {"a: [1, , 2]\n", "f:1:8: a value is missing"},
	        {"a: ]\n", "f:1:4: a value is missing"},
	        {"a: @x\n", "f:1:4: a text cannot begin with @"},
	        {"größe: `x`\n", "f:1:8: a text cannot begin with `"},
	        {"a: %x\n", "f:1:4: a text cannot begin with %"},
	        {"%x: 1\n", "f:1:1: a line that begins with %"},
	        {"%YAML 3.0\n---\na: 1\n", "f:1:1: only YAML 1.1 and 1.2"},
	        {"a: *.csv\n", "f:1:4: a text that begins with * needs quotes"},
	        {"a: *b\n", "f:1:4: aliases"},
	        {"*b : 1\n", "f:1:1: aliases"},
	        {"a: &b 1\n", "f:1:4: anchors"},
	        {"a: &b [1]\n", "f:1:4: anchors"},
	        {"a: &b {}\n", "f:1:4: anchors"},
	        {"&k a: 1\n", "f:1:1: anchors"},
	        {"a: & b\n", "f:1:4: a text that begins with &"},
	        {"a: !!int 3\n", "f:1:4: tags"},
	        {"a: !x [1]\n", "f:1:4: tags"},
	        {"a: ! x\n", "f:1:4: tags"},
	        {"a: !<x\n", "f:1:4: tags"},
	        {"a: !e!x 1\n", "f:1:4: tags"},
	        {"a: |x\n  t\n", "f:1:4: only an indicator"},
	        {"a: |0\n  t\n", "f:1:4: the indentation"},
	        {"[a]: b\n", "f:1:1: a key must be a text"},
	        {"? {a: 1}\n: b\n", "f:1:3: a key must be a text"},
	        {"? \n: b\n", "f:1:2: a key is missing before the colon"},
	        {"a: {: b}\n", "f:1:5: a value is missing here"},
	        {"a: 1\nb: 2\na: 3\n", "f:3:1: the key \"a\" is there already, in line 1"},
	        {"a:\n  b: 1\n  c:\n  - {d: 1,\n     d: 2}\n", "f:5:6: the key \"d\" is there already, in line 4"},
	        {"--- 1\n--- 2\n", "f:2:5: a second document"},
	        {"a: 1\n...\nb: 2\n", "f:3:1: nothing can follow"},
	        {"a: .inf\n", "f:1:4: infinity and NaN"},
	        {"- -.INF\n", "f:1:3: infinity and NaN"},
	        {"a: .nan\n", "f:1:4: infinity and NaN"},
	        {"a: 1e999\n", "f:1:4: this number is too large"},
	        {"a: 9223372036854775808\n", "f:1:4: this whole number does not fit"},
	        {"a: 0xffffffffffffffff\n", "f:1:4: this whole number does not fit"},
	        {"a: 1\nbü\x01: 2", "f:2:3: the control character U+0001"},
	        {"a: \x7f\n", "f:1:4: the control character U+007F"},
	        {"a: \xef\xbb\xbf 1\n", "f:1:4: the control character U+FEFF"},
	        {"a: 1\nb: \xff\n", "f:2:4: this is not UTF-8 (byte ff)"},
	        {"a: caf\xe9\n", "f:1:7: this is not UTF-8 (byte e9)"},
	        {"\xff\xfe", "f:1:1: this is not UTF-8"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
		assert_refused_bytes(CASES[i][0], strlen(CASES[i][0]), FAIL_INVALID, CASES[i][1]);
	assert_refused_bytes("a: 1\nb: \0x\n", 11, FAIL_INVALID, "f:2:4: a NUL byte");
}

static void test_depth(void)
{
	GString *text = g_string_new(NULL);
	for (int i = 0; i < LIMIT_NESTING; i++)
		g_string_append_c(text, '[');
	g_autofree char *opened = g_strdup(text->str);
	for (int i = 0; i < LIMIT_NESTING; i++)
		g_string_append_c(text, ']');
	g_autoptr(Yaml) y = parse(text->str);
	g_autofree char *deeper = g_strconcat("a:\n ", text->str, NULL);
	assert_refused_bytes(deeper, strlen(deeper), FAIL_LIMIT, "f:2:65: nested deeper than 64 levels");
	g_string_assign(text, opened);
	for (int i = 0; i < 5000; i++)
		g_string_append_c(text, '[');
	assert_refused_bytes(text->str, text->len, FAIL_LIMIT, "nested deeper");
	g_string_truncate(text, 0);
	for (int i = 0; i < 200; i++)
		g_string_append(text, "- ");
	assert_refused_bytes(text->str, text->len, FAIL_LIMIT, "nested deeper");
	g_string_free(text, TRUE);
}

static void assert_at(const Yaml *y, const char *path, int line, int column)
{
	int found_line, found_column;
	yaml_position(y, path, &found_line, &found_column);
	if (found_line != line || found_column != column)
		g_error("\"%s\": expected %d:%d, found %d:%d", path, line, column, found_line, found_column);
}

static void test_positions(void)
{
	g_autoptr(Yaml) y = parse("# project\n"
	                          "project: late\n"
	                          "data:\n"
	                          "  query: |\n"
	                          "    select 1\n"
	                          "  größe: {x: 1, y: [10, 20]}\n"
	                          "features:\n"
	                          "  - {transform: log}\n"
	                          "  - transform: bin\n"
	                          "    columns: [a,\n"
	                          "      b]\n"
	                          "a.b: 1\n"
	                          "a:\n"
	                          "  b: 2\n"
	                          "  b.c[0]: 3\n");
	assert_at(y, "", 2, 1);
	assert_at(y, "project", 2, 1);
	assert_at(y, "data.query", 4, 3);
	assert_at(y, "data.größe.y", 6, 17);
	assert_at(y, "data.größe.y[1]", 6, 25);
	assert_at(y, "features", 7, 1);
	assert_at(y, "features[0]", 8, 5);
	assert_at(y, "features[0].transform", 8, 6);
	assert_at(y, "features[1].columns", 10, 5);
	assert_at(y, "features[1].columns[1]", 11, 7);
	assert_at(y, "a.b", 12, 1); /* the longest key that fits */
	assert_at(y, "a.b.c[0]", 12, 1);
	assert_at(y, "a", 13, 1);
	/* not there: what is nearest around it */
	assert_at(y, "nothing", 2, 1);
	assert_at(y, "data.nothing.more", 3, 1);
	assert_at(y, "features[1].columns[7]", 10, 5);
	assert_at(y, "features[1].column", 9, 5);
	assert_at(y, "features[x]", 7, 1);
	assert_at(y, "features[", 7, 1);
	assert_at(y, "project.x", 2, 1);
	assert_at(y, "projec", 2, 1);
	g_assert_cmpstr(yaml_name(y), ==, "f");
	g_autoptr(Yaml) empty = parse("");
	assert_at(empty, "a.b", 1, 1);
}

/* Random JSON, written as YAML in a random style, reads back equal. */

static char *random_text(Rng *r)
{
	static const char *const PIECES[] = {"a", "B", "7", " ", ":", "#", "-", "'", "\"", "\\", "{", "]", ",", "&",
	        "*", "!", "|", ">", "%", "@", "`", "ü", "漢", "😀", "\n", "\t", "null", "true", "1e5", "?", "~", ".",
	        "\x01"};
	GString *text = g_string_new(NULL);
	for (uint64_t i = rng_below(r, 6); i > 0; i--)
		g_string_append(text, PIECES[rng_below(r, G_N_ELEMENTS(PIECES))]);
	return g_string_free(text, FALSE);
}

static json_t *random_json(Rng *r, int depth)
{
	json_t *value;
	g_autofree char *text = random_text(r);
	switch (rng_below(r, depth < 4 ? 8 : 5)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(rng_below(r, 2));
	case 2:
		return json_integer((json_int_t)rng_bits(r));
	case 3:
		return json_real(rng_normal(r) * (rng_below(r, 2) ? 1e300 : 1e-5));
	case 4:
		return json_string(text);
	case 5:
		value = json_array();
		for (uint64_t i = rng_below(r, 5); i > 0; i--)
			json_array_append_new(value, random_json(r, depth + 1));
		return value;
	default:
		value = json_object();
		for (uint64_t i = rng_below(r, 5); i > 0; i--) {
			g_autofree char *key = random_text(r);
			json_object_set_new(value, key, random_json(r, depth + 1));
		}
		return value;
	}
}

static void write_scalar(GString *out, Rng *r, const json_t *value)
{
	const char *text = json_string_value(value);
	bool has_breaks = text && strpbrk(text, "\n\t\x01");
	g_autofree char *json = json_canonical(value);
	if (!text || has_breaks || rng_below(r, 2)) {
		g_string_append(out, json);
		return;
	}
	g_auto(GStrv) parts = g_strsplit(text, "'", -1);
	g_autofree char *doubled = g_strjoinv("''", parts);
	g_string_append_printf(out, "'%s'", doubled);
}

static void new_line(GString *out, int indent)
{
	g_string_append_c(out, '\n');
	for (int i = 0; i < indent; i++)
		g_string_append_c(out, ' ');
}

static void write_flow(GString *out, Rng *r, const json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;
	if (!json_is_object(value) && !json_is_array(value)) {
		write_scalar(out, r, value);
		return;
	}
	g_string_append_c(out, json_is_object(value) ? '{' : '[');
	json_object_foreach ((json_t *)value, key, item) {
		json_auto_t *name = json_string(key);
		write_scalar(out, r, name);
		g_string_append(out, rng_below(r, 2) ? ": " : " : ");
		write_flow(out, r, item);
		g_string_append(out, rng_below(r, 2) ? ", " : " , ");
	}
	json_array_foreach ((json_t *)value, i, item) {
		write_flow(out, r, item);
		g_string_append(out, ",");
	}
	g_string_append_c(out, json_is_object(value) ? '}' : ']');
}

static void write_block(GString *out, Rng *r, const json_t *value, int indent)
{
	const char *key;
	json_t *item;
	size_t i;
	if ((json_object_size(value) == 0 && json_array_size(value) == 0) || rng_below(r, 4) == 0) {
		g_string_append_c(out, ' ');
		write_flow(out, r, value);
		return;
	}
	json_object_foreach ((json_t *)value, key, item) {
		json_auto_t *name = json_string(key);
		new_line(out, indent);
		write_scalar(out, r, name);
		g_string_append_c(out, ':');
		write_block(out, r, item, indent + 2);
	}
	json_array_foreach ((json_t *)value, i, item) {
		new_line(out, indent);
		g_string_append_c(out, '-');
		write_block(out, r, item, indent + 1 + (int)rng_below(r, 3));
	}
}

static void assert_round_trip(const json_t *value, const GString *text)
{
	g_autoptr(Yaml) y = parse(text->str);
	if (!json_equal(yaml_root(y), value)) {
		g_autofree char *found = json_canonical(yaml_root(y)), *wanted = json_canonical(value);
		g_error("wrote\n%s\nread\n%s\nof\n%s", text->str, found, wanted);
	}
}

static void test_round_trip(void)
{
	Rng r = rng_stream(20240501, "yaml");
	for (int round = 0; round < 3000; round++) {
		json_auto_t *value = random_json(&r, 0);
		if (json_is_null(value))
			continue; /* an empty file is {} */
		GString *text = g_string_new(NULL);
		if (round % 2)
			write_flow(text, &r, value);
		else
			write_block(text, &r, value, 0);
		assert_round_trip(value, text);
		g_string_free(text, TRUE);
	}
}

static void test_files(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-yaml-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "gyre.yaml", NULL);
	g_assert_true(g_file_set_contents(path, "goal: {target: late", -1, NULL));
	Yaml *y = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(yaml_read_file(path, &y, &error));
	g_assert_nonnull(strstr(error->message, "gyre.yaml:1:7: the map that opens here"));
	g_clear_error(&error);
	g_assert_true(file_remove(folder, NULL));
	g_assert_false(yaml_read_file(path, &y, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	g_clear_error(&error);
	assert_refused_bytes(folder, (gsize)LIMIT_CONFIG_BYTES + 1, FAIL_LIMIT, "larger than");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/yaml/values", test_values);
	g_test_add_func("/yaml/documents", test_documents);
	g_test_add_func("/yaml/refused", test_refused);
	g_test_add_func("/yaml/depth", test_depth);
	g_test_add_func("/yaml/positions", test_positions);
	g_test_add_func("/yaml/round-trip", test_round_trip);
	g_test_add_func("/yaml/files", test_files);
	return g_test_run();
}
