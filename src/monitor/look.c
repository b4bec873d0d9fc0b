/* look.c: the looks, and what they find as JSON. */
#include "monitor/look.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "serve/predlog.h"

const LookKind *const LOOKS[] = {
        &LOOK_QUALITY,
        &LOOK_DRIFT,
        &LOOK_MULTIVARIATE,
        &LOOK_SKEW,
        &LOOK_PERFORMANCE,
        &LOOK_ESTIMATE,
        &LOOK_CONCEPT,
        &LOOK_KPI,
        NULL,
};

const LookKind *look_kind(const char *name)
{
	for (const LookKind *const *k = LOOKS; *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

bool look_is_either_way(const char *look, const char *measure)
{
	const LookKind *k = look_kind(look);
	return k && k->either_way && g_strv_contains(k->either_way, measure);
}

bool look_is_at_once(const char *look, const char *measure)
{
	const LookKind *k = look_kind(look);
	return k && k->at_once && g_strv_contains(k->at_once, measure);
}

const char *finding_state_name(FindingState state)
{
	static const char *const NAMES[FINDING_STATES] = {"ok", "warning", "alarm", "too_few"};
	return NAMES[state];
}

static void finding_clear(void *finding)
{
	json_decref(((Finding *)finding)->evidence);
}

GArray *findings_new(void)
{
	GArray *findings = g_array_new(FALSE, FALSE, sizeof(Finding));
	g_array_set_clear_func(findings, finding_clear);
	return findings;
}

void finding_add(GArray *findings, Finding f)
{
	f.look = g_intern_string(f.look);
	f.measure = g_intern_string(f.measure);
	f.subject = g_intern_string(f.subject ? f.subject : "");
	g_array_append_val(findings, f);
}

json_t *findings_json(const GArray *findings)
{
	json_t *list = json_array();
	for (guint i = 0; i < findings->len; i++) {
		const Finding *f = &g_array_index(findings, Finding, i);
		json_array_append_new(list,
		        json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:s,s:o}", "look", f->look, "measure", f->measure,
		                "subject", json_text(f->subject), "value", json_number(f->value), "limit",
		                json_number(f->limit), "p", json_number(f->p), "state", finding_state_name(f->state),
		                "evidence", f->evidence ? json_incref(f->evidence) : json_null()));
	}
	return list;
}

char *look_output_sql(const LookInput *in, const char *name)
{
	return sql_name(json_get_text(in->renamed, name, name));
}

char *look_input_sql(const LookInput *in, const char *name)
{
	return predlog_input_sql(in->renamed, name);
}

static void column_clear(void *column)
{
	LookColumn *c = column;
	g_free(c->number);
	g_free(c->text);
}

/* A column that is text in the log, because another version has another type under this name, is read back. */
static void shape_column(const LookInput *in, LookColumn *c)
{
	g_autofree char *name = look_input_sql(in, c->name);
	if (strcmp(c->type, "time") == 0)
		c->number = g_strdup_printf("epoch_us(TRY_CAST(%s AS TIMESTAMP))::DOUBLE", name);
	else if (strcmp(c->type, "text") == 0)
		c->number = g_strdup("NULL::DOUBLE");
	else if (strcmp(c->type, "bool") == 0) /* the text "true" is a bool, but no number */
		c->number = g_strdup_printf("TRY_CAST(TRY_CAST(%s AS BOOLEAN) AS DOUBLE)", name);
	else
		c->number = g_strdup_printf("TRY_CAST(%s AS DOUBLE)", name);
	c->text = g_strdup_printf("%s::VARCHAR", name);
}

static bool is_skipped(const LookInput *in, const char *name)
{
	const json_t *skip = json_object_get(json_object_get(in->project, "monitor"), "skip");
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)skip, i, one)
		if (g_strcmp0(json_string_value(one), name) == 0)
			return true;
	return g_strcmp0(json_get_text(json_object_get(in->project, "data"), "time", NULL), name) == 0;
}

GArray *look_columns(const LookInput *in)
{
	const json_t *header = bundle_header(in->bundle),
	             *inputs = json_object_get(json_object_get(header, "recipe"), "inputs"),
	             *profile = json_object_get(json_object_get(header, "reference"), "inputs");
	GArray *columns = g_array_new(FALSE, TRUE, sizeof(LookColumn));
	size_t i;
	json_t *input;
	g_array_set_clear_func(columns, column_clear);
	json_array_foreach ((json_t *)inputs, i, input) {
		LookColumn c = {.name = json_get_text(input, "name", ""), .type = json_get_text(input, "type", "text")};
		if (is_skipped(in, c.name))
			continue;
		c.reference = json_object_get(profile, c.name);
		shape_column(in, &c);
		g_array_append_val(columns, c);
	}
	return columns;
}

FindingState look_judge(LookBar bar)
{
	if (isnan(bar.effect) || isnan(bar.p))
		return FINDING_TOO_FEW;
	if (bar.p > bar.alpha || bar.effect < bar.limit / 2)
		return FINDING_OK;
	return bar.effect >= bar.limit ? FINDING_ALARM : FINDING_WARNING;
}
