/* ensemble.h: several models as one: a family whose parameters name its members.
 *
 * Params: {"members": [{"family", "params", "weight", "bag": {"part": 2, "of": 5} | absent, "input": place | absent}...], "layer": null |
 * {"weights": [one a member], "intercepts": [one an output]} | {"family", "params", "folds": 5}}.
 *
 *   without a layer    score = sum_m w_m s_m / sum_m w_m                     (the mean of probabilities or numbers)
 *   with a layer       margin_c = b_c + sum_m w_m ln s_mc, softmax over c    (numbers: b + sum_m w_m s_m)
 *
 *   a layer that is a model learns from what was said of rows out of fold, and the features (model/ensemble_layer.h).  Members of one
 *   `input` (a bag) are one voice; without `input` each is.  A bag's parts say what was said out of fold; members without a bag
 *   are for that trained `folds` times more, each time without one part.
 *
 * A member with `bag` learns from all rows but those of its part; which part a row is in is decided by a hash of the seed
 * and its place.  Because an ensemble is a family, whatever trains, keeps, checks, loads, explains or serves a model does so with
 * an ensemble.  The members are kept one after another in the model's bytes, each in its own family's form:
 *
 *   "GYENSEM1"  u32 members  u32 intercepts (0: no layer)  f64 intercept...
 *   for each member:  u32 length, name of its family  f64 weight  u32 size, its bytes
 *
 * With a model as its layer the magic is "GYENSEM2", each member is followed by u32 input, and the last one by the layer: u32 length, name
 * of its family  u32 size, its bytes. */
#pragma once

#include "model/family.h"

#define ENSEMBLE_MEMBERS_MOST 256u /* bags of ten for 25 models: what a selection can ask for at most */
#define ENSEMBLE_LEAST 1e-5        /* probabilities are raised to this before a layer takes their logarithm */

/* One model of an ensemble. */
typedef struct EnsembleMember {
	const ModelFamily *family;
	void *model;
	double weight;
	uint32_t input; /* of a layer that is a model: which of its inputs it speaks for */
} EnsembleMember;

/* One of params.members, trained.  ret_used: as given, with the params a refit would use; new reference. */
bool ensemble_member_train(
        const TrainSet *set, const json_t *given, EnsembleMember *ret, json_t **ret_used, GError **error);

/* params.members, trained, the one of the greatest weight first.  With set->until those are left out for which, by set->expected, there is no
 * time: then `ret_count` is less than given.  ret: zeroed, room for all; it owns what it has on an error too.  ret_used: as given, with the
 * params a refit would use; new reference. */
bool ensemble_members_train(const TrainSet *set, const json_t *given, EnsembleMember *ret, size_t *ret_count,
        json_t **ret_used, GError **error);

/* What each input says of the rows that its models have not learnt from: inputs x rows x outputs. */
bool ensemble_say_unseen(
        const TrainSet *set, const json_t *params, const EnsembleMember *members, double *ret, GError **error);

/* A layer's margins, begun as its intercepts, with one member's scores of a row added; and what they come to. */
void ensemble_layer_add(double weight, size_t outputs, const double *scores, double *margins);
void ensemble_layer_link(size_t outputs, double *margins);
