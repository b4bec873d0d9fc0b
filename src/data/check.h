/* check.h: expectations of a table, and what becomes of rows that do not meet them.
 *
 * A check is a block of gyre.yaml's data.checks: {check: between, column: distance, min: 1, max: 6000, policy: quarantine}.
 * Kinds that judge rows give SQL that is true for a good row; kinds that judge the table give an expression over all rows.  All
 * expressions of all checks are evaluated in one scan.
 *
 * Missing values are judged by not_null only.  `mostly` is the share of judged rows that must be good; with nothing to judge a
 * check passes. */
#pragma once

#include "base/param.h"
#include "data/engine.h"

typedef enum CheckPolicy { POLICY_FAIL, POLICY_WARN, POLICY_QUARANTINE } CheckPolicy;

/* What a kind may look at. */
typedef struct CheckSubject {
	const json_t *params; /* filled by the kind's table and CHECK_PARAMS */
	const json_t *schema; /* of the table, schema.h's form */
	const char *time;     /* the time column, or NULL */
	const char *now;      /* the reference time of freshness as ISO text, or NULL */
} CheckSubject;

/* What a kind that judges rows says; all owned, g_free. */
typedef struct CheckRule {
	char *judged; /* SQL: is the row judged at all? */
	char *good;   /* SQL: is a judged row good?  May use "_gyre_row", the row's number, and windows */
	char *bad; /* SQL over all rows: how many are bad; NULL: those judged and not good.  Needed when `good` has windows */
	char *value;  /* SQL: the value shown as an example */
	char *phrase; /* "between 1 and 6000", after "are not" */
} CheckRule;

typedef struct CheckKind {
	const char *name, *help;
	const Param *params; /* beside CHECK_PARAMS */
	bool judges_rows;
	const char *table_param; /* when this param is given, the check judges the table after all; may be NULL */
	/* Problems a table of params cannot tell; schema may be NULL.  May be NULL. */
	void (*validate)(
	        const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context);
	bool (*rule)(const CheckSubject *s, CheckRule *ret, GError **error); /* judges_rows */
	/* Judges the table: an expression over all rows (NULL: none is needed; the table is also there as "data"), and the
	 * judgement of its value: what is wrong, or NULL. */
	bool (*ask)(const CheckSubject *s, char **ret, GError **error);
	bool (*judge)(const CheckSubject *s, const json_t *answer, char **ret_problem, GError **error);
} CheckKind;

extern const CheckKind *const CHECK_KINDS[]; /* NULL-ended */
extern const Param CHECK_PARAMS[];           /* what every check takes: check, policy, mostly, where */
const CheckKind *check_kind(const char *name);

/* Checks a list of checks and reports every problem below `path`; with a schema also columns that are not there (and the
 * nearest that is) and values that do not fit a column's type. */
bool checks_validate(const json_t *checks, const char *path, const json_t *schema, ParamReport *report, void *context);

/* Does one of them look at the clock?  Then `verify` needs the param `now`, and is as old as that. */
bool checks_need_now(const json_t *checks);

/* One check filled with defaults (new reference), its kind and policy; FAIL_INVALID tells the first problem. */
typedef struct Check {
	const CheckKind *kind;
	json_t *params;
	CheckPolicy policy;
	bool judges_rows;
} Check;

bool check_load(const json_t *given, const char *path, const json_t *schema, Check *ret, GError **error);
void check_clear(Check *c);
void check_rule_clear(CheckRule *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CheckRule, check_rule_clear)

/* "origin", or "date, origin" for several, or NULL for a check of the table.  Free with g_free. */
char *check_columns_text(const json_t *params);
