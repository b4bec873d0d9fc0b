/* export.c: the kinds of export. */
#include "export/export.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

const ExportKind *const EXPORT_KINDS[] = {
        &EXPORT_BUNDLE,
        &EXPORT_C,
        &EXPORT_ONNX,
        &EXPORT_PMML,
        &EXPORT_XGBOOST,
        NULL,
};

const ExportKind *export_find(const char *name)
{
	for (const ExportKind *const *k = EXPORT_KINDS; name && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

bool export_bundle(const ExportKind *kind, const Bundle *b, const char *name, GBytes **ret, GError **error)
{
	const ModelFamily *family;
	const void *model = bundle_model(b, &family);
	g_autoptr(Lowered) recipe = NULL;
	g_auto(ModelForm) form = {0};
	if (!kind->as_it_is && (!lower_recipe(json_object_get(bundle_header(b), "recipe"), &recipe, error) ||
	                               !family_form(family, model, &form, error)))
		return false;
	if (recipe && !kind->takes_words && lower_has(recipe, LOWER_WORDS))
		return fail(error, FAIL_INVALID,
		        "the recipe counts words (the transform words), and %s has no means to cut a text into words "
		        "and hash them: "
		        "export to c or as the bundle",
		        kind->name);
	ExportJob job = {b, recipe, &form, name};
	g_autoptr(GByteArray) to = g_byte_array_new();
	if (!kind->write(&job, to, error))
		return false;
	*ret = g_byte_array_free_to_bytes(g_steal_pointer(&to));
	return true;
}
