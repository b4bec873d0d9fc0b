/* model_export.c: the op `model.export`: a registered model written in another language. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "export/export.h"
#include "op/find_bundle.h"

static const char *const KINDS[] = {"bundle", "c", "onnx", "pmml", "xgboost", NULL};

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@3, NAME@champion, or a bundle's file",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"to", PARAM_TEXT,
                "bundle: as it is; c: one file of C11 without dependencies; onnx: for ONNX Runtime; pmml: PMML 4.4, "
                "for JPMML and other engines; xgboost: boosted "
                "trees alone, for "
                "XGBoost's packages",
                .choices = KINDS, .flags = PARAM_REQUIRED},
        {"output", PARAM_TEXT, "file to write; else NAME.bundle, NAME.c, NAME.onnx, NAME.pmml, NAME.xgb.json",
                .letter = 'o'},
        {NULL},
};

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	const ExportKind *kind = export_find(json_get_text(in, "to", ""));
	g_autofree char *path = NULL;
	g_autoptr(Bundle) b = NULL;
	g_autoptr(GBytes) bytes = NULL;
	if (!kind)
		return fail(error, FAIL_INVALID, "there is no such kind of export");
	if (!find_bundle(app, json_get_text(in, "model", ""), &path, error) || !bundle_load(path, &b, error))
		return false;
	const char *project = json_get_text(bundle_header(b), "project", "");
	const char *name = *project ? project : "model";
	g_autofree char *usual = g_strconcat(name, kind->suffix, NULL);
	const char *output = json_get_text(in, "output", usual);
	if (!export_bundle(kind, b, name, &bytes, error) ||
	        !file_write(output, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error))
		return false;
	*ret = json_pack(
	        "{s:s,s:s,s:I}", "output", output, "to", kind->name, "bytes", (json_int_t)g_bytes_get_size(bytes));
	return true;
}

const Op OP_MODEL_EXPORT = {
        .name = "model.export",
        .help = "write a model as its bundle, as C, as ONNX, as PMML, or in XGBoost's format",
        .more = "Into C, ONNX and PMML rows go in as they are in the data: what the recipe does is in the file.  "
                "XGBoost's "
                "format takes features "
                "(gyre predict --features).  See docs/export.md.\n"
                "JSON: {\"output\": path, \"to\", \"bytes\"}",
        .params = PARAMS,
        .run = run,
};
