/* model_rules.c: the op `model rules`: a readable model as rules. */
#include "base/json.h"
#include "model/bundle.h"
#include "op/find_bundle.h"
#include "op/op.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@3, NAME@champion, or the path of a bundle",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {NULL},
};

/* Scores by class, or the one number. */
static void name_scores(const Bundle *b, json_t *rules)
{
	size_t i;
	json_t *rule;
	json_array_foreach (rules, i, rule) {
		const json_t *scores = json_object_get(rule, "scores");
		json_t *named = json_object();
		for (size_t k = 0; k < bundle_classes(b); k++)
			json_object_set(named, bundle_class(b, k), json_array_get(scores, k));
		json_object_set(rule, bundle_classes(b) ? "probabilities" : "prediction",
		        bundle_classes(b) ? named : json_array_get(scores, 0));
		json_object_del(rule, "scores");
		json_decref(named);
	}
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	const char *model = json_get_text(in, "model", "");
	g_autofree char *path = NULL;
	g_autoptr(Bundle) b = NULL;
	json_t *rules;
	if (!find_bundle(app, model, &path, error) || !bundle_load(path, &b, error) || !bundle_rules(b, &rules, error))
		return false;
	name_scores(b, rules);
	*ret = json_pack("{s:s,s:o}", "model", model, "rules", rules);
	return true;
}

const Op OP_MODEL_RULES = {
        .name = "model.rules",
        .help = "print a readable model as rules",
        .more = "For models of the family tree (models: {families: [tree]}). Every row meets exactly one rule.\n"
                "JSON: {\"model\", \"rules\": [{\"conditions\": [{\"feature\", \"at_least\", \"below\", "
                "\"missing\"}...], "
                "\"probabilities\": {label: p} | \"prediction\": number, \"weight\"}...]}; weight: rows it was learnt "
                "from;\n"
                "of at_least and below one may be absent, missing says whether a missing value meets the condition.",
        .params = PARAMS,
        .run = run,
};
