/* main.c: the program: a command line, or (for the engine alone) a step. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "pipeline/worker.h"
#include "project/life.h"

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	/* libgomp's threads would spin between loops: on a busy machine that made training four times slower.  The library
	 * reads this once, when it is opened. */
	setenv("OMP_WAIT_POLICY", "passive", 0);
	if (argc == 3 && strcmp(argv[1], "step-run") == 0)
		return worker_main(STEP_KINDS, argv[2]);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		argv[1] += 2; /* as every program has it */
	return cli_run(argc, argv);
}
