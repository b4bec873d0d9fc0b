/* serve.c: the op `serve`: opens the fleet and the server, and waits for a signal to end.
 *
 * It stands here and not among the other ops because it needs them: /api/v1 is made of their table.
 * SIGHUP reads the certificate again and opens the access log anew.  SIGTERM and SIGINT drain: /readyz says no at once, so that who spreads the load sends no more; requests are still taken for the
 * grace time; then nothing new is accepted, and what was is answered. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "http/cors.h"
#include "http/metrics.h"
#include "http/watcher.h"
#include "op/desk.h"
#include "op/op.h"

static const Param PARAMS[] = {
        {"models", PARAM_TEXTS, "NAME, NAME@VERSION or NAME@ALIAS; all registered models when absent", "[]",
                .flags = PARAM_POSITIONAL},
        {"port", PARAM_INT, "port to listen on; 0: any that is free", "8080", .min = 0, .max = 65535, .letter = 'p'},
        {"listen", PARAM_TEXT, "address to listen on; localhost is 127.0.0.1", "\"127.0.0.1\""},
        {"certificate", PARAM_TEXT,
                "PEM file with the server's certificate and its chain: TLS 1.2 and 1.3, nothing plain", .unit = "FILE"},
        {"key", PARAM_TEXT, "PEM file with the certificate's key, without a password", .unit = "FILE"},
        {"public", PARAM_BOOL,
                "the network is trusted: --listen may name an address that other machines reach without --certificate, "
                "and "
                "nobody is asked for a token until there is one",
                "false"},
        {"auth", PARAM_TEXT,
                "are callers asked for a token (gyre token create)?  auto: once there is one, and always where other "
                "machines reach the server unless it is --public",
                "\"auto\"", .choices = ACCESS_MODES},
        {"threads", PARAM_INT, "I/O threads, and as many workers for large requests; 0: as many as cores", "0",
                .min = 0, .max = 256},
        {"connections", PARAM_INT, "open connections; more wait to be accepted", "10000", .min = 1, .max = 1e6},
        {"queue", PARAM_INT, "large requests that may wait for a worker; more are refused with 503", "64", .min = 0,
                .max = 1e6},
        {"body_mb", PARAM_INT, "largest body of a request", "64", .min = 1, .max = 1024, .unit = "MiB"},
        {"rows", PARAM_INT, "most rows of a request", "100000", .min = 1, .max = 1e7},
        {"log_share", PARAM_REAL,
                "share of requests that the prediction log keeps, by a hash of their id; refused ones are all kept",
                "1", .min = 0, .max = 1},
        {"log_flush_ms", PARAM_INT,
                "how long logged predictions may be in memory only; 0: on the disk before the answer", "100", .min = 0,
                .max = 60000, .unit = "ms"},
        {"log", PARAM_BOOL, "keep a prediction log", "true"},
        {"watch", PARAM_BOOL, "monitor and retrain beside the server, in another process: gyre monitor watch", "false"},
        {"trust_time", PARAM_BOOL,
                "a request's X-Gyre-Time says when its predictions were asked: for replays; all callers are trusted",
                "false"},
        {"ops", PARAM_BOOL,
                "answer commands (/api/v1/model/ls ...), and load and unload of models; without, what predicts is left",
                "true"},
        {"access_log", PARAM_TEXT, "a line of JSON for each answer: into this file, or - for standard error",
                .unit = "FILE"},
        {"cors", PARAM_TEXTS,
                "pages of these origins (https://example.org) may predict and command from a browser; * lets all "
                "predict",
                "[]"},
        {"metrics_as", PARAM_TEXTS, "metrics also under the names of these, at /monitoring/prometheus/metrics", "[]",
                .choices = METRICS_ALIASES},
        {"compress", PARAM_BOOL, "pack answers (gzip, deflate) for clients that ask for it", "true"},
        {"idle_s", PARAM_INT, "a connection without a whole request is closed after this", "60", .min = 1, .max = 86400,
                .unit = "s"},
        {"read_s", PARAM_INT, "a request's body must have come within this", "60", .min = 1, .max = 86400, .unit = "s"},
        {"write_s", PARAM_INT, "an answer must have been taken within this", "60", .min = 1, .max = 86400, .unit = "s"},
        {"grace_s", PARAM_INT, "how long requests are still taken after the signal to end", "1", .min = 0, .max = 3600,
                .unit = "s"},
        {"drain_s", PARAM_INT, "how long requests that were taken may last after that", "30", .min = 0, .max = 3600,
                .unit = "s"},
        {NULL},
};

/* The one name that is taken for an address. */
static const char *address_of(const json_t *in)
{
	const char *given = json_get_text(in, "listen", "");
	return g_ascii_strcasecmp(given, "localhost") == 0 ? "127.0.0.1" : given;
}

static bool is_loopback(const char *address)
{
	struct in6_addr six;
	return g_str_has_prefix(address, "127.") ||
	       (inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six));
}

static bool check_address(const json_t *in, GError **error)
{
	const char *address = address_of(in);
	bool has_certificate = json_get_text(in, "certificate", NULL), has_key = json_get_text(in, "key", NULL);
	if (has_certificate != has_key)
		return fail(error, FAIL_INVALID, "--certificate and --key go together");
	if (is_loopback(address) || has_certificate || json_get_bool(in, "public", false))
		return true;
	return fail(error, FAIL_INVALID,
	        "%s is reached from other machines, and what travels is not encrypted: give --certificate and --key, "
	        "listen on 127.0.0.1 behind a proxy, or say --public if the network is trusted",
	        address);
}

static void tell(const char *sentence)
{
	fprintf(stderr, "gyre: %s\n", sentence);
}

static unsigned number(const json_t *in, const char *key)
{
	return (unsigned)json_get_int(in, key, 0);
}

/* Borrowed texts, NULL-ended; free the list alone. */
static const char **texts_of(const json_t *list)
{
	const char **texts = g_new0(const char *, json_array_size(list) + 1);
	for (size_t i = 0; i < json_array_size(list); i++)
		texts[i] = json_string_value(json_array_get(list, i));
	return texts;
}

static ServerOptions server_options(Site *site, const json_t *in)
{
	return (ServerOptions){
	        .listen = address_of(in),
	        .port = number(in, "port"),
	        .certificate = json_get_text(in, "certificate", NULL),
	        .key = json_get_text(in, "key", NULL),
	        .threads = number(in, "threads"),
	        .connections = number(in, "connections"),
	        .queue = number(in, "queue"),
	        .body_bytes = site->body_most,
	        .idle_s = number(in, "idle_s"),
	        .read_s = number(in, "read_s"),
	        .write_s = number(in, "write_s"),
	        .admit = site_admit,
	        .handle = site_handle,
	        .lane = site_lane,
	        .refuse = site_refuse,
	        .done = site_done,
	        .context = site,
	};
}

static void renew(bool always)
{
	bool renewed;
	g_autoptr(GError) error = NULL;
	if (!server_renew(always, &renewed, &error))
		fprintf(stderr, "gyre: the certificate is still the one before: %s\n", error->message);
	else if (renewed)
		tell("the certificate was read again");
}

/* What the server was told by the world: a certificate that is renewed is in use a second later, a token that is made or revoked too. */
static void look_around(const Site *site, Meta *meta, bool always)
{
	static bool told;
	g_autoptr(GError) error = NULL;
	renew(always);
	if (always && site->access_log)
		access_log_reopen(site->access_log);
	bool ok = access_refresh(site->access, meta, &error);
	if (!ok && !told)
		fprintf(stderr, "gyre: the tokens are still those before: %s\n", error->message);
	told = !ok;
}

/* watcher: NULL: none is wanted. */
static void wait_for_end(const Site *site, Meta *meta, Watcher *watcher, const sigset_t *signals)
{
	static const struct timespec SECOND = {.tv_sec = 1};
	for (;;) {
		if (watcher)
			watcher_look(watcher);
		int signal = sigtimedwait(signals, NULL, &SECOND);
		if (signal == SIGTERM || signal == SIGINT)
			return;
		if (signal == SIGHUP || (signal < 0 && errno == EAGAIN))
			look_around(site, meta, signal == SIGHUP);
	}
}

/* systemd's Type=notify (sd_notify(3)): a datagram to the socket it names; nothing where there is none. */
static void tell_systemd(const char *state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = g_getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;
	if (length < 2 || length >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, length);
	if (*path == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	ssize_t sent = sendto(fd, state, strlen(state), 0, (const struct sockaddr *)&to,
	        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	(void)sent; /* who is not there cannot be told */
	close(fd);
}

static bool run_site(Site *site, const Desk *d, const json_t *in, const sigset_t *signals, GError **error)
{
	ServerOptions options = server_options(site, in);
	if (!server_start(&options, &site->server, error))
		return false;
	const char *six = strchr(options.listen, ':');
	fprintf(stderr, "gyre: listening on %s://%s%s%s:%u\n", options.certificate ? "https" : "http", six ? "[" : "",
	        options.listen, six ? "]" : "", server_port(site->server));
	Watcher *watcher = json_get_bool(in, "watch", false) ? watcher_new(d->project->folder, tell) : NULL;
	tell_systemd("READY=1");
	wait_for_end(site, d->meta, watcher, signals);
	if (watcher)
		watcher_ask(watcher);
	tell_systemd("STOPPING=1");
	tell("ending: no more requests are taken, those that were are answered");
	__atomic_store_n(site->draining, true, __ATOMIC_RELAXED);
	server_drain(site->server);
	g_usleep((gulong)number(in, "grace_s") * G_USEC_PER_SEC);
	server_stop(site->server, number(in, "drain_s"));
	if (watcher)
		watcher_free(watcher);
	return true;
}

static bool announce(void *log, const Served *s, GError **error)
{
	return !log || predlog_announce(log, s, error);
}

/* A child would inherit the blocked signals, and could be ended by nothing but SIGKILL. */
static void unblock_signals(void *unused)
{
	sigset_t none;
	(void)unused;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* Another process makes Parquet of it: the data engine would double this one's memory.  Its failing costs nothing: the
 * journal stays, and is read as it is. */
static void seal(void *folder)
{
	const char *const argv[] = {"/proc/self/exe", "log", "seal", "--quiet", "--project", folder, NULL};
	g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
	        unblock_signals, NULL, NULL, NULL);
}

static bool open_log(const Desk *d, const json_t *in, PredLog **ret, GError **error)
{
	*ret = NULL;
	if (!json_get_bool(in, "log", true))
		return true;
	PredLogOptions options = {.state_folder = d->project->state_folder,
	        .share = json_get_number(in, "log_share", 1),
	        .flush_ms = number(in, "log_flush_ms"),
	        .left = seal,
	        .tell = tell,
	        .context = d->project->folder};
	return predlog_open(&options, ret, error);
}

static bool open_fleet(const Desk *d, const json_t *in, PredLog *log, Fleet **ret, GError **error)
{
	g_autofree const char **models = texts_of(json_object_get(in, "models"));
	FleetOptions options = {.state_folder = d->project->state_folder,
	        .models = models,
	        .tell = tell,
	        .loaded = announce,
	        .context = log,
	        .conducts = true};
	return fleet_open(&options, ret, error);
}

/* The signals are taken by sigtimedwait alone: blocked before any thread is made, so that all inherit it. */
static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static uint64_t new_seed(void)
{
	g_autofree char *id = meta_new_id();
	id[16] = '\0';
	return g_ascii_strtoull(id, NULL, 16);
}

static AccessMode access_mode(const json_t *in)
{
	const char *word = json_get_text(in, "auth", "");
	AccessMode mode = ACCESS_AUTO;
	while (strcmp(ACCESS_MODES[mode], word) != 0)
		mode++;
	bool reached = !is_loopback(address_of(in));
	return mode == ACCESS_AUTO && reached && !json_get_bool(in, "public", false) ? ACCESS_ALWAYS : mode;
}

/* Nobody could ever be let in: told at once, not by each answer. */
static bool open_access(const Desk *d, const json_t *in, Access **ret, GError **error)
{
	json_auto_t *tokens = NULL;
	AccessMode mode = access_mode(in);
	g_autoptr(Access) access = access_new(mode);
	if (!access_refresh(access, d->meta, error) || !token_list(d->meta, &tokens, error))
		return false;
	if (mode == ACCESS_ALWAYS && json_array_size(tokens) == 0)
		return fail(error, FAIL_INVALID,
		        "callers are asked for a token, and there is none: gyre token create NAME --roles predict, or "
		        "--auth never if all who reach the port are trusted");
	*ret = g_steal_pointer(&access);
	return true;
}

static bool serve_with(
        const Desk *d, const json_t *in, PredLog *log, const sigset_t *signals, json_t **ret, GError **error)
{
	bool draining = false;
	const char *log_path = json_get_text(in, "access_log", NULL);
	g_autofree const char **origins = texts_of(json_object_get(in, "cors"));
	g_autofree const char **aliases = texts_of(json_object_get(in, "metrics_as"));
	g_autoptr(AccessLog) access_log = NULL;
	g_autoptr(Access) access = NULL;
	g_autoptr(Fleet) fleet = NULL;
	if (!cors_check(origins, error) || !open_access(d, in, &access, error) ||
	        (log_path && !access_log_open(log_path, &access_log, error)) || !open_fleet(d, in, log, &fleet, error))
		return false;
	Site site = {.fleet = fleet,
	        .metrics = metrics_new(),
	        .gauges = gauges_start(d->project->state_folder),
	        .access = access,
	        .folder = d->project->folder,
	        .project = json_get_text(yaml_root(d->project->yaml), "project", ""),
	        .rows_most = (size_t)json_get_int(in, "rows", 0),
	        .body_most = (size_t)number(in, "body_mb") << 20,
	        .packs = json_get_bool(in, "compress", true),
	        .cors = *origins ? origins : NULL,
	        .aliases = *aliases ? aliases : NULL,
	        .access_log = access_log,
	        .started = meta_now(),
	        .draining = &draining,
	        .end_s = number(in, "drain_s"),
	        .is_local = is_loopback(address_of(in)),
	        .predicts_only = !json_get_bool(in, "ops", true),
	        .log = log,
	        .shadow = shadow_open(log),
	        .trusts_time = json_get_bool(in, "trust_time", false),
	        .seed = new_seed()};
	bool ok = run_site(&site, d, in, signals, error);
	gauges_stop(site.gauges);
	shadow_close(site.shadow);
	metrics_free(site.metrics);
	if (!ok)
		return false;
	*ret = json_pack("{s:o}", "seconds", json_real((double)(meta_now() - site.started) / 1e6));
	return true;
}

static bool serve_at(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	PredLog *log;
	sigset_t signals;
	block_signals(&signals);
	if (!open_log(d, in, &log, error))
		return false;
	bool ok = serve_with(d, in, log, &signals, ret, error);
	if (log && ok) {
		PredLogCounts counts = predlog_counts(log);
		json_object_set_new(*ret, "log",
		        json_pack("{s:I,s:I,s:I}", "logged", (json_int_t)counts.logged, "sampled_out",
		                (json_int_t)counts.sampled_out, "dropped", (json_int_t)counts.dropped));
	}
	predlog_close(log);
	return ok;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!check_address(in, error) || !desk_open(app, &d, error))
		return false;
	bool ok = serve_at(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_SERVE = {
        .name = "serve",
        .help = "answer prediction requests over HTTP",
        .more = "Speaks TensorFlow Serving's REST (/v1), the Open Inference Protocol (/v2), MLflow's scoring "
                "(/invocations) and\n"
                "Gyre's own (/api/v1).  A call without a version gets the champion; when an alias moves, the new "
                "version is loaded and\n"
                "takes over within a second.  SIGTERM ends it when all requests are answered.  docs/serve.md has "
                "the rest.\n"
                "JSON: {\"seconds\": how long it served, \"log\": {\"logged\", \"sampled_out\", \"dropped\"}: rows}",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
