/* receiver_webhook.c: a notice as JSON to an address of the user's. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/receiver.h"

static const Param PARAMS[] = {
        {"url", PARAM_JSON, "where to: http or https; {env: NAME} or {file: /PATH} where the address is a secret",
                .flags = PARAM_REQUIRED},
        {"token", PARAM_JSON, "sent as Authorization: Bearer; {env: NAME} or {file: /PATH}"},
        {"secret", PARAM_JSON,
                "signs the body: X-Gyre-Signature: sha256=HMAC in hexadecimal; {env: NAME} or {file: /PATH}"},
        {"ca_file", PARAM_TEXT, "certificates to trust instead of the system's"},
        {NULL},
};

static const char *const SECRETS[] = {"url", "token", "secret", NULL};

static const char *const TIMES[] = {"since", "fired", "resolved"};

static json_t *body_of(const json_t *notice)
{
	json_t *alarms = json_array(), *alarm;
	size_t i;
	json_array_foreach (json_object_get(notice, "alarms"), i, alarm) {
		json_t *copy = json_copy(alarm);
		g_autofree char *headline = alarm_headline(alarm);
		for (size_t k = 0; k < G_N_ELEMENTS(TIMES); k++)
			json_object_set_new(copy, TIMES[k], notice_time(json_object_get(alarm, TIMES[k])));
		json_object_set_new(copy, "summary", json_text(headline));
		json_array_append_new(alarms, copy);
	}
	return json_pack("{s:O,s:o,s:s,s:O,s:O,s:O,s:o}", "id", json_object_get(notice, "id"), "at",
	        notice_time(json_object_get(notice, "at")), "status", notice_is_firing(notice) ? "firing" : "resolved",
	        "model", json_object_get(notice, "model"), "version", json_object_get(notice, "version"), "route",
	        json_object_get(notice, "route"), "alarms", alarms);
}

static void sign(Message *m, const char *secret)
{
	g_autofree char *digest = g_compute_hmac_for_data(
	        G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret), (const guchar *)m->body->str, m->body->len);
	g_autofree char *value = g_strconcat("sha256=", digest, NULL);
	message_add_header(m, "X-Gyre-Signature", value);
}

static bool compose(const json_t *params, const json_t *notice, Message *ret, GError **error)
{
	g_autofree char *token = NULL, *secret = NULL;
	if (!receiver_secret(params, "url", &ret->url, error) || !receiver_secret(params, "token", &token, error) ||
	        !receiver_secret(params, "secret", &secret, error))
		return false;
	json_auto_t *body = body_of(notice);
	g_autofree char *text = json_canonical(body);
	g_string_assign(ret->body, text);
	message_add_header(ret, "Content-Type", "application/json");
	message_add_header(ret, "Idempotency-Key", json_get_text(notice, "id", ""));
	if (token) {
		g_autofree char *bearer = g_strconcat("Bearer ", token, NULL);
		message_add_header(ret, "Authorization", bearer);
	}
	if (secret)
		sign(ret, secret);
	ret->ca_file = g_strdup(json_get_text(params, "ca_file", NULL));
	return true;
}

const ReceiverKind RECEIVER_WEBHOOK = {
        .name = "webhook",
        .help = "POST a notice as JSON to an address of your own",
        .params = PARAMS,
        .secrets = SECRETS,
        .compose = compose,
};
