/* test_console.c: events as a person sees them, on a terminal and in a file. */
#include "pipeline/console.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t now_us;

static int64_t test_clock(void)
{
	return now_us;
}

static char *shown(const ConsoleLook *look, const RunEvent *events, size_t count)
{
	FILE *file = tmpfile();
	g_assert_nonnull(file);
	Console *c = console_new(fileno(file), look);
	now_us = 0;
	for (size_t i = 0; i < count; i++) {
		console_observe(c, &events[i]);
		now_us += G_USEC_PER_SEC;
	}
	console_free(c);
	char *text = g_malloc0(65536);
	g_assert_cmpint(pread(fileno(file), text, 65535, 0), >=, 0);
	fclose(file);
	return text;
}

static const RunEvent EVENTS[] = {
        {.kind = EVENT_RUN_STARTED, .text = "0123456789abcdef", .total = 4},
        {.kind = EVENT_STEP_ENDED, .step = "ingest", .status = "cached", .text = "unchanged"},
        {.kind = EVENT_STEP_STARTED, .step = "train", .text = "never run", .seconds = NAN},
        {.kind = EVENT_STEP_PROGRESS, .step = "train", .text = "trials", .done = 0, .total = 20},
        {.kind = EVENT_STEP_PROGRESS, .step = "train", .text = "trials", .done = 5, .total = 20},
        {.kind = EVENT_STEP_NOTE, .step = "train", .text = "boosted \033[31mleads\a with 0.71"},
        {.kind = EVENT_STEP_WAITS, .step = "other"},
        {.kind = EVENT_STEP_ENDED,
                .step = "train",
                .status = "failed",
                .text = "no more memory\nlast words",
                .log = ".gyre/logs/r/train.log",
                .seconds = 65},
        {.kind = EVENT_STEP_ENDED, .step = "evaluate", .status = "skipped", .text = "it needs train"},
        {.kind = EVENT_STEP_ENDED, .step = "report", .status = "ran", .seconds = 3.21},
        {.kind = EVENT_RUN_ENDED, .status = "failed", .text = "0123456789abcdef", .seconds = 70},
};

static void test_lines(void)
{
	ConsoleLook look = {.width = 80, .rows = 24, .clock = test_clock};
	g_autofree char *text = shown(&look, EVENTS, G_N_ELEMENTS(EVENTS));
	g_assert_cmpstr(text, ==,
	        "ingest      cached\n"
	        "train       started (never run)\n"
	        "train       boosted [31mleads with 0.71\n"
	        "other       waits for another run that works on the same\n"
	        "train       failed after 1:05: no more memory\n"
	        "    last words\n"
	        "    log: .gyre/logs/r/train.log\n"
	        "evaluate    skipped (it needs train)\n"
	        "report      done in 3.2 s\n"
	        "failed in 1:10, 1 ran, 1 cached, 1 failed, 1 skipped; run 0123456789ab\n");
}

/* Each update wipes what it drew; a bar shows part, rate and time left: 5 of 20 in one second leaves 3 s. */
static void test_terminal(void)
{
	ConsoleLook look = {.moves = true, .width = 100, .rows = 24, .clock = test_clock};
	g_autofree char *text = shown(&look, EVENTS, 5);
	g_assert_cmpstr(text, ==,
	        "ingest      cached\n"
	        "  train       0.00 s\n"
	        "\033[1A\r\033[J"
	        "  train       trials  ........................   0%  0/20\n"
	        "\033[1A\r\033[J"
	        "  train       trials  ######..................  25%  5/20  5.0/s  3.0 s left\n");
	g_autofree char *all = shown(&look, EVENTS, G_N_ELEMENTS(EVENTS));
	g_assert_nonnull(strstr(all, "\033[1A\r\033[Jtrain       failed after 1:05"));
	g_assert_null(strstr(all, "\033[31m"));
	look.colours = look.utf8 = true;
	g_autofree char *coloured = shown(&look, EVENTS, G_N_ELEMENTS(EVENTS));
	g_assert_nonnull(strstr(coloured, "\033[31mfailed\033[0m after"));
	g_assert_nonnull(strstr(coloured, "━━━━━━──"));
}

static void test_narrow(void)
{
	ConsoleLook look = {.moves = true, .width = 30, .rows = 24, .clock = test_clock};
	g_autofree char *text = shown(&look, EVENTS, 5);
	g_assert_nonnull(strstr(text, "  train       trials  ######.\n"));
}

static void test_many(void)
{
	RunEvent events[20];
	char names[20][8];
	for (int i = 0; i < 20; i++) {
		g_snprintf(names[i], sizeof names[i], "s%d", i);
		events[i] = (RunEvent){.kind = EVENT_STEP_STARTED, .step = names[i], .text = "", .seconds = NAN};
	}
	ConsoleLook look = {.moves = true, .width = 80, .rows = 12, .clock = test_clock};
	g_autofree char *text = shown(&look, events, 20);
	g_assert_nonnull(strstr(text, "  s3          16.0 s\n  and 16 more\n"));
}

static void expect(char *owned, const char *text)
{
	g_assert_cmpstr(owned, ==, text);
	g_free(owned);
}

static void test_numbers(void)
{
	expect(console_seconds(0.1234), "0.12 s");
	expect(console_seconds(3.21), "3.2 s");
	expect(console_seconds(59.96), "1:00");
	expect(console_seconds(7390), "2:03:10");
	expect(console_seconds(NAN), "?");
	expect(console_seconds(INFINITY), "?");
	expect(console_count(0), "0");
	expect(console_count(999), "999");
	expect(console_count(1234567), "1,234,567");
	expect(console_rate(3.14), "3.1");
	expect(console_rate(350000), "350k");
	expect(console_rate(999.7), "1.0k");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/console/lines", test_lines);
	g_test_add_func("/console/terminal", test_terminal);
	g_test_add_func("/console/narrow", test_narrow);
	g_test_add_func("/console/many", test_many);
	g_test_add_func("/console/numbers", test_numbers);
	return g_test_run();
}
