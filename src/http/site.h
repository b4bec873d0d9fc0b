/* site.h: the running service, and one visit to it: what every protocol is given.
 *
 * A protocol is a kind: which paths are its own, how it answers them, and the form of its errors.  All of them turn a request
 * into rows for a model and scores into an answer; which version answers is decided here, once, for all. */
#pragma once

#include "http/access.h"
#include "http/access_log.h"
#include "http/gauges.h"
#include "http/server.h"
#include "op/op.h"
#include "serve/fleet.h"
#include "serve/predlog.h"
#include "serve/shadow.h"

typedef struct Protocol Protocol;

typedef struct Site {
	Fleet *fleet;
	struct Metrics *metrics; /* http/metrics.h */
	GaugesReader *gauges;    /* NULL: none */
	Access *access;
	Server *server;     /* for its load; set once it listens */
	const char *folder; /* of the project, for ops */
	const char *project;
	size_t rows_most, body_most; /* bytes: of a body that was unpacked, too */
	bool packs;                  /* answers that are asked for packed are */
	const char *const *cors;     /* origins, "*" for all; NULL: none (http/cors.h) */
	const char *const *aliases;  /* of METRICS_ALIASES; NULL: none */
	AccessLog *access_log;       /* NULL: none */
	int64_t started;             /* us UTC */
	bool *draining;
	unsigned end_s;     /* how long what was begun may last then */
	bool is_local;      /* it listens on a loopback address */
	bool predicts_only; /* no ops, and nobody takes models in or out of service */
	PredLog *log;       /* NULL: predictions are not logged */
	Shadow *shadow;
	bool trusts_time; /* X-Gyre-Time says when a prediction is taken to be asked */
	uint64_t seed;    /* of the ids of requests that bring none */
	uint64_t count;
} Site;

enum { ID_BYTES = 129 };

typedef struct Visit {
	Site *site;
	const Request *request;
	Reply *reply;
	const Protocol *protocol;
	const RouteTable *routes; /* NULL until a model is looked for */
	int64_t begun;            /* us, monotonic: when the whole request was there */
	char id[ID_BYTES];        /* of the request; "" until a prediction is asked for */
	const Served *served;     /* what predicts; NULL: nothing yet */
	const char *route; /* "stable", "canary", "version" (the call named one); "" until a model is looked for */
	Rollout *rollout;  /* what is being deployed of the model that predicts; NULL: nothing */
	size_t rows;       /* that were predicted */
	int64_t time;      /* us UTC that a trusted caller gave */
	bool is_timed;     /* false: now */
	bool is_mistimed;  /* what was given as a time is none */
} Visit;

typedef struct BodyKind BodyKind; /* http/openapi.h */

/* Something a protocol answers, for those who read /openapi.json. */
typedef struct Route {
	const char *method, *path; /* "/v1/models/{model}:predict" */
	const char *help;
	const BodyKind *body; /* NULL: none */
	const char *query;    /* a text it takes in the query; NULL: none */
	const char *type;     /* of the answer; NULL: JSON */
} Route;

struct Protocol {
	const char *name, *help;
	const Route *routes;         /* the last has no path */
	const char *const *prefixes; /* of paths; NULL-ended.  "/v1/" takes all below, "/ping" itself only */
	/* Answers; what it returns false for is put in the protocol's own words by `refuse`. */
	bool (*handle)(Visit *v, GError **error);
	void (*refuse)(unsigned status, const char *sentence, Reply *reply);
};

extern const Protocol *const PROTOCOLS[]; /* NULL-ended; the first that takes a path has it */
const Protocol *protocol_of(const char *path);

extern const Protocol PROTOCOL_TF_SERVING, PROTOCOL_INFERENCE, PROTOCOL_MLFLOW, PROTOCOL_GYRE, PROTOCOL_HEALTH;
extern const Protocol PROTOCOL_OPENAPI;

/* The functions of ServerOptions; context: the Site. */
bool site_admit(void *site, Request *request, Reply *reply);
void site_handle(void *site, const Request *request, Reply *reply);
ServerLane site_lane(void *site, const Request *request);
void site_refuse(void *site, const Request *request, const char *sentence, Reply *reply);
void site_done(void *site, const Request *request, const Reply *reply);

bool site_is_ready(const Site *s);

/* The op that a call below /api/v1/ is, NULL: none that is for programs elsewhere. */
const Op *site_op(const char *method, const char *path);

/* The version a call gets (route_find), pinned until the visit ends. */
bool visit_find(Visit *v, const char *model, const char *version, const Served **ret, GError **error);
const RouteTable *visit_routes(Visit *v);
/* "stable", "canary", or "version" where the call named one; "" while none was looked for. */
const char *visit_route(const Visit *v);
/* The version that predicts: visit_find's, or the candidate that is being deployed where the caller is one of its share. */
bool visit_choose(Visit *v, const char *model, const char *version, const Served **ret, GError **error);

/* A batch for the rows of a prediction: from now on what the visit does is a prediction, with an id (the request's
 * X-Request-Id, or a new one) that the answer carries as X-Request-Id, and goes to the prediction log, at the time that
 * X-Gyre-Time says if the server trusts it. */
Batch *visit_batch(Visit *v, const Served *s);
/* serve_predict, logged.  FAIL_INVALID: X-Gyre-Time is no time. */
bool visit_predict(Visit *v, Batch *b, Scores *ret, GError **error);
/* Before the table of routes may change by this visit. */
void visit_unpin(Visit *v);

/* FAIL_NOT_FOUND: nothing is at this path.  Always false. */
bool visit_no_such_path(const Visit *v, GError **error);
/* Only this method?  Else 405 is set, with Allow, and false is returned with an error. */
bool visit_allows(const Visit *v, const char *method, GError **error);
/* Is the caller none that a page of some other site sent?  Else 403.  A browser says which page asks (Origin); and a name of
 * the page's own that leads to this machine is no name of a server that listens on loopback only.  Who brings a token is no such page,
 * nor is one that --cors names. */
bool visit_is_own(const Visit *v, GError **error);
/* A status of its own for the error that follows. */
bool visit_fail(const Visit *v, unsigned status, GError **error, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Parts of a path between slashes, percent signs decoded; the first is behind the leading slash. */
enum { PATH_PARTS = 12 };
typedef struct PathParts {
	char *part[PATH_PARTS + 1]; /* NULL-ended */
	unsigned count;
} PathParts;
bool path_split(const char *path, PathParts *ret, GError **error); /* FAIL_NOT_FOUND: too many, or badly escaped */
void path_clear(PathParts *p);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PathParts, path_clear)

/* Sets the body to a JSON value (stolen). */
void reply_json(Reply *r, json_t *value);
/* Sets the body to a static text. */
void reply_text(Reply *r, const char *type, const char *text);
