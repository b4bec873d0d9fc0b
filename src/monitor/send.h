/* send.h: a message put on the wire: HTTP POST, or mail over SMTP.
 *
 * libcurl does it, opened when the first message is sent: the server and every other command start without it and its twenty
 * libraries.  The headers it was built with may be missing; then, and where the library is, sending fails with
 * FAIL_UNAVAILABLE and what to install, and what is to be sent waits in the outbox. */
#pragma once

#include "monitor/receiver.h"

/* Sends within about 20 s.  Anything but a 2xx answer is FAIL_UNAVAILABLE; *ret_wait: seconds that the other side asked to wait
 * (Retry-After), 0: it did not.  Errors never hold the address, a header or the answer's text: any of them may be secret. */
bool send_message(const Message *m, int *ret_wait, GError **error);

/* libcurl's version for `gyre doctor`; FAIL_UNAVAILABLE where it cannot be used.  Free with g_free. */
bool send_version(char **ret, GError **error);
