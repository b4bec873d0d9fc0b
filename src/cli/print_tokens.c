/* print_tokens.c: tokens as text: the new one with what to do with it, and the list. */
#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static char *roles_in(const json_t *token)
{
	GString *text = g_string_new(NULL);
	size_t i;
	json_t *role;
	json_array_foreach (json_object_get(token, "roles"), i, role)
		g_string_append_printf(text, "%s%s", i ? ", " : "", json_string_value(role));
	return g_string_free(text, FALSE);
}

void print_token(FILE *out, const json_t *result)
{
	g_autofree char *roles = roles_in(result);
	const char *expires = json_get_text(result, "expires", NULL);
	fprintf(out, "%s\n", json_get_text(result, "token", ""));
	fprintf(stderr, "%s may %s%s%s.  This is shown once; send it as \"Authorization: Bearer TOKEN\".\n",
	        json_get_text(result, "name", ""), roles, expires ? " until " : "", expires ? expires : "");
}

void print_tokens(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"id", "name", "roles", "by", "created", "expires", "revoked", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *t;
	json_array_foreach (json_object_get(result, "tokens"), i, t) {
		g_autofree char *roles = roles_in(t);
		const char *cells[] = {json_get_text(t, "id", ""), json_get_text(t, "name", ""), roles,
		        json_get_text(t, "by", ""), json_get_text(t, "created", NULL),
		        json_get_text(t, "expires", NULL), json_get_text(t, "revoked", NULL), NULL};
		table_add_cells(table, cells);
	}
	table_print(table, out, "no token was ever made: whoever reaches a server may call it");
}
