/* export_onnx.c: a bundle as an ONNX model (opset 20, ai.onnx.ml 3) that takes rows as they are in the data.
 *
 * Inputs: a tensor rows x 1 for each column: double for numbers, booleans and times (microseconds since 1970 UTC), NaN missing;
 * string for texts, the empty one missing.  Outputs: "probabilities" (rows x classes, double) and "label" (rows x 1, string), or
 * "score"; with an underscore behind where a column is called so. */
#include "export/export.h"

#include "base/json.h"
#include "export/calibrated.h"
#include "export/onnx_model.h"
#include "export/onnx_recipe.h"

static const char *column(Onnx *o, const char *scores, size_t k)
{
	onnx_int(o, "axis", 1);
	return onnx_node(o, "Gather", scores, onnx_list(o, (const int64_t[]){(int64_t)k}, 1), NULL);
}

static const char *label_of(Onnx *o, const Bundle *b, const char *scores)
{
	int positive = bundle_positive(b);
	if (positive >= 0) {
		double threshold = json_get_number(bundle_header(b), "threshold", 0.5);
		const char *yes = onnx_node(
		        o, "GreaterOrEqual", column(o, scores, (size_t)positive), onnx_number(o, threshold), NULL);
		return onnx_node(o, "Where", yes, onnx_string(o, bundle_class(b, (size_t)positive)),
		        onnx_string(o, bundle_class(b, (size_t)(1 - positive))));
	}
	g_autofree const char **labels = g_new(const char *, bundle_classes(b));
	for (size_t k = 0; k < bundle_classes(b); k++)
		labels[k] = bundle_class(b, k);
	onnx_int(o, "axis", 1);
	const char *best = onnx_node(o, "ArgMax", scores, NULL, NULL);
	return onnx_node(o, "Gather", onnx_strings(o, labels, bundle_classes(b)), best, NULL);
}

static void add_output(Onnx *o, const char *wanted, const char *value, int type, size_t columns)
{
	const char *name = onnx_free_name(o, wanted);
	onnx_rename(o, value, name);
	onnx_output(o, name, type, columns);
}

static bool write_onnx(const ExportJob *job, GByteArray *to, GError **error)
{
	g_autoptr(Onnx) o = onnx_new();
	const Bundle *b = job->bundle;
	const char *x;
	if (!onnx_recipe(o, job->recipe, &x, error))
		return false;
	const char *scores = onnx_model(o, job->form, job->recipe->features->len, x);
	const json_t *calibration = json_object_get(bundle_header(b), "calibration");
	if (json_is_object(calibration) && !calibrated_onnx(o, b, calibration, &scores, error))
		return false;
	add_output(o, bundle_classifies(b) ? "probabilities" : "score", scores, ONNX_DOUBLE, bundle_outputs(b));
	if (bundle_classifies(b))
		add_output(o, "label", label_of(o, b, scores), ONNX_STRING, 1);
	onnx_write(o, job->name, to);
	return true;
}

const ExportKind EXPORT_ONNX = {
        .name = "onnx",
        .help = "an ONNX model, for ONNX Runtime and what is built on it",
        .suffix = ".onnx",
        .write = write_onnx,
};
