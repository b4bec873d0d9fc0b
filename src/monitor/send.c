/* send.c: messages through libcurl. */
#include "monitor/send.h"

#include <string.h>

#include "base/curl_calls.h"
#include "base/error.h"

bool send_version(char **ret, GError **error)
{
	return curl_calls_version(ret, error);
}

#if !CURL_HAS_HEADERS

bool send_message(const Message *m, int *ret_wait, GError **error)
{
	(void)m, (void)ret_wait;
	return curl_absent(error);
}

#else

enum { CONNECT_SECONDS = 5, TOTAL_SECONDS = 20 };

static const CurlCalls *curl; /* once they are there */

/* The answer is read and forgotten. */
static size_t swallow(const char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes, (void)context;
	return size * count;
}

typedef struct Reading {
	const GString *body;
	size_t at;
} Reading;

static size_t hand_over(char *to, size_t size, size_t count, void *context)
{
	Reading *r = context;
	size_t now = MIN(size * count, r->body->len - r->at);
	memcpy(to, r->body->str + r->at, now);
	r->at += now;
	return now;
}

static void set_text(CURL *c, CURLoption option, const char *value)
{
	if (value)
		curl->easy_setopt(c, option, value);
}

static void set_number(CURL *c, CURLoption option, long value)
{
	curl->easy_setopt(c, option, value);
}

/* Not CURLOPT_NOSIGNAL: without it libcurl itself ignores SIGPIPE while it writes to a peer that has gone. */
static void set_common(CURL *c, const Message *m)
{
	set_text(c, CURLOPT_URL, m->url);
	set_text(c, CURLOPT_USERNAME, m->user);
	set_text(c, CURLOPT_PASSWORD, m->password);
	set_text(c, CURLOPT_CAINFO, m->ca_file);
	set_number(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	set_number(c, CURLOPT_TIMEOUT, TOTAL_SECONDS);
	curl->easy_setopt(c, CURLOPT_WRITEFUNCTION, swallow);
}

static struct curl_slist *set_http(CURL *c, const Message *m)
{
	struct curl_slist *headers = NULL;
	for (guint i = 0; i < m->headers->len; i++)
		headers = curl->slist_append(headers, m->headers->pdata[i]);
	headers = curl->slist_append(headers, "User-Agent: gyre/" GYRE_VERSION);
	headers = curl->slist_append(headers, "Expect:");
	curl->easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	set_text(c, CURLOPT_PROTOCOLS_STR, "http,https");
	set_number(c, CURLOPT_POST, 1);
	set_text(c, CURLOPT_POSTFIELDS, m->body->str);
	set_number(c, CURLOPT_POSTFIELDSIZE, (long)m->body->len);
	return headers;
}

static struct curl_slist *set_mail(CURL *c, const Message *m, Reading *reading)
{
	struct curl_slist *to = NULL;
	for (char **address = m->to; *address; address++)
		to = curl->slist_append(to, *address);
	set_text(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	set_text(c, CURLOPT_MAIL_FROM, m->from);
	curl->easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	set_number(c, CURLOPT_USE_SSL, m->needs_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY);
	set_number(c, CURLOPT_UPLOAD, 1);
	curl->easy_setopt(c, CURLOPT_READFUNCTION, hand_over);
	curl->easy_setopt(c, CURLOPT_READDATA, reading);
	return to;
}

static bool judge(CURL *c, CURLcode code, bool is_mail, int *ret_wait, GError **error)
{
	long status = 0;
	curl_off_t wait = 0;
	if (code != CURLE_OK)
		return fail(error, FAIL_UNAVAILABLE, "not delivered: %s", curl->easy_strerror(code));
	curl->easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl->easy_getinfo(c, CURLINFO_RETRY_AFTER, &wait);
	*ret_wait = (int)CLAMP(wait, 0, 86400);
	return is_mail || (status >= 200 && status < 300) ||
	       fail(error, FAIL_UNAVAILABLE, "not taken: HTTP status %ld", status);
}

bool send_message(const Message *m, int *ret_wait, GError **error)
{
	Reading reading = {.body = m->body};
	*ret_wait = 0;
	if (!curl_calls(&curl, error))
		return false;
	CURL *c = curl->easy_init();
	if (!c)
		return fail(error, FAIL_UNAVAILABLE, "libcurl cannot be started");
	set_common(c, m);
	struct curl_slist *list = m->to ? set_mail(c, m, &reading) : set_http(c, m);
	bool ok = judge(c, curl->easy_perform(c), m->to != NULL, ret_wait, error);
	curl->easy_cleanup(c);
	curl->slist_free_all(list);
	return ok;
}

#endif
