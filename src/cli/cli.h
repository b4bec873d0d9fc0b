/* cli.h: argv in, text out.  Options, help and completion come from the ops' Param tables. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "op/op.h"

/* Runs one command line; returns the exit status. */
int cli_run(int argc, char **argv);

/* What the words of a command line mean. */
typedef struct Call {
	const Op *op;   /* NULL: none named */
	char *prefix;   /* words that begin ops' names but name none ("model"), for help; may be NULL */
	json_t *in;     /* given options and places, typed */
	json_t *global; /* GLOBAL_PARAMS, filled */
} Call;
bool cli_parse(int argc, char **argv, Call *ret, GError **error);
void cli_call_clear(Call *call);

/* Help for everything, for the ops below a prefix, for one op. */
void help_print(FILE *out, const char *prefix);
void help_print_op(FILE *out, const Op *op);

/* Text with control characters (but line breaks), and those that turn the writing's direction, replaced by "·": a name in the data cannot
 * steer the terminal. */
void print_plain(FILE *out, const char *text);
/* A result as text for people. */
void print_result(FILE *out, const Op *op, const json_t *result);
