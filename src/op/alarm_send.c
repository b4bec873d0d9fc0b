/* alarm_send.c: the ops `alarm send` and `alarm outbox`: what is told to receivers. */
#include "base/error.h"
#include "base/json.h"
#include "monitor/outbox.h"
#include "op/desk.h"
#include "op/iso_times.h"

static const Param SEND_PARAMS[] = {
        {"receiver", PARAM_TEXT, "try this receiver out: it is sent one alarm that is none, and nothing else",
                .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool send_as(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	const json_t *settings = json_object_get(project_block(d->project, "monitor"), "alarms");
	const char *receiver = json_get_text(in, "receiver", NULL);
	if (!receiver)
		return outbox_deliver(d->meta, settings, ret, error);
	if (!outbox_test(settings, receiver, project_name(d->project), error))
		return false;
	*ret = json_pack("{s:i,s:i,s:i}", "sent", 1, "failed", 0, "waiting", 0);
	return true;
}

static bool send(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_make(app, &d, error))
		return false;
	bool ok = send_as(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_ALARM_SEND = {
        .name = "alarm.send",
        .help = "tell receivers what they have not been told yet",
        .more = "`gyre monitor run` does it after every pass.  With a receiver's name: try it out; the exit status "
                "says "
                "whether it took\nthe message.\n\n"
                "JSON: {\"sent\", \"failed\", \"waiting\"}: counts of notices",
        .effect = OP_WRITE,
        .params = SEND_PARAMS,
        .run = send,
};

static const Param OUTBOX_PARAMS[] = {
        {"limit", PARAM_INT, "notices to show, the newest", "20", .min = 1, .max = 100000},
        {NULL},
};

static bool outbox(App *app, const json_t *in, json_t **ret, GError **error)
{
	static const char *const TIMES[] = {"created", "next", "sent", NULL};
	Desk d;
	json_auto_t *notices = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = outbox_list(d.meta, (int)json_get_int(in, "limit", 20), &notices, error);
	desk_clear(&d);
	if (!ok)
		return false;
	iso_times_each(notices, TIMES);
	*ret = json_pack("{s:O}", "notices", notices);
	return true;
}

const Op OP_ALARM_OUTBOX = {
        .name = "alarm.outbox",
        .help = "list what receivers were told, and what waits",
        .more = "JSON: {\"notices\": [{\"id\", \"receiver\", \"state\": \"waiting\" | \"sent\" | \"given_up\", "
                "\"created\", \"attempts\", \"next\", \"sent\",\n\"problem\"}]}, the newest first; id is what the "
                "receiver "
                "got as Idempotency-Key or Message-ID",
        .remote = true,
        .params = OUTBOX_PARAMS,
        .run = outbox,
};
