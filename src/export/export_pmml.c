/* export_pmml.c: a bundle as PMML 4.4: the recipe as the outer model's LocalTransformations (fields of a
 * TransformationDictionary are not seen by models in models everywhere), the model as a chain of models.
 *
 * Inputs are the recipe's columns: numbers, booleans (0, 1) and times (microseconds since 1970 UTC) as double, texts as string; what is not given is
 * missing.  The last model of the chain reads scores out: outputs "probability_CLASS" and "prediction" (the decision at the threshold), or
 * "prediction", a number. */
#include "export/export.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "export/pmml_model.h"
#include "export/pmml_recipe.h"
#include "export/text.h"

/* Begins no column's name. */
static char *free_prefix(const Lowered *l)
{
	GString *prefix = g_string_new("_");
	for (guint i = 0; i < l->inputs->len; i++)
		while (g_str_has_prefix(((const LowerInput *)l->inputs->pdata[i])->name, prefix->str))
			g_string_append_c(prefix, '_');
	return g_string_free(prefix, FALSE);
}

static const char *target_of(const Bundle *b)
{
	return json_get_text(json_object_get(bundle_header(b), "roles"), "target", "target");
}

static bool check_names(const ExportJob *job, GError **error)
{
	bool ok = pmml_can_hold(target_of(job->bundle)) && pmml_can_hold(job->name);
	for (guint i = 0; i < job->recipe->inputs->len; i++)
		ok = ok && pmml_can_hold(((const LowerInput *)job->recipe->inputs->pdata[i])->name);
	for (size_t k = 0; k < bundle_classes(job->bundle); k++)
		ok = ok && pmml_can_hold(bundle_class(job->bundle, k));
	return ok ||
	       fail(error, FAIL_INVALID, "a name or class has a control character, which PMML (XML) has no way to say");
}

static void add_dictionary(GString *to, const ExportJob *job)
{
	const Lowered *l = job->recipe;
	g_autofree char *target = pmml_escape(target_of(job->bundle));
	text_add(to, "<DataDictionary numberOfFields=\"%u\">\n", l->inputs->len + 1);
	for (guint i = 0; i < l->inputs->len; i++) {
		const LowerInput *in = l->inputs->pdata[i];
		bool is_text = strcmp(in->type, "text") == 0;
		g_autofree char *name = pmml_escape(in->name);
		text_add(to, "<DataField name=\"%s\" optype=\"%s\" dataType=\"%s\"/>\n", name,
		        is_text ? "categorical" : "continuous", is_text ? "string" : "double");
	}
	if (!bundle_classifies(job->bundle)) {
		text_add(to, "<DataField name=\"%s\" optype=\"continuous\" dataType=\"double\"/>\n", target);
	} else {
		text_add(to, "<DataField name=\"%s\" optype=\"categorical\" dataType=\"string\">", target);
		for (size_t k = 0; k < bundle_classes(job->bundle); k++) {
			g_autofree char *class = pmml_escape(bundle_class(job->bundle, k));
			text_add(to, "<Value value=\"%s\"/>", class);
		}
		g_string_append(to, "</DataField>\n");
	}
	g_string_append(to, "</DataDictionary>\n");
}

static void add_target(GString *to, const Bundle *b)
{
	g_autofree char *target = pmml_escape(target_of(b));
	text_add(to, "<MiningField name=\"%s\" usageType=\"target\"/>", target);
}

/* The decision of two classes at the bundle's threshold; of more the most probable, which PMML itself predicts. */
static void add_decision(GString *to, const Bundle *b, const char *score)
{
	int positive = bundle_positive(b);
	g_string_append(to, "<OutputField name=\"prediction\" optype=\"categorical\" dataType=\"string\" feature=\"");
	if (positive < 0) {
		g_string_append(to, "predictedValue\"/>");
		return;
	}
	char *above = pmml_apply("greaterOrEqual", pmml_field(score),
	        pmml_number(json_get_number(bundle_header(b), "threshold", 0.5)), NULL);
	g_autofree char *decided = pmml_apply("if", above, pmml_text(bundle_class(b, (size_t)positive)),
	        pmml_text(bundle_class(b, (size_t)(1 - positive))));
	text_add(to, "transformedValue\">");
	g_string_append(to, decided);
	g_string_append(to, "</OutputField>");
}

static void add_output(GString *to, const Bundle *b, char *const *scores)
{
	g_string_append(to, "<Output>");
	for (size_t k = 0; k < bundle_classes(b); k++) {
		g_autofree char *class = pmml_escape(bundle_class(b, k));
		text_add(to,
		        "<OutputField name=\"probability_%s\" optype=\"continuous\" dataType=\"double\" "
		        "feature=\"probability\" value=\"%s\"/>",
		        class, class);
	}
	if (bundle_classifies(b))
		add_decision(to, b, scores[MAX(bundle_positive(b), 0)]);
	else
		g_string_append(to, "<OutputField name=\"prediction\" optype=\"continuous\" dataType=\"double\" "
		                    "feature=\"predictedValue\"/>");
	g_string_append(to, "</Output>\n");
}

/* What reads the scores out: as they are, divided by their sum, which is 1. */
static void add_last(GString *to, const Pmml *p, const Bundle *b, char *const *scores)
{
	bool classifies = bundle_classifies(b);
	text_add(to, "<Segment><True/><RegressionModel functionName=\"%s\"%s><MiningSchema>",
	        classifies ? "classification" : "regression", classifies ? " normalizationMethod=\"simplemax\"" : "");
	for (guint i = 0; i < p->numbers->len; i++)
		text_add(to, "<MiningField name=\"%s\"/>", (const char *)p->numbers->pdata[i]);
	add_target(to, b);
	g_string_append(to, "</MiningSchema>\n");
	add_output(to, b, scores);
	if (p->locals->len)
		text_add(to, "<LocalTransformations>\n%s</LocalTransformations>\n", p->locals->str);
	for (size_t k = 0; k < MAX(bundle_classes(b), (size_t)1); k++) {
		g_autofree char *class = classifies ? pmml_escape(bundle_class(b, k)) : NULL;
		text_add(to,
		        "<RegressionTable intercept=\"0\"%s%s%s><NumericPredictor name=\"%s\" "
		        "coefficient=\"1\"/></RegressionTable>\n",
		        class ? " targetCategory=\"" : "", class ? class : "", class ? "\"" : "", scores[k]);
	}
	g_string_append(to, "</RegressionModel></Segment>\n");
}

static void add_chain(GString *to, const ExportJob *job, const Pmml *p, char *const *scores)
{
	const Lowered *l = job->recipe;
	text_add(to, "<MiningModel functionName=\"%s\"><MiningSchema>",
	        bundle_classifies(job->bundle) ? "classification" : "regression");
	for (guint i = 0; i < l->inputs->len; i++) {
		g_autofree char *name = pmml_escape(((const LowerInput *)l->inputs->pdata[i])->name);
		text_add(to, "<MiningField name=\"%s\"/>", name);
	}
	add_target(to, job->bundle);
	g_string_append(to, "</MiningSchema>\n");
	if (p->globals->len)
		text_add(to, "<LocalTransformations>\n%s</LocalTransformations>\n", p->globals->str);
	g_string_append(to, "<Segmentation multipleModelMethod=\"modelChain\">\n");
	g_string_append(to, p->segments->str);
	add_last(to, p, job->bundle, scores);
	g_string_append(to, "</Segmentation></MiningModel>\n");
}

static bool write_pmml(const ExportJob *job, GByteArray *to, GError **error)
{
	g_autofree char *prefix = free_prefix(job->recipe);
	g_autoptr(Pmml) p = pmml_new(prefix);
	if (!check_names(job, error) || !pmml_recipe(p, job->recipe, error))
		return false;
	p->target = target_of(job->bundle);
	for (size_t k = 0; k < bundle_classes(job->bundle); k++)
		g_ptr_array_add(p->classes, (void *)bundle_class(job->bundle, k));
	g_auto(GStrv) scores = pmml_model(p, job->form);
	const json_t *calibration = json_object_get(bundle_header(job->bundle), "calibration");
	if (json_is_object(calibration) && !pmml_calibrate(p, job->bundle, calibration, &scores, error))
		return false;
	g_autofree char *name = pmml_escape(job->name);
	g_autoptr(GString) text = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	text_add(text,
	        "<PMML xmlns=\"" PMML_NAMESPACE
	        "\" version=\"4.4\">\n<Header description=\"%s\"><Application name=\"Gyre\" "
	        "version=\"" GYRE_VERSION "\"/></Header>\n",
	        name);
	add_dictionary(text, job);
	add_chain(text, job, p, scores);
	g_string_append(text, "</PMML>\n");
	g_byte_array_append(to, (const guint8 *)text->str, (guint)text->len);
	return true;
}

const ExportKind EXPORT_PMML = {
        .name = "pmml",
        .help = "PMML 4.4, for JPMML and other engines that score it",
        .suffix = ".pmml",
        .write = write_pmml,
};
