/* envelope.c: unpacks, packs, marks and logs. */
#include "http/envelope.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/rng.h"
#include "http/coding.h"
#include "http/cors.h"
#include "http/trace.h"
#include "serve/json_out.h"

/* Below, the head that says how it is packed is most of what is saved. */
enum { PACKED_LEAST = 1024 };

bool envelope_open(const Visit *v, Envelope *ret, GError **error)
{
	Coding coding;
	*ret = (Envelope){.plain = *v->request};
	const char *given = v->request->size ? request_header(v->request, "Content-Encoding") : NULL;
	if (!given)
		return true;
	if (!coding_read(given, &coding)) {
		reply_header(v->reply, "Accept-Encoding", "gzip, deflate");
		return visit_fail(
		        v, 415, error, "the body is sent as \"%.40s\"; send it as gzip, deflate, or plain", given);
	}
	if (coding == CODING_IDENTITY)
		return true;
	if (!coding_inflate(coding, v->request->body, v->request->size, v->site->body_most, &ret->body, error))
		return false;
	ret->plain.body = ret->body->str;
	ret->plain.size = ret->body->len;
	return true;
}

void envelope_clear(Envelope *e)
{
	if (e->body)
		g_string_free(e->body, TRUE);
	e->body = NULL;
}

static void pack(const Visit *v)
{
	Reply *r = v->reply;
	if (!v->site->packs || r->body->len < PACKED_LEAST)
		return;
	reply_header(r, "Vary", "Accept-Encoding");
	Coding coding = coding_choose(request_header(v->request, "Accept-Encoding"));
	GString *packed = coding == CODING_IDENTITY ? NULL : coding_deflate(coding, r->body);
	if (!packed)
		return;
	g_string_free(r->body, TRUE);
	r->body = packed;
	reply_header(r, "Content-Encoding", CODING_NAMES[coding]);
}

/* A span's id is made of nothing the caller knows, and is the same wherever it is told. */
static bool read_trace(const Visit *v, Trace *ret)
{
	uint64_t seed = rng_hash(v->site->seed, (uint64_t)v->request->started ^ (uint64_t)(uintptr_t)v->reply);
	return trace_read(request_header(v->request, "traceparent"), seed, ret);
}

void envelope_close(const Visit *v)
{
	Trace trace;
	char text[TRACE_TEXT];
	if (v->site->cors)
		cors_mark(v->site->cors, v->request, v->reply);
	if (read_trace(v, &trace)) {
		trace_write(&trace, text);
		reply_header(v->reply, "traceparent", text);
	}
	pack(v);
}

static void put_text(GString *to, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	g_string_append_printf(to, ",\"%s\":", name);
	out_text(to, value);
}

static void put_number(GString *to, const char *name, uint64_t value)
{
	g_string_append_printf(to, ",\"%s\":", name);
	out_int(to, (gint64)value);
}

static void put_time(GString *to)
{
	char text[32];
	struct tm parts;
	int64_t now = g_get_real_time();
	time_t seconds = (time_t)(now / G_USEC_PER_SEC);
	gmtime_r(&seconds, &parts);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
	g_string_append_printf(to, "{\"time\":\"%s.%06dZ\"", text, (int)(now % G_USEC_PER_SEC));
}

static void put_model(GString *to, const Visit *v)
{
	put_text(to, "protocol", v->protocol ? v->protocol->name : NULL);
	if (!v->served)
		return;
	put_text(to, "model", v->served->name);
	put_number(to, "version", (uint64_t)v->served->version);
	put_text(to, "route", visit_route(v));
	put_number(to, "rows", v->rows);
	put_text(to, "id", v->id);
}

static void put_trace(GString *to, const Visit *v)
{
	Trace trace;
	if (!read_trace(v, &trace))
		return;
	put_text(to, "trace", trace.id);
	put_text(to, "span", trace.span);
	put_text(to, "parent", trace.parent);
}

void envelope_log(const Visit *v, const Request *request)
{
	if (!v->site->access_log)
		return;
	g_autofree char *caller = access_name(v->site->access, request->caller);
	g_autoptr(GString) line = g_string_sized_new(512);
	put_time(line);
	put_text(line, "peer", request->peer);
	put_text(line, "method", request->method);
	put_text(line, "path", request->path);
	put_number(line, "status", v->reply->status);
	put_number(line, "us", (uint64_t)(g_get_monotonic_time() - v->begun));
	put_number(line, "bytes_in", request->size);
	put_number(line, "bytes_out", v->reply->body->len);
	put_model(line, v);
	put_text(line, "caller", caller);
	put_trace(line, v);
	put_text(line, "user_agent", request_header(request, "User-Agent"));
	g_string_append(line, "}\n");
	access_log_add(v->site->access_log, line);
}
