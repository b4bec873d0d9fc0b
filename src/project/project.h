/* project.h: gyre.yaml: read, checked, and turned into a plan.
 *
 * A project is a folder with one file, gyre.yaml, and a state folder, .gyre/.  Reading never stops at the first problem:
 * all are collected with their line and column, so that `gyre check` shows them at once. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"
#include "base/yaml.h"

#define PROJECT_FILE "gyre.yaml"
#define PROJECT_STATE ".gyre"
#define PROJECT_SCHEMA "schema.json"

typedef struct Project {
	char *folder;       /* absolute */
	char *state_folder; /* FOLDER/.gyre */
	Yaml *yaml;
	json_t *config;    /* blocks filled with their defaults; NULL while there are errors */
	bool learns_on;    /* set by the caller: a run lets the champion learn on instead of training anew */
	bool is_candidate; /* set by the caller: a run registers a version and leaves the champion in use where it is */
	json_t *problems; /* [{"file","line","column","path","severity": "error"|"warning","problem"}] in the file's order */
} Project;

/* The blocks of gyre.yaml, each a table of its own (for checks, help and the reference). */
extern const Param PROJECT_PARAMS[], DATA_PARAMS[], MODELS_PARAMS[], LIMITS_PARAMS[], GATE_PARAMS[], FAIRNESS_PARAMS[];

/* Finds gyre.yaml in `folder` or the nearest folder above it and reads it.  Problems inside the file are not errors here:
 * they are in ret->problems.  FAIL_NOT_FOUND where there is no project. */
bool project_read(const char *folder, Project **ret, GError **error);

/* The same for callers that need a sound project: the first error with its place, and how many more there are. */
bool project_open(const char *folder, Project **ret, GError **error);
void project_free(Project *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Project, project_free)

/* Checks what needs a look at the data: sources that are not there, the query's SQL, columns that do not exist.  Adds to
 * p->problems. */
bool project_check_data(Project *p, GError **error);

bool project_has_errors(const Project *p);

/* Adds a problem at a path of gyre.yaml. */
void project_problem(Project *p, const char *severity, const char *path, const char *sentence);

/* Borrowed parts of the config. */
const char *project_name(const Project *p);
const json_t *project_block(const Project *p, const char *name); /* "goal", "data", ...; NULL if absent */
/* Who and what columns are (feature/recipe.h); without "classes", which the data tells.  New reference. */
json_t *project_roles(const Project *p);
/* Every column that is named outside checks and features: {"goal.target": name, "data.drop[0]": name, ...}.  New reference. */
json_t *project_columns(const Project *p);
/* A path of gyre.yaml: relative ones stand for the project's folder.  Free with g_free. */
char *project_path(const Project *p, const char *path);
