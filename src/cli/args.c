/* args.c: the words of a command line become an op and its JSON. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"

typedef struct Parser {
	char **words;
	const Op *op;
	json_t *in, *global;
	size_t place; /* how many positional values were taken */
} Parser;

static const Param *find_option(const Parser *p, const char *name, bool *ret_is_global)
{
	g_autofree char *joined = g_strdelimit(g_strdup(name), "-", '_');
	const Param *param = p->op ? param_find(p->op->params, joined) : NULL;
	*ret_is_global = !param;
	return param ? param : param_find(GLOBAL_PARAMS, joined);
}

static const Param *find_letter(const Param *params, char letter)
{
	for (; params && params->name; params++)
		if (params->letter == letter)
			return params;
	return NULL;
}

static bool unknown_option(const Parser *p, const char *option, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const Param *const tables[] = {p->op ? p->op->params : NULL, GLOBAL_PARAMS};
	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
		for (const Param *q = tables[t]; q && q->name; q++)
			g_ptr_array_add(names, g_strdelimit(g_strdup_printf("--%s", q->name), "_", '-'));
	g_ptr_array_add(names, NULL);
	const char *near = nearest_name(option, (const char *const *)names->pdata);
	return fail(error, FAIL_INVALID, "unknown option %s%s%s%s", option, near ? "; did you mean " : "",
	        near ? near : "", near ? "?" : "");
}

/* Lists given more than once add up; anything else given twice is replaced by the later one, as shells' aliases expect. */
static bool store(json_t *into, const Param *param, const char *text, GError **error)
{
	json_auto_t *value = NULL;
	if (!param_from_text(param, text, &value, error))
		return false;
	json_t *before = json_object_get(into, param->name);
	if (param->type == PARAM_TEXTS && before)
		json_array_extend(before, value);
	else
		json_object_set(into, param->name, value);
	return true;
}

/* One option; *at is moved over its value.  Booleans take none ("--no-NAME" and "--NAME=false" switch off). */
static bool take_option(Parser *p, size_t *at, GError **error)
{
	const char *word = p->words[*at];
	bool is_global, is_letter = word[1] != '-';
	const char *equals = is_letter ? NULL : strchr(word, '=');
	g_autofree char *name =
	        equals ? g_strndup(word + 2, (size_t)(equals - word) - 2) : g_strdup(word + (is_letter ? 1 : 2));
	const Param *param;
	if (is_letter) {
		param = p->op ? find_letter(p->op->params, name[0]) : NULL;
		is_global = !param;
		param = param ? param : find_letter(GLOBAL_PARAMS, name[0]);
		if (param && name[1])
			equals = name; /* -C/path: the value follows the letter */
	} else {
		param = find_option(p, name, &is_global);
	}
	bool no = !param && g_str_has_prefix(name, "no-") && (param = find_option(p, name + 3, &is_global)) &&
	          param->type == PARAM_BOOL;
	if (!param ||
	        (g_str_has_prefix(name, "no-") && !no && !is_letter && !param_find(p->op ? p->op->params : NULL, name)))
		return unknown_option(p, word, error);
	json_t *into = is_global ? p->global : p->in;
	if (param->type == PARAM_BOOL && !equals)
		return json_object_set_new(into, param->name, json_boolean(!no)) == 0;
	if (equals)
		return store(into, param, equals + 1, error);
	if (!p->words[*at + 1])
		return fail(error, FAIL_INVALID, "%s needs a value: %s", word, param->help);
	return store(into, param, p->words[++*at], error);
}

static const Param *next_place(const Parser *p)
{
	size_t place = 0;
	for (const Param *q = p->op->params; q && q->name; q++)
		if (q->flags & PARAM_POSITIONAL && (q->type == PARAM_TEXTS || place++ == p->place))
			return q;
	return NULL;
}

static bool take_place(Parser *p, const char *word, GError **error)
{
	const Param *param = next_place(p);
	if (!param) {
		g_autofree char *words = g_strdelimit(g_strdup(p->op->name), ".", ' ');
		return fail(error, FAIL_INVALID, "\"%s\" is one word too many; see gyre %s --help", word, words);
	}
	if (param->type != PARAM_TEXTS)
		p->place++;
	return store(p->in, param, word, error);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !(g_ascii_isdigit(word[1]) || word[1] == '.');
}

/* The op named by the most leading words ("model promote" before "model"); *ret_words of them. */
static const Op *find_op(char **words, size_t *ret_words, char **ret_prefix)
{
	g_autoptr(GString) name = g_string_new(NULL);
	const Op *best = NULL;
	*ret_words = 0;
	for (size_t i = 0; words[i] && !is_option(words[i]); i++) {
		g_string_append_printf(name, "%s%s", i ? "." : "", words[i]);
		const Op *op = op_find(name->str);
		if (op) {
			best = op;
			*ret_words = i + 1;
		}
		g_autofree char *start = g_strconcat(name->str, ".", NULL);
		for (const Op *const *o = OPS; !best && *o && !*ret_prefix; o++)
			if (i == 0 && g_str_has_prefix((*o)->name, start))
				*ret_prefix = g_strdup(name->str);
	}
	return best;
}

static bool unknown_command(char **words, const char *prefix, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (const Op *const *o = OPS; *o; o++)
		g_ptr_array_add(names, g_strdelimit(g_strdup((*o)->name), ".", ' '));
	g_ptr_array_add(names, NULL);
	bool has_second = words[1] && !is_option(words[1]);
	g_autofree char *both = g_strjoin(" ", words[0], has_second ? words[1] : NULL, NULL);
	const char *given = prefix ? both : words[0];
	const char *near = nearest_name(both, (const char *const *)names->pdata);
	near = near || prefix ? near : nearest_name(words[0], (const char *const *)names->pdata);
	return fail(error, FAIL_INVALID, "gyre has no command \"%s\"%s%s%s; see gyre --help", given,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Global options may stand before the command too. */
static bool take_leading(Parser *p, size_t *at, GError **error)
{
	for (; p->words[*at] && is_option(p->words[*at]); ++*at)
		if (!take_option(p, at, error))
			return false;
	return true;
}

static bool take_rest(Parser *p, size_t at, GError **error)
{
	bool only_places = false;
	for (; p->words[at]; at++) {
		if (!only_places && strcmp(p->words[at], "--") == 0)
			only_places = true;
		else if (!only_places && is_option(p->words[at]) ? !take_option(p, &at, error)
		                                                 : !take_place(p, p->words[at], error))
			return false;
	}
	return true;
}

bool cli_parse(int argc, char **argv, Call *ret, GError **error)
{
	(void)argc;
	Parser p = {.words = argv + 1, .in = ret->in = json_object(), .global = ret->global = json_object()};
	size_t at = 0, used = 0;
	if (!take_leading(&p, &at, error))
		return false;
	ret->op = p.op = find_op(p.words + at, &used, &ret->prefix);
	if (!p.op && p.words[at] && !(ret->prefix && (!p.words[at + 1] || is_option(p.words[at + 1]))))
		return unknown_command(p.words + at, ret->prefix, error);
	if (!p.op)
		return !p.words[at] || take_rest(&p, at + 1, error);
	return take_rest(&p, at + used, error);
}

void cli_call_clear(Call *call)
{
	g_free(call->prefix);
	json_decref(call->in);
	json_decref(call->global);
}
