/* test_trace.c: traceparent: what is taken and passed on, what is none.  Cases from the standard's section 3.2 and its test suite
 * (w3c/trace-context, test/test.py). */
#include "http/trace.h"

#include <glib.h>

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void test_taken(void)
{
	Trace t;
	char text[TRACE_TEXT];
	g_assert_true(trace_read("00-" ID "-" PARENT "-01", 0x1234, &t));
	g_assert_cmpstr(t.id, ==, ID);
	g_assert_cmpstr(t.parent, ==, PARENT);
	trace_write(&t, text);
	g_assert_cmpstr(text, ==, "00-" ID "-0000000000001234-01");
	g_assert_true(trace_read("00-" ID "-" PARENT "-fe", 0, &t));
	trace_write(&t, text);
	g_assert_cmpstr(text, ==, "00-" ID "-0000000000000001-00");
	g_assert_true(trace_read("cc-" ID "-" PARENT "-01", 1, &t));
	g_assert_true(trace_read("cc-" ID "-" PARENT "-01-what-the-future-brings", 1, &t));
}

static void test_refused(void)
{
	static const char *const CASES[] = {
	        NULL,
	        "",
	        "00-" ID "-" PARENT,
	        "00-" ID "-" PARENT "-0",
	        "00-" ID "-" PARENT "-0x",
	        "00-" ID "-" PARENT "-01-",
	        "00-" ID "-" PARENT "-01.",
	        "cc-" ID "-" PARENT "-01.what",
	        "ff-" ID "-" PARENT "-01",
	        ".0-" ID "-" PARENT "-01",
	        "00-00000000000000000000000000000000-" PARENT "-01",
	        "00-" ID "-0000000000000000-01",
	        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
	        "00_" ID "-" PARENT "-01",
	        "00-" ID "_" PARENT "-01",
	        " 00-" ID "-" PARENT "-01",
	        "00-" ID "-" PARENT "-01 ",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		Trace t;
		g_assert_false(trace_read(CASES[i], 1, &t));
		g_assert_cmpstr(t.id, ==, "");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/taken", test_taken);
	g_test_add_func("/trace/refused", test_refused);
	return g_test_run();
}
