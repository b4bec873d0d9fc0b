/* command_expand.c: {inputs.NAME} and its like in the words of a command. */
#include "pipeline/command.h"

#include <string.h>

/* Does `text` begin with {GROUP.NAME}?  Its length, or 0. */
static size_t placeholder(const char *text, char **ret_group, char **ret_name)
{
	static const char *const GROUPS[] = {"inputs", "outputs", "params"};
	const char *end = strchr(text, '}');
	for (size_t i = 0; end && i < G_N_ELEMENTS(GROUPS); i++) {
		size_t length = strlen(GROUPS[i]);
		if (strncmp(text + 1, GROUPS[i], length) != 0 || text[1 + length] != '.')
			continue;
		const char *name = text + 1 + length + 1;
		*ret_group = g_strdup(GROUPS[i]);
		*ret_name = g_strndup(name, (size_t)(end - name));
		return (size_t)(end - text) + 1;
	}
	return 0;
}

bool command_expand(const char *word, CommandLookup *look_up, void *context, char **ret, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	while (*word) {
		g_autofree char *group = NULL, *name = NULL, *value = NULL;
		size_t length = *word == '{' ? placeholder(word, &group, &name) : 0;
		if (!length) {
			g_string_append_c(out, *word++);
			continue;
		}
		if (!look_up(context, group, name, &value, error))
			return false;
		g_string_append(out, value);
		word += length;
	}
	*ret = g_string_free(g_steal_pointer(&out), FALSE);
	return true;
}
