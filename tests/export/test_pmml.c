/* test_pmml.c: texts of columns and categories on their way into XML. */
#include "export/pmml.h"

static void test_texts(void)
{
	g_autofree char *escaped = pmml_escape("a<b & \"c\"\n'd' é");
	g_assert_cmpstr(escaped, ==, "a&lt;b &amp; &quot;c&quot;&#10;&apos;d&apos; é");
	g_assert_true(pmml_can_hold("é\t\n a"));
	g_assert_false(pmml_can_hold("a\x1f"));
	g_autofree char *tenth = pmml_digits(0.1);
	g_assert_cmpfloat(g_ascii_strtod(tenth, NULL), ==, 0.1);
}

static void test_expressions(void)
{
	char *parts[] = {pmml_field("a&b"), pmml_number(2), pmml_text("<")};
	g_autofree char *sum = pmml_sum(parts, 3);
	g_assert_cmpstr(sum, ==,
	        "<Apply function=\"+\"><Apply function=\"+\"><FieldRef field=\"a&amp;b\"/><Constant "
	        "dataType=\"double\">2</Constant></Apply>"
	        "<Constant dataType=\"string\">&lt;</Constant></Apply>");
	g_autofree char *nothing = pmml_sum(NULL, 0);
	g_assert_cmpstr(nothing, ==, "<Constant dataType=\"double\">0</Constant>");
	g_autofree char *there = pmml_if_there("a", pmml_field_or("a", -1));
	g_assert_cmpstr(there, ==,
	        "<Apply function=\"if\"><Apply function=\"isNotMissing\"><FieldRef field=\"a\"/></Apply><FieldRef "
	        "field=\"a\" mapMissingTo=\"-1\"/></Apply>");
}

/* Names made here are all different. */
static void test_fields(void)
{
	g_autoptr(Pmml) p = pmml_new("__");
	g_autofree char *one = pmml_derive(p, p->globals, "double", pmml_field("x"));
	g_autofree char *other = pmml_derive(p, p->globals, "string", pmml_text("t"));
	g_assert_cmpstr(one, ==, "__v0");
	g_assert_cmpstr(other, ==, "__v1");
	g_assert_cmpstr(p->globals->str, ==,
	        "<DerivedField name=\"__v0\" optype=\"continuous\" dataType=\"double\"><FieldRef "
	        "field=\"x\"/></DerivedField>\n"
	        "<DerivedField name=\"__v1\" optype=\"categorical\" dataType=\"string\"><Constant "
	        "dataType=\"string\">t</Constant></DerivedField>\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pmml/texts", test_texts);
	g_test_add_func("/pmml/expressions", test_expressions);
	g_test_add_func("/pmml/fields", test_fields);
	return g_test_run();
}
