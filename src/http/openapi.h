/* openapi.h: the OpenAPI 3.1 document: what a program must know to call the server, made from the tables that answer.
 *
 * Operations are the routes of the protocols and the ops that are for programs elsewhere.  A route's body is a kind of body: its
 * schema, which for a model holds the model's own inputs, and a request made of the model's example. */
#pragma once

#include "http/site.h"

/* A request's JSON. */
struct BodyKind {
	const char *name, *help;
	/* row: the schema of a row (a reference is taken where it is needed).  New references. */
	json_t *(*schema)(json_t *row, const Served *s); /* s NULL: of any model */
	json_t *(*example)(const Served *s);             /* NULL: there is none */
	bool (*fits)(const Served *s);                   /* NULL: every model */
};

extern const BodyKind BODY_TF_ROWS, BODY_TF_CLASSIFY, BODY_TF_REGRESS, BODY_TENSORS, BODY_TABLE, BODY_SCORE, BODY_INDEX,
        BODY_UNLOAD;

/* s NULL: of the whole server.  New reference. */
json_t *openapi_document(const Site *site, const Served *s);
