/* completion.c: completion scripts for shells, made from the ops' tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "op/op.h"

static char *options_of(const Op *op)
{
	GString *text = g_string_new(NULL);
	const Param *const tables[] = {op ? op->params : NULL, GLOBAL_PARAMS};
	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
		for (const Param *p = tables[t]; p && p->name; p++) {
			if (p->flags & (PARAM_POSITIONAL | PARAM_HIDDEN))
				continue;
			g_autofree char *name = g_strdelimit(g_strdup(p->name), "_", '-');
			g_string_append_printf(text, "%s--%s", text->len ? " " : "", name);
		}
	return g_string_free(text, FALSE);
}

/* The words that may follow a prefix ("" or "model"), each once. */
static char *next_words(const char *prefix)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *text = g_string_new(NULL);
	size_t length = strlen(prefix);
	for (const Op *const *o = OPS; *o; o++) {
		const char *name = (*o)->name;
		if (!(*o)->help || (length && (strncmp(name, prefix, length) || name[length] != '.')))
			continue;
		name += length ? length + 1 : 0;
		char *word = g_strndup(name, strcspn(name, "."));
		if (g_hash_table_contains(seen, word)) {
			g_free(word);
			continue;
		}
		g_string_append_printf(text, "%s%s", text->len ? " " : "", word);
		g_hash_table_add(seen, word);
	}
	return g_string_free(text, FALSE);
}

static bool begins_others(const Op *op)
{
	g_autofree char *start = g_strconcat(op->name, ".", NULL);
	for (const Op *const *o = OPS; *o; o++)
		if (g_str_has_prefix((*o)->name, start))
			return true;
	return false;
}

/* The pattern of a command's name and what follows it; that of one that begins others ("runs", "runs show") must stand behind theirs. */
static void print_cases(FILE *out, bool begins)
{
	for (const Op *const *o = OPS; *o; o++) {
		if (!(*o)->help || begins_others(*o) != begins)
			continue;
		g_autofree char *path = g_strdelimit(g_strdup((*o)->name), ".", ' '), *options = options_of(*o);
		g_autofree char *words = begins ? next_words((*o)->name) : g_strdup("");
		fprintf(out, "\t'%s'|'%s '*) words=\"%s %s\" ;;\n", path, path, words, options);
	}
}

static void print_bash(FILE *out)
{
	g_autofree char *first = next_words("");
	fprintf(out,
	        "# bash completion for gyre\n_gyre() {\n\tlocal word=\"${COMP_WORDS[COMP_CWORD]}\" path= i\n"
	        "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\t[[ ${COMP_WORDS[i]} == -* ]] && continue\n"
	        "\t\tpath=\"$path${path:+ }${COMP_WORDS[i]}\"\n\tdone\n\tlocal words=\n\tcase \"$path\" in\n"
	        "\t'') words=\"%s\" ;;\n",
	        first);
	g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (const Op *const *o = OPS; *o; o++) {
		const char *dot = strchr((*o)->name, '.');
		g_autofree char *group = dot ? g_strndup((*o)->name, (size_t)(dot - (*o)->name)) : NULL;
		if (group && (*o)->help && !op_find(group) && g_hash_table_add(groups, g_strdup(group))) {
			g_autofree char *words = next_words(group);
			fprintf(out, "\t'%s') words=\"%s\" ;;\n", group, words);
		}
	}
	print_cases(out, false);
	print_cases(out, true);
	fputs("\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\t[[ $word != -* && -n $path ]] && COMPREPLY+=($(compgen -f -- \"$word\"))\n}\n"
	      "complete -o filenames -F _gyre gyre\n",
	        out);
}

/* zsh reads bash's completions through bashcompinit. */
static void print_zsh(FILE *out)
{
	fputs("#compdef gyre\nautoload -U +X bashcompinit && bashcompinit\n", out);
	print_bash(out);
}

static void print_fish(FILE *out)
{
	fputs("# fish completion for gyre\n", out);
	for (const Op *const *o = OPS; *o; o++) {
		if (!(*o)->help)
			continue;
		g_auto(GStrv) parts = g_strsplit((*o)->name, ".", 2);
		const char *after = parts[1] ? "__fish_seen_subcommand_from" : "__fish_use_subcommand";
		g_autofree char *help = g_strdelimit(g_strdup((*o)->help), "'", ' ');
		fprintf(out, "complete -c gyre -n '%s%s%s' -a '%s' -d '%s'\n", after, parts[1] ? " " : "",
		        parts[1] ? parts[0] : "", parts[1] ? parts[1] : parts[0], help);
		for (const Param *p = (*o)->params; p && p->name; p++) {
			g_autofree char *name = g_strdelimit(g_strdup(p->name), "_", '-');
			g_autofree char *about = g_strdelimit(g_strdup(p->help), "'", ' ');
			if (!(p->flags & (PARAM_POSITIONAL | PARAM_HIDDEN)))
				fprintf(out, "complete -c gyre -n '__fish_seen_subcommand_from %s' -l %s -d '%s'\n",
				        parts[1] ? parts[1] : parts[0], name, about);
		}
	}
}

static const Param PARAMS[] = {
        {"shell", PARAM_TEXT, "which shell", .choices = (const char *const[]){"bash", "zsh", "fish", NULL},
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {NULL},
};

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	static const struct {
		const char *shell;
		void (*print)(FILE *out);
	} SHELLS[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
	const char *shell = json_string_value(json_object_get(in, "shell"));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	(void)app;
	if (!out)
		return fail(error, FAIL_UNAVAILABLE, "no memory");
	for (size_t i = 0; i < G_N_ELEMENTS(SHELLS); i++)
		if (strcmp(shell, SHELLS[i].shell) == 0)
			SHELLS[i].print(out);
	fclose(out);
	*ret = json_pack("{s:s}", "text", text);
	free(text);
	return true;
}

const Op OP_COMPLETION = {
        .name = "completion",
        .help = "print a completion script for a shell",
        .more = "  bash: gyre completion bash > /etc/bash_completion.d/gyre\n"
                "  zsh:  gyre completion zsh > \"${fpath[1]}/_gyre\"\n"
                "  fish: gyre completion fish > ~/.config/fish/completions/gyre.fish",
        .params = PARAMS,
        .run = run,
};
