/* life.h: the pipeline of a project: ingest, verify, profile, split, features, train, evaluate, gate, register, report, and
 * the user's own steps. */
#pragma once

#include "pipeline/plan.h"
#include "project/champion.h"
#include "project/project.h"

/* NULL-ended; those of LIFE_STEPS first, in their order. */
extern const StepKind *const STEP_KINDS[];

/* The plan of a project; with p->learns_on: ingest, verify, split, fresh, update, evaluate, behaviour, gate, register.  The plan keeps no reference to p, but to champion, which must outlive it.  FAIL_NOT_FOUND when a source's file is not there. */
bool life_plan(const Project *p, Champion *champion, Plan **ret, GError **error);

/* The same with the steps of `gyre feasible` behind it (feasible/feasible.h): sample, sample_features, the same in time where
 * there is a time column, and feasible.  Each sample takes about `rows` rows. */
bool life_plan_feasible(const Project *p, Champion *champion, int64_t rows, Plan **ret, GError **error);

/* The steps' names in order of a project's life, NULL-ended; for messages and completion. */
extern const char *const LIFE_STEPS[];
