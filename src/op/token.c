/* token.c: the ops `token create`, `token ls` and `token revoke`: who may call a server. */
#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "serve/tokens.h"

static const Param CREATE_PARAMS[] = {
        {"name", PARAM_TEXT, "whose it is: a program, a person; letters, digits and . _ -",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"roles", PARAM_TEXTS, "read (models, runs, the log, metrics), predict (and outcomes), deploy, admin (all)",
                "[\"predict\"]", .choices = ROLE_NAMES},
        {"days", PARAM_REAL, "how long it is in force; 0: until it is revoked", "0", .min = 0, .max = 36500},
        {"by", PARAM_TEXT, "who gives it; kept on record"},
        {NULL},
};

static unsigned roles_in(const json_t *names)
{
	unsigned roles = 0;
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name)
		for (unsigned k = 0; ROLE_NAMES[k]; k++)
			if (g_str_equal(ROLE_NAMES[k], json_string_value(name)))
				roles |= 1u << k;
	return roles;
}

static bool create(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	g_autofree char *text = NULL;
	double days = json_get_number(in, "days", 0);
	json_t *roles = json_object_get(in, "roles");
	if (!desk_make(app, &d, error))
		return false;
	Token about = {.name = (char *)json_get_text(in, "name", ""),
	        .roles = roles_in(roles),
	        .expires = days > 0 ? meta_now() + (int64_t)(days * 86400e6) : 0};
	bool ok = token_create(d.meta, &about, json_get_text(in, "by", g_get_user_name()), &text, error);
	desk_clear(&d);
	if (ok)
		*ret = json_pack("{s:s,s:s,s:O,s:o}", "name", about.name, "token", text, "roles", roles, "expires",
		        time_json(about.expires));
	return ok;
}

const Op OP_TOKEN_CREATE = {
        .name = "token.create",
        .help = "make a token with which a program may call the server",
        .more = "It is shown once; the store keeps a salted hash.  A call carries it as \"Authorization: Bearer "
                "TOKEN\".\n"
                "docs/security.md says which role each path needs.\n"
                "JSON: {\"name\", \"token\", \"roles\": [text], \"expires\": time or null}",
        .effect = OP_WRITE,
        .remote = true,
        .params = CREATE_PARAMS,
        .run = create,
};

static const Param NO_PARAMS[] = {{NULL}};

static bool list(App *app, const json_t *in, json_t **ret, GError **error)
{
	static const char *const TIMES[] = {"created", "expires", "revoked"};
	Desk d;
	size_t i;
	json_t *tokens, *token;
	(void)in;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = token_list(d.meta, &tokens, error);
	desk_clear(&d);
	if (!ok)
		return false;
	json_array_foreach (tokens, i, token)
		for (size_t k = 0; k < G_N_ELEMENTS(TIMES); k++)
			json_object_set_new(token, TIMES[k], time_json(json_get_int(token, TIMES[k], 0)));
	*ret = json_pack("{s:o}", "tokens", tokens);
	return true;
}

const Op OP_TOKEN_LS = {
        .name = "token.ls",
        .help = "list who may call the server",
        .more = "JSON: {\"tokens\": [{\"id\", \"name\", \"roles\": [text], \"by\", \"created\", \"expires\", "
                "\"revoked\": times or null}]}, newest first",
        .effect = OP_READ,
        .remote = true,
        .params = NO_PARAMS,
        .run = list,
};

static const Param REVOKE_PARAMS[] = {
        {"which", PARAM_TEXT, "id of a token, or a name: all of that name", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {NULL},
};

static bool take_back(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	int count;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = token_revoke(d.meta, json_get_text(in, "which", ""), &count, error);
	desk_clear(&d);
	if (ok)
		*ret = json_pack("{s:i}", "revoked", count);
	return ok;
}

const Op OP_TOKEN_REVOKE = {
        .name = "token.revoke",
        .help = "take a token out of force",
        .more = "A running server knows within a second or two.\nJSON: {\"revoked\": how many}",
        .effect = OP_WRITE,
        .remote = true,
        .params = REVOKE_PARAMS,
        .run = take_back,
};
