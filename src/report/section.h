/* section.h: the parts of the report, in the order of the page.  Each leaves itself out when it has nothing to say. */
#pragma once

#include "report/html.h"

/* What the report is made from: the artifacts of a run (borrowed; any but params may be NULL). */
typedef struct Story {
	const json_t *project, *goal, *data, *kpi; /* of gyre.yaml */
	const json_t *ingest, *checks, *profile, *split, *trials, *evaluation, *verdict, *registration;
	const char *snapshot_digest, *bundle_digest;
} Story;

void section_first(Page *p, const Story *s);    /* the question, the verdict, three figures: for everybody */
void section_goal(Page *p, const Story *s);     /* the goal, criterion by criterion */
void section_quality(Page *p, const Story *s);  /* metrics, curves, confusion */
void section_drivers(Page *p, const Story *s);  /* what drives the model */
void section_effects(Page *p, const Story *s);  /* how the answer goes with the columns that matter */
void section_failure(Page *p, const Story *s);  /* where it fails */
void section_mistakes(Page *p, const Story *s); /* what kind of mistakes; goes on where section_failure ends */
void section_fairness(Page *p, const Story *s); /* groups side by side */
void section_data(Page *p, const Story *s);     /* versions, checks, columns */
void section_search(Page *p, const Story *s);   /* which models were tried */
void section_card(Page *p, const Story *s);     /* intended use, limits, provenance */
