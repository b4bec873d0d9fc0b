/* receiver.h: who is told of alarms: a kind that puts a notice in the words of one service.
 *
 * A kind only writes the message; sending, trying again and remembering are the outbox's (monitor/outbox.h), the same for all.
 *
 * A notice: {"id": text, the same whenever the same notice is sent, "at" us, when it was made, "model","version","route","alarms":
 * [alarms that fired or ended, as monitor/alarm.h has them]}.
 *
 * What must stay secret is given as {env: NAME} or {file: PATH} and read at the moment of sending: it is never in the store, in an
 * answer of the program or in an error. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"

/* What is sent, over HTTP or as mail.  All owned; NULL where there is none. */
typedef struct Message {
	char *url;          /* http, https; for mail smtp or smtps */
	GPtrArray *headers; /* of texts "Name: value" */
	GString *body;
	char *user, *password;
	char *from; /* of mail */
	char **to;
	bool needs_tls; /* mail: refuse to send in the clear */
	char *ca_file;  /* certificates to trust instead of the system's */
} Message;

void message_init(Message *m);
void message_clear(Message *m);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Message, message_clear)
void message_add_header(Message *m, const char *name, const char *value); /* control characters are left out */

typedef struct ReceiverKind {
	const char *name, *help;
	const Param *params;
	const char *const *secrets; /* params of secrets, NULL-ended: texts are refused except for "url" */
	bool stands;                /* wants all firing alarms again every `resend`, and takes silence for their end */
	/* params: filled.  Fails where a secret cannot be read. */
	bool (*compose)(const json_t *params, const json_t *notice, Message *ret, GError **error);
} ReceiverKind;

extern const ReceiverKind *const RECEIVERS[]; /* NULL-ended */
const ReceiverKind *receiver_kind(const char *name);

extern const ReceiverKind RECEIVER_WEBHOOK, RECEIVER_ALERTMANAGER, RECEIVER_EMAIL, RECEIVER_SLACK;

/* Checks {NAME: {kind, ...}}; returns it filled, or NULL after a problem.  New reference. */
json_t *receivers_check(const char *path, const json_t *receivers, ParamReport *report, void *context);

/* Is it for this receiver (its severity, match, resolved)? */
bool receiver_wants(const json_t *receiver, const json_t *alarm);

/* A text, or what stands in the variable or file it names; *ret NULL where it is absent.  The error names the receiver's
 * key and never the value. */
bool receiver_secret(const json_t *params, const char *key, char **ret, GError **error);

/* "psi of age: 0.31, limit 0.1 (loans@3, stable)": an alarm in one line.  Free with g_free. */
char *alarm_headline(const json_t *alarm);
/* Whether any of a notice's alarms is firing. */
bool notice_is_firing(const json_t *notice);
/* A time of the notice as RFC 3339 wants it, null for null.  New reference. */
json_t *notice_time(const json_t *us);
