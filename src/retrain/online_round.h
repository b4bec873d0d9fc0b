/* online_round.h: one look of a watch over a model that learns online (retrain.mode: online): test, then teach.
 *
 * When enough outcomes have come, or enough time has passed, they first judge what was learnt before they came: the newest checkpoint
 * that may be judged by them is wanted as a retraining of the mode `online`, and they teach nothing until that is decided.  Then the
 * model learns on from them (retrain/online.h).  A round changes nothing it could not do again: what is due is read from the store. */
#pragma once

#include "retrain/online.h"

/* What caused a retraining that only judges a checkpoint; its evidence has "version". */
#define TRIGGER_ONLINE "online"

/* Are all causes of a retraining that? */
bool online_is_cause(const json_t *record);

/* How it learns: metric and costs of the goal.  New reference. */
json_t *online_decision(const json_t *config);

/* Fills everything that gyre.yaml says; decision: online_decision, borrowed. */
OnlineInput online_input(const json_t *config, const json_t *decision);

/* Outcomes that may be waiting: cheap, and counts those that have no prediction too.  *ret_due: a round may be worth its while. */
bool online_due(const OnlineInput *in, const json_t *config, bool *ret_due, GError **error);

/* *ret_idle: too few outcomes have a prediction in the log, so that another round soon would find the same.
 * *ret_told: a sentence of what was done, or NULL; g_free. */
bool online_round(const OnlineInput *in, const json_t *config, bool *ret_idle, char **ret_told, GError **error);
