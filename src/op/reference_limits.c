/* reference_limits.c: the page of limits, with what base/limits.h gives as their reasons. */
#include "op/reference.h"

#include <glib.h>
#include <stdint.h>

#include "base/limits.h"

static const struct {
	const char *what;
	int64_t most;
	const char *why;
} LIMITS[] = {
        {"columns of a table", LIMIT_COLUMNS,
                "ten times the widest table a person looks at; more is nearly always a transposed or badly quoted "
                "file"},
        {"rows of a table", LIMIT_ROWS, "row numbers have 32 bits"},
        {"bytes of one cell", LIMIT_CELL_BYTES,
                "a missing quote swallows the rest of the file into one cell; it is refused with its row and column"},
        {"features after all transforms", LIMIT_FEATURES,
                "a dense row of them is what fits a core's first cache twice"},
        {"values `one_hot` spreads out", LIMIT_ONE_HOT, "the rest is lumped together as \"other\""},
        {"buckets of `words`", LIMIT_WORD_BUCKETS, "each is a feature of every row"},
        {"classes of a target", LIMIT_CLASSES, "metrics and reports are tables of classes by classes"},
        {"folds, over all repeats", LIMIT_FOLDS, "each has a recipe and a model of its own"},
        {"distinct texts of a column", LIMIT_DICTIONARY, "they are kept in memory at once"},
        {"rows that wait for a shadow", LIMIT_SHADOW_ROWS, "memory, and how far a slow candidate may lag behind"},
        {"depth of YAML and JSON", LIMIT_NESTING, "reading them uses the stack"},
        {"bytes of gyre.yaml, schema.json and other JSON", LIMIT_CONFIG_BYTES,
                "people write them, and they are read whole"},
        {"bytes of a bundle", LIMIT_BUNDLE_BYTES, "it is mapped whole"},
        {"trials of a search", LIMIT_TRIALS, "each is a tracked run"},
        {"steps of a plan", LIMIT_STEPS, "each is a process and a record"},
        {"growth of a packed body of a request, beyond 8 MiB", LIMIT_INFLATE_RATIO,
                "rows of data grow 3 to 20 times; what is made to fill a server's memory a thousand times"},
        {"models told to Prometheus", LIMIT_GAUGE_MODELS, "every label of a gauge is a series that it keeps"},
        {"versions and routes of a model told to Prometheus, the newest", LIMIT_GAUGE_ROUTES, "as above"},
        {"columns of a measure told to Prometheus, the worst", LIMIT_GAUGE_COLUMNS,
                "as above; the others are one, `column=\"_other\"`, with the largest value"},
        {"bytes of the recipes of a project", LIMIT_RECIPES_BYTES,
                "ten folds of a million categories are about this much"},
};

void reference_limits(FILE *out)
{
	fputs("# Limits\n\nMade by `gyre reference`.  What goes beyond one is refused with a sentence that names it; "
	      "nothing is cut "
	      "silently.\n\n| limit | at most | why |\n|---|---|---|\n",
	        out);
	for (size_t i = 0; i < G_N_ELEMENTS(LIMITS); i++)
		fprintf(out, "| %s | %" G_GINT64_FORMAT " | %s |\n", LIMITS[i].what, LIMITS[i].most, LIMITS[i].why);
}
