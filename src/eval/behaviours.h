/* behaviours.h: the kinds of behavioural tests, and what those share that change rows and ask again. */
#pragma once

#include "eval/behaviour.h"
#include "eval/findings.h"

extern const BehaviourKind BEHAVIOUR_INVARIANCE, BEHAVIOUR_DIRECTION, BEHAVIOUR_MUST_GET_RIGHT, BEHAVIOUR_LATENCY,
        BEHAVIOUR_SIZE, BEHAVIOUR_FAIRNESS;

/* Rows asked twice: as they are, and changed. */
typedef struct AskedTwice {
	RowSample sample;
	Answers changed; /* of the rows with the change, in the sample's order */
} AskedTwice;
void asked_twice_clear(AskedTwice *a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AskedTwice, asked_twice_clear)

/* A sample of the test rows. */
bool ask_once(const BehaviourInput *in, size_t most, AskedTwice *ret, GError **error);
/* The answers for the sample's rows as `rows` has them now; rows is consumed.  Replaces a->changed. */
bool ask_again(const BehaviourInput *in, Frame *rows, AskedTwice *a, GError **error);

/* The score that goes up and down: of the class (NULL: the positive one), or the number.  FAIL_INVALID: there is no such class, or
 * several and none is named. */
bool score_column(const Bundle *b, const char *class, size_t *ret, GError **error);

/* The row of a sample as an object of the model's own columns. */
json_t *example_row(const BehaviourInput *in, const AskedTwice *a, size_t row);
