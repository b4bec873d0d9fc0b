/* outbox.c: notices written down, and told until they are taken. */
#include "monitor/outbox.h"

#include <string.h>

#include "base/digest.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "monitor/receiver.h"
#include "monitor/send.h"
#include "monitor/silence.h"

#define CLAIM (60 * DURATION_SECOND) /* longer than one try can take */
#define WAIT_LEAST (2 * DURATION_SECOND)
#define WAIT_MOST (600 * DURATION_SECOND)

enum { ID_DIGITS = 32, ALARMS_MOST = 1000, KEEP_TOLD_DAYS = 30 };

/* --- what is to be told --- */

/* An alarm as receivers are given it. */
static json_t *alarm_of_row(const json_t *row)
{
	static const char *const PACKED[] = {"evidence", "cause"};
	json_t *alarm = json_copy((json_t *)row);
	for (size_t i = 0; i < G_N_ELEMENTS(PACKED); i++) {
		const char *text = json_get_text(row, PACKED[i], NULL);
		json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
		json_object_set_new(alarm, PACKED[i], value ? value : json_null());
	}
	json_object_del(alarm, "told");
	json_object_del(alarm, "notices");
	return alarm;
}

#define ALARM_COLUMNS                                                                                                \
	"id, model, version, route, look, measure, subject, state, severity, runbook, since, fired, resolved, why, " \
	"window_id AS \"window\", windows, value, limit_value AS \"limit\", p, evidence, cause, told, notices"

/* Of the alarms that `where` says those that anybody, or this receiver, is to hear of.  Page by page: however many are silenced, they keep
 * no other from being told. */
static bool audible(Meta *m, const char *where, const json_t *receiver, json_t **ret, GError **error)
{
	json_auto_t *silences = NULL, *list = json_array();
	g_autofree char *sql =
	        g_strdup_printf("SELECT " ALARM_COLUMNS " FROM alarms WHERE %s LIMIT $1 OFFSET $2", where);
	if (!silence_list(m, meta_now(), &silences, error))
		return false;
	for (int64_t from = 0; json_array_size(list) < ALARMS_MOST; from += ALARMS_MOST) {
		json_auto_t *rows = NULL;
		size_t i;
		json_t *row;
		if (!meta_run(m, sql, json_pack("[i,I]", ALARMS_MOST, (json_int_t)from), &rows, error))
			return false;
		json_array_foreach (rows, i, row)
			if (!silence_of(silences, row) && (!receiver || receiver_wants(receiver, row)))
				json_array_append(list, row);
		if (json_array_size(rows) < ALARMS_MOST)
			break;
	}
	*ret = json_incref(list);
	return true;
}

#define UNTOLD                                                                                                 \
	"(state = 'firing' AND told <> 'firing') OR (state = 'resolved' AND told = 'firing') ORDER BY model, " \
	"version, route, since, id"

static bool next_place(Meta *m, int64_t *ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT max(place) AS place FROM outbox", NULL, &row, error))
		return false;
	*ret = json_get_int(row, "place", 0) + 1;
	return true;
}

/* The same alarms told for the same reason to the same receiver have the same id, whoever writes it down and when. */
static char *notice_id(const char *receiver, const json_t *rows)
{
	json_auto_t *names = json_pack("[s]", receiver);
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)rows, i, row)
		json_array_append_new(names, json_pack("[O,O,O]", json_object_get(row, "id"),
		                                     json_object_get(row, "state"), json_object_get(row, "notices")));
	char *id = digest_of_json(names);
	id[ID_DIGITS] = '\0';
	return id;
}

static json_t *notice_new(const char *id, const json_t *first, json_t *alarms)
{
	return json_pack("{s:s,s:I,s:O,s:O,s:O,s:o}", "id", id, "at", (json_int_t)meta_now(), "model",
	        json_object_get(first, "model"), "version", json_object_get(first, "version"), "route",
	        json_object_get(first, "route"), "alarms", alarms);
}

static bool write_down(Meta *m, const char *receiver, const json_t *rows, GError **error)
{
	g_autofree char *id = notice_id(receiver, rows);
	json_t *alarms = json_array(), *row;
	size_t i;
	int64_t place, now = meta_now();
	json_array_foreach ((json_t *)rows, i, row)
		json_array_append_new(alarms, alarm_of_row(row));
	json_auto_t *notice = notice_new(id, json_array_get(rows, 0), alarms);
	return next_place(m, &place, error) &&
	       meta_run(m,
	               "INSERT INTO outbox (id, place, receiver, state, notice, created, attempts, next_at, sent, "
	               "problem) "
	               "VALUES ($1, $2, $3, 'waiting', $4, $5, 0, $5, NULL, NULL) ON CONFLICT (id) DO NOTHING",
	               json_pack("[s,I,s,O,I]", id, (json_int_t)place, receiver, notice, (json_int_t)now), NULL, error);
}

/* One notice a receiver of the alarms of one model, version and route that it wants. */
static bool tell_group(Meta *m, const json_t *settings, const json_t *group, GError **error)
{
	const char *name;
	json_t *receiver, *row;
	size_t i;
	json_object_foreach (json_object_get(settings, "receivers"), name, receiver) {
		json_auto_t *wanted = json_array();
		json_array_foreach ((json_t *)group, i, row)
			if (receiver_wants(receiver, row))
				json_array_append(wanted, row);
		if (json_array_size(wanted) && !write_down(m, name, wanted, error))
			return false;
	}
	json_array_foreach ((json_t *)group, i, row)
		if (!meta_run(m, "UPDATE alarms SET told = state, notices = notices + 1 WHERE id = $1",
		            json_pack("[O]", json_object_get(row, "id")), NULL, error))
			return false;
	return true;
}

static bool belongs(const json_t *a, const json_t *b)
{
	static const char *const NAMES[] = {"model", "version", "route"};
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
		if (!json_equal(json_object_get(a, NAMES[i]), json_object_get(b, NAMES[i])))
			return false;
	return true;
}

bool outbox_tell(Meta *m, const json_t *settings, GError **error)
{
	json_auto_t *rows = NULL;
	if (!audible(m, UNTOLD, NULL, &rows, error))
		return false;
	for (size_t i = 0; i < json_array_size(rows);) {
		json_auto_t *group = json_array();
		const json_t *first = json_array_get(rows, i);
		for (; i < json_array_size(rows) && belongs(json_array_get(rows, i), first); i++)
			json_array_append(group, json_array_get(rows, i));
		if (!tell_group(m, settings, group, error))
			return false;
	}
	return true;
}

/* --- telling it --- */

static bool send_notice(const json_t *receiver, const json_t *notice, int *ret_wait, GError **error)
{
	const ReceiverKind *kind = receiver_kind(json_get_text(receiver, "kind", ""));
	g_auto(Message) message = {0};
	message_init(&message);
	*ret_wait = 0;
	return kind->compose(receiver, notice, &message, error) && send_message(&message, ret_wait, error);
}

/* 2 s, 4 s, ... 10 minutes, and a little more that differs by notice, so that many do not knock at once. */
static int64_t backoff(const char *id, int64_t attempts, int asked)
{
	int64_t wait = WAIT_LEAST << MIN(attempts, 12);
	wait = MIN(wait, WAIT_MOST);
	wait += wait / 8 * (int64_t)(g_str_hash(id) % 9) / 8;
	return MAX(wait, asked * DURATION_SECOND);
}

/* The oldest notice of a receiver if it is due, taken for this process; *ret NULL: none.  A clock that was set back must not make
 * a notice wait for it to catch up. */
static bool claim(Meta *m, const char *receiver, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	int64_t now = meta_now();
	*ret = NULL;
	if (!meta_row(m,
	            "SELECT id, attempts, next_at FROM outbox WHERE receiver = $1 AND state = 'waiting' ORDER BY place "
	            "LIMIT 1",
	            json_pack("[s]", receiver), &row, error))
		return false;
	int64_t next = json_get_int(row, "next_at", 0), until = now + CLAIM;
	if (!row || (next > now && next < now + 2 * DURATION_DAY))
		return true;
	return meta_row(m,
	        "UPDATE outbox SET attempts = attempts + 1, next_at = $3 WHERE id = $1 AND attempts = $2 AND state = "
	        "'waiting' "
	        "RETURNING id, attempts, notice, created",
	        json_pack("[O,O,I]", json_object_get(row, "id"), json_object_get(row, "attempts"), (json_int_t)until),
	        ret, error);
}

static bool note_sent(Meta *m, const json_t *row, GError **error)
{
	return meta_run(m, "UPDATE outbox SET state = 'sent', sent = $2, problem = NULL WHERE id = $1",
	        json_pack("[O,I]", json_object_get(row, "id"), (json_int_t)meta_now()), NULL, error);
}

static bool note_failed(Meta *m, const json_t *row, int asked, const char *problem, GError **error)
{
	int64_t now = meta_now();
	int64_t next = now + backoff(json_get_text(row, "id", ""), json_get_int(row, "attempts", 1) - 1, asked);
	bool is_old = now - json_get_int(row, "created", now) > OUTBOX_KEEP_DAYS * DURATION_DAY;
	return meta_run(m, "UPDATE outbox SET state = $2, next_at = $3, problem = $4 WHERE id = $1",
	        json_pack("[O,s,I,o]", json_object_get(row, "id"), is_old ? "given_up" : "waiting", (json_int_t)next,
	                json_text(problem)),
	        NULL, error);
}

typedef struct Counts {
	int sent, failed;
} Counts;

static bool deliver_to(Meta *m, const char *name, const json_t *receiver, Counts *counts, GError **error)
{
	for (;;) {
		json_auto_t *row = NULL;
		g_autoptr(GError) problem = NULL;
		int asked = 0;
		if (!claim(m, name, &row, error))
			return false;
		if (!row)
			return true;
		json_auto_t *notice = json_loads(json_get_text(row, "notice", ""), 0, NULL);
		if (send_notice(receiver, notice, &asked, &problem)) {
			counts->sent++;
			if (!note_sent(m, row, error))
				return false;
			continue;
		}
		counts->failed++;
		return note_failed(m, row, asked, problem->message, error);
	}
}

/* Receivers that forget are told again what fires.  A notice of its own each time: nothing waits for it. */
static bool firing_for(Meta *m, const json_t *receiver, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL, *alarms = json_array();
	size_t i;
	json_t *row;
	if (!audible(m, "state = 'firing' ORDER BY since, id", receiver, &rows, error))
		return false;
	json_array_foreach (rows, i, row)
		json_array_append_new(alarms, alarm_of_row(row));
	*ret = json_incref(alarms);
	return true;
}

static bool is_time(Meta *m, const char *name, const json_t *receiver, bool *ret, GError **error)
{
	json_auto_t *row = NULL;
	int64_t resend = 60 * DURATION_SECOND, now = meta_now();
	duration_parse(json_get_text(receiver, "resend", "1m"), &resend);
	if (!meta_row(m, "SELECT told_at FROM receivers WHERE name = $1", json_pack("[s]", name), &row, error))
		return false;
	int64_t told = json_get_int(row, "told_at", 0);
	*ret = now - told >= resend || told > now;
	return !*ret ||
	       meta_run(m,
	               "INSERT INTO receivers (name, told_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET told_at "
	               "= excluded.told_at",
	               json_pack("[s,I]", name, (json_int_t)now), NULL, error);
}

static bool stand(Meta *m, const char *name, const json_t *receiver, Counts *counts, GError **error)
{
	json_auto_t *alarms = NULL;
	bool due;
	if (!receiver_kind(json_get_text(receiver, "kind", ""))->stands)
		return true;
	if (!is_time(m, name, receiver, &due, error))
		return false;
	if (!due)
		return true;
	if (!firing_for(m, receiver, &alarms, error))
		return false;
	if (json_array_size(alarms) == 0)
		return true;
	g_autofree char *id = meta_new_id();
	g_autoptr(GError) problem = NULL;
	int asked;
	json_auto_t *notice = notice_new(id, json_array_get(alarms, 0), json_incref(alarms));
	if (!send_notice(receiver, notice, &asked, &problem))
		counts->failed++;
	return true;
}

/* What receivers were to be told that are no longer in gyre.yaml, and what was told or given up long ago. */
static bool tidy(Meta *m, const json_t *settings, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m, "SELECT DISTINCT receiver FROM outbox WHERE state = 'waiting'", NULL, &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		const char *name = json_get_text(row, "receiver", "");
		if (json_object_get(json_object_get(settings, "receivers"), name))
			continue;
		if (!meta_run(m,
		            "UPDATE outbox SET state = 'given_up', problem = 'gyre.yaml has no receiver of that name "
		            "any more' "
		            "WHERE receiver = $1 AND state = 'waiting'",
		            json_pack("[s]", name), NULL, error))
			return false;
	}
	return meta_run(m, "DELETE FROM outbox WHERE state <> 'waiting' AND created < $1",
	        json_pack("[I]", (json_int_t)(meta_now() - KEEP_TOLD_DAYS * DURATION_DAY)), NULL, error);
}

static bool tell_in_one(Meta *m, const json_t *settings, GError **error)
{
	return meta_begin_durable(m, error) && meta_end(m, outbox_tell(m, settings, error), error);
}

bool outbox_deliver(Meta *m, const json_t *settings, json_t **ret, GError **error)
{
	Counts counts = {0};
	const char *name;
	json_t *receiver;
	json_auto_t *waiting = NULL;
	if (!tell_in_one(m, settings, error) || !tidy(m, settings, error))
		return false;
	json_object_foreach (json_object_get(settings, "receivers"), name, receiver)
		if (!deliver_to(m, name, receiver, &counts, error) || !stand(m, name, receiver, &counts, error))
			return false;
	if (!meta_row(m, "SELECT count(*) AS n FROM outbox WHERE state = 'waiting'", NULL, &waiting, error))
		return false;
	*ret = json_pack("{s:i,s:i,s:O}", "sent", counts.sent, "failed", counts.failed, "waiting",
	        json_object_get(waiting, "n"));
	return true;
}

bool outbox_list(Meta *m, int limit, json_t **ret, GError **error)
{
	return meta_run(m,
	        "SELECT id, receiver, state, created, attempts, next_at AS \"next\", sent, problem FROM outbox ORDER "
	        "BY place "
	        "DESC LIMIT $1",
	        json_pack("[i]", limit), ret, error);
}

bool outbox_test(const json_t *settings, const char *name, const char *model, GError **error)
{
	const json_t *receiver = json_object_get(json_object_get(settings, "receivers"), name);
	g_autofree char *id = meta_new_id();
	int asked;
	int64_t now = meta_now();
	if (!receiver)
		return fail(
		        error, FAIL_NOT_FOUND, "gyre.yaml has no receiver \"%s\" in monitor.alarms.receivers", name);
	json_auto_t *alarm = json_pack("{s:s,s:o,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:n}", "id", id, "model",
	        json_text(model), "version", 0, "route", "stable", "look", "test", "measure", "a trial of the receiver",
	        "subject", "", "state", "firing", "severity", "info", "since", (json_int_t)now, "fired",
	        (json_int_t)now, "resolved");
	json_auto_t *notice = notice_new(id, alarm, json_pack("[O]", alarm));
	return send_notice(receiver, notice, &asked, error);
}
