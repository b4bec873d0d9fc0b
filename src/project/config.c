/* config.c: the blocks of gyre.yaml and their tables. */
#include <math.h>

#include "base/limits.h"
#include "project/project.h"

const Param PROJECT_PARAMS[] = {
        {"project", PARAM_TEXT, "name of the project; its models are registered under it", .flags = PARAM_REQUIRED},
        {"goal", PARAM_JSON, "the question, the targets and what is good enough", .flags = PARAM_REQUIRED},
        {"data", PARAM_JSON, "where the data comes from and what must hold of it", .flags = PARAM_REQUIRED},
        {"split", PARAM_JSON, "which rows teach, choose and judge", "{}"},
        {"features", PARAM_JSON, "transforms in their order; what they leave is chosen by column type", "[]"},
        {"models", PARAM_JSON, "families, search and budget", "{}"},
        {"gate", PARAM_JSON, "what a model must pass to become champion", "{}"},
        {"tests", PARAM_JSON, "what a model must do whatever its metrics say", "[]"},
        {"fairness", PARAM_JSON, "columns whose groups the model should treat alike", "{}"},
        {"kpi", PARAM_JSON, "business figures: name to SQL over predictions and outcomes, or to a block", "{}"},
        {"prices", PARAM_JSON, "what machines cost, for what the model costs", "{}"},
        {"steps", PARAM_JSON, "steps of your own: they replace a step of that name or join the pipeline", "{}"},
        {"limits", PARAM_JSON, "cores, memory and time of steps", "{}"},
        {"seed", PARAM_INT, "seed of every random choice", "1", .min = 0, .max = 9e15},
        {"deploy", PARAM_JSON, "how a version goes into use", "{}"},
        {"monitor", PARAM_JSON, "what is watched in production", "{}"},
        {"retrain", PARAM_JSON, "when to train again, and what a challenger must show"},
        {NULL},
};

const Param DATA_PARAMS[] = {
        {"sources", PARAM_JSON, "name to source: {kind: file, path: ...}", .flags = PARAM_REQUIRED},
        {"query", PARAM_TEXT, "DuckDB SQL over the sources by name; optional with one source"},
        {"time", PARAM_TEXT, "the column that orders rows in time"},
        {"key", PARAM_TEXTS, "columns that together name a row", "[]"},
        {"drop", PARAM_TEXTS, "columns that are never features (known only afterwards, or that name rows)", "[]"},
        {"group", PARAM_TEXT, "column of what rows belong to (a customer); never split over parts, never a feature"},
        {"weight", PARAM_TEXT, "column of row weights; never a feature"},
        {"checks", PARAM_JSON, "list of checks", "[]"},
        {NULL},
};

const Param MODELS_PARAMS[] = {
        {"families", PARAM_TEXTS, "families to try", "[\"baseline\",\"linear\",\"forest\",\"boosted\"]"},
        {"search", PARAM_JSON, "method, trials, metric, time", "{}"},
        {"ensemble", PARAM_JSON, "how models that were tried are put together", "{}"},
        {"calibration", PARAM_TEXT, "how probabilities are put right: none, auto, platt, beta, temperature, isotonic",
                "\"auto\""},
        {"nested", PARAM_INT,
                "so many of the split's folds, the last ones, judge the whole search: it is done anew without each of "
                "them; "
                "0: none",
                "0", .min = 0, .max = LIMIT_FOLDS},
        {"params", PARAM_JSON, "fixed parameters by family: {boosted: {max_depth: 6}}", "{}"},
        {NULL},
};

static const char *const CHAMPION_WORDS[] = {"champion", "none", NULL};
const Param GATE_PARAMS[] = {
        {"no_worse_than", PARAM_TEXT, "what a new model is compared with on the same rows", "\"champion\"",
                .choices = CHAMPION_WORDS},
        {"margin", PARAM_REAL, "how much worse the metric may be before it counts", "0", .min = 0, .max = INFINITY},
        {"slices", PARAM_TEXTS, "columns in whose values the model must not be much worse than the champion", "[]"},
        {"slice_margin", PARAM_REAL, "how much worse a slice may be", "0.05", .min = 0, .max = INFINITY},
        {"better_than_baseline", PARAM_BOOL, "the metric's interval must lie beyond the baseline", "true"},
        {NULL},
};

const Param FAIRNESS_PARAMS[] = {
        {"columns", PARAM_TEXTS, "columns whose values are the groups; they need not be features", "[]"},
        {"min_rows", PARAM_INT, "test rows below which a group is shown and not judged", "30", .min = 1, .max = 1e9},
        {NULL},
};

const Param LIMITS_PARAMS[] = {
        {"cores", PARAM_INT, "cores a run may use; 0: all", "0", .min = 0, .max = 4096},
        {"memory_mb", PARAM_INT, "memory of one step", "1536", .min = 128, .max = 1e9, .unit = "MiB"},
        {"time", PARAM_INT, "time of one step", "86400", .min = 1, .max = 31e6, .unit = "s"},
        {NULL},
};
