/* program.h: a program of the user's, run in a folder of its own with limits on time and memory.
 *
 * What it writes to its standard error goes to the file "log" in the folder, whose last lines are part of an error.  It dies
 * with the process that started it. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct ProgramPlan {
	const char *folder;  /* where it runs */
	const json_t *words; /* the program and its arguments */
	double seconds;      /* for a run, or for an answer; 0: no limit */
	size_t memory_mb;    /* 0: no limit */
} ProgramPlan;

/* Runs it to its end, which has to be a good one.  FAIL_LIMIT: it took too long. */
bool program_run(const ProgramPlan *plan, GError **error);

/* A program that answers each line on its standard input with a line on its standard output. */
typedef struct Program Program;
bool program_open(const ProgramPlan *plan, Program **ret, GError **error);
/* line, answer: without its end.  Not for two threads at once.  After an error it is to be closed. */
bool program_ask(Program *p, const char *line, char **ret, GError **error);
void program_close(Program *p);
