/* cause.h: why: the probable cause of what was found in a window, the columns that have a part in it, and what it costs.
 *
 *   quality       values are missing, unseen, out of range, refused, or not those of training: what follows from broken data is not looked into
 *   concept       outcomes are no longer what the scores say, or there are more errors though nothing else is to be found
 *   input         the inputs moved
 *   traffic_mix   other cases are asked about, or more or fewer: only categories moved, or the rate did
 *   label_delay   outcomes are late, missing, or only of some
 *
 * It reads the findings alone, not the rows, so a window's causes can be told again years later. */
#pragma once

#include "monitor/look.h"

typedef struct CauseInput {
	const MonitorWindow *window;
	const Bundle *bundle;
	const json_t *project; /* goal: which way a figure is better */
	Meta *meta;            /* what the figures were in windows before */
} CauseInput;

/* Puts "cause" into the evidence of every finding that warns or alarms (findings: as findings_json gives them, of all looks):
 * {"cause", "summary": sentence, "columns": [{"column", "share"}] largest part first, at most five,
 *  "loss": {"metric": {"metric", "value", "reference", "loss", "of": "realised" | "estimated"}|null,
 *           "money": {"kpi", "value", "usual": its mean in up to 20 windows before without an alarm, "loss"}|null}}
 * A loss is positive when it is worse. */
bool cause_tell(const CauseInput *in, json_t *findings, GError **error);

/* The cause of one of the findings, and the columns with a part in such a cause.  types: {column: type}; importance: {column: weight}, NULL: all
 * alike.  Borrowed text; new reference. */
const char *cause_of(const json_t *findings, const json_t *finding, const json_t *types);
json_t *cause_columns(const json_t *findings, const char *cause, const json_t *importance);
