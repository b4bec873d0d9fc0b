/* export.h: a bundle written in another language: recipe, model and what is decided, so that rows go in as they are in the data.
 *
 * A kind of export reads the recipe lowered to steps (export/lower.h) and the model's form (model/form.h); both are the same for
 * all kinds.  What cannot be said is an error that names it; nothing is left out in silence. */
#pragma once

#include "export/lower.h"
#include "model/bundle.h"

typedef struct ExportJob {
	const Bundle *bundle;
	const Lowered *recipe;
	const ModelForm *form;
	const char *name; /* of the model, for names in the file */
} ExportJob;

typedef struct ExportKind {
	const char *name, *help, *suffix;
	bool takes_words; /* lists of counted words (LOWER_WORDS) can be said */
	bool as_it_is;    /* neither recipe nor form of the job is needed, so that any model can be written */
	bool (*write)(const ExportJob *job, GByteArray *to, GError **error);
} ExportKind;

extern const ExportKind *const EXPORT_KINDS[]; /* NULL-ended */
extern const ExportKind EXPORT_BUNDLE;
extern const ExportKind EXPORT_C;
extern const ExportKind EXPORT_ONNX;
extern const ExportKind EXPORT_PMML;
extern const ExportKind EXPORT_XGBOOST;
const ExportKind *export_find(const char *name);

/* The bundle in that form.  *ret: g_bytes_unref. */
bool export_bundle(const ExportKind *kind, const Bundle *b, const char *name, GBytes **ret, GError **error);
