/* drift_windows.c: the tables of false alarms and of changes found, as Markdown: drift_windows WINDOWS. */
#include <stdio.h>

#include "drift_windows.h"

static const size_t SIZES[][2] = {
        {300, 100}, {1001, 100}, {1001, 200}, {1000, 1000}, {10000, 100}, {10000, 300}, {10000, 1000}, {10000, 10000}};

static void false_alarms(size_t windows)
{
	puts("| rows of A | rows of B | windows with an alarm | with significance alone |\n|---|---|---|---|");
	for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
		size_t both = windows_alarms(SIZES[i][0], SIZES[i][1], windows, NULL, 0.03);
		size_t alone = windows_alarms(SIZES[i][0], SIZES[i][1], windows, NULL, 0);
		printf("| %zu | %zu | %.1f %% | %.1f %% |\n", SIZES[i][0], SIZES[i][1],
		        100.0 * (double)both / (double)windows, 100.0 * (double)alone / (double)windows);
	}
}

static void found(size_t windows)
{
	static const WindowChange CHANGES[] = {{"mean + 0.1 sd", 0.1, 1, 0}, {"mean + 0.25 sd", 0.25, 1, 0},
	        {"mean + 0.5 sd", 0.5, 1, 0}, {"mean + 1 sd", 1, 1, 0}, {"mean + 2 sd and one value of 1e6", 2, 1, 1e6},
	        {"sd x 1.2", 0, 1.2, 0}, {"sd x 1.5", 0, 1.5, 0}};
	static const size_t ROWS[][2] = {{1000, 100}, {1000, 1000}, {10000, 10000}};
	puts("\n| change of one of ten columns | 1000 and 100 rows | 1000 and 1000 | 10000 and 10000 "
	     "|\n|---|---|---|---|");
	for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
		printf("| %s |", CHANGES[i].name);
		for (size_t k = 0; k < 3; k++) {
			size_t hits = windows_alarms(ROWS[k][0], ROWS[k][1], windows, &CHANGES[i], 0.03);
			printf(" %.0f %% |", 100.0 * (double)hits / (double)windows);
		}
		puts("");
	}
}

int main(int argc, char **argv)
{
	size_t windows = argc > 1 ? (size_t)atol(argv[1]) : 1000;
	false_alarms(windows);
	found(windows / 10 + 1);
	return 0;
}
