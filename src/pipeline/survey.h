/* survey.h: what is known of each step of a plan at this moment: its inputs, its key, and whether its result is there.
 *
 * Both plan_status and plan_run look at steps through it, so what status foretells is what run does. */
#pragma once

#include "pipeline/plan_inside.h"
#include "store/blobs.h"
#include "store/meta.h"

#include <sys/stat.h>

typedef struct View {
	json_t *inputs;     /* {name: {"digest", "path"}}; NULL while one of them is not known */
	json_t *components; /* of the key; NULL when not known, as the key */
	char *key;
	json_t *result;  /* as records_result gives it; NULL: the step has to run */
	char *why;       /* why it has to run, or "unchanged" */
	bool has_failed; /* ... its last execution had this key and failed */
	GError *problem; /* an input that cannot be had: it cannot run */
	GArray *files;   /* of FileSeen: the files whose digests are in the key */
} View;

/* A file as it was when its digest was taken. */
typedef struct FileSeen {
	char *path, *digest;
	struct stat *about;
} FileSeen;

typedef struct Survey {
	const Plan *plan;
	Meta *meta;
	const Blobs *blobs;
	View *views; /* by index of the node */
} Survey;

Survey *survey_new(const Plan *plan, Meta *meta, const Blobs *blobs);
void survey_free(Survey *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Survey, survey_free)

/* Looks at a step all of whose needs have results. */
bool survey_look(Survey *s, size_t index, GError **error);

/* Looks only whether its result has come meanwhile. */
bool survey_look_again(Survey *s, size_t index, GError **error);
