/* update.c: the settings of learning on. */
#include "model/update.h"

static const char *const TREES[] = {"grow", "refresh", "both", NULL};

const Param UPDATE_PARAMS[] = {
        {.name = "keep",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1,
                .help = "how much of what was learnt before stays: 1 all of it, 0 nothing where the family can forget"},
        {.name = "trees",
                .type = PARAM_TEXT,
                .preset = "\"grow\"",
                .choices = TREES,
                .help = "boosted: grow adds trees, refresh gives those there are new leaves, both does one after the "
                        "other"},
        {.name = "share",
                .type = PARAM_REAL,
                .preset = "0.2",
                .min = 0.001,
                .max = 1,
                .help = "trees (of a network: rounds) to add, as a share of those first trained; a forest drops as "
                        "many of its "
                        "oldest"},
        {.name = NULL},
};
