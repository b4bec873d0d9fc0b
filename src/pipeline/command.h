/* command.h: a step that is the user's own program.
 *
 * In gyre.yaml, below `steps:`:
 *   my_step:
 *     command: [python3, train.py, --data, "{inputs.train}", --depth, "{params.depth}"]
 *     inputs: {train: split.train, prices: data/prices.csv}   # STEP.OUTPUT, or a file of the project
 *     outputs: [model, scores.csv]
 *     params: {depth: 6}
 *     files: [train.py, lib]          # code: a change of it runs the step again; a folder stands for all files in it
 *     env: [LANG]                     # variables whose values matter
 *     time_limit: 600                 # seconds
 *     memory_limit: 2048              # MiB
 *     all_cores: true                 # it uses several cores: run it alone
 *
 * A command given as one text is run by /bin/sh.  Words that name a file of the project count as `files`.
 * It runs in a folder of its own with copies of its files at the same relative paths, inputs/NAME (and inputs/NAME.parquet,
 * .json, .html or the file's own suffix), params.json (if it has params); it has to leave outputs/NAME for each output.  If it
 * writes outputs/metrics.json, numbers in it become metrics and the rest notes.  Its environment also has GYRE_INPUTS and
 * GYRE_OUTPUTS (folders), GYRE_PARAMS (a file), GYRE_SEED, GYRE_CORES, and GYRE (this program).  {inputs.NAME},
 * {outputs.NAME} and {params.NAME} in its words are replaced by paths and values. */
#pragma once

#include "pipeline/step.h"

extern const StepKind COMMAND_KIND;

/* Gives the text for {GROUP.NAME}; NULL in *ret is not allowed.  g_free. */
typedef bool CommandLookup(void *context, const char *group, const char *name, char **ret, GError **error);

/* Replaces each {inputs.NAME}, {outputs.NAME}, {params.NAME}; other braces stay.  g_free. */
bool command_expand(const char *word, CommandLookup *look_up, void *context, char **ret, GError **error);
