/* calibrate.c: learns the winner's calibration, and judges it again with it: the threshold is chosen on calibrated scores. */
#include "model/calibrate.h"

#include <string.h>

#include "stats/calibration.h"

bool calibrate_known(const char *method)
{
	return strcmp(method, "none") == 0 || strcmp(method, "auto") == 0 || calibration_find(method);
}

/* Under the winner's family and params, so that the result is one of a refit. */
static bool judge_again(
        const TrialSetup *setup, const Trial *winner, const double *scores, json_t **ret, GError **error)
{
	const json_t *refit = json_object_get(winner->result, "refit");
	return trial_combine(setup, CALIBRATED_NAME, winner->family, refit, scores, error) &&
	       trial_read(setup, CALIBRATED_NAME, winner->family, refit, ret, error);
}

/* A hold-out is one stretch of rows, often the latest: its rate of positives is a passing one, and the model, trained again on
 * all rows, has learnt from it too.  On the flights, calibrating on May took the log loss of June from 0.436 to 0.447. */
static const char *method_for(const TrainData *d, const char *method)
{
	return d->fold_count < 2 && strcmp(method, "auto") == 0 ? "none" : method;
}

bool calibrate_trial(const TrialSetup *setup, const Trial *winner, const char *method, json_t **ret_calibration,
        json_t **ret_told, json_t **ret_result, GError **error)
{
	const TrainData *d = setup->data;
	g_autofree double *y = NULL;
	g_autofree double *weight = NULL;
	g_autofree double *scores = NULL;
	g_autoptr(Calibration) c = NULL;
	*ret_told = NULL;
	if (d->classes == 0) {
		*ret_told = json_null();
		return true;
	}
	if (!trial_scores(setup, winner->name, &scores, error))
		return false;
	trial_rows(d, &y, &weight);
	Scored s = {.rows = d->valid_rows,
	        .classes = d->classes,
	        .y = y,
	        .scores = scores,
	        .weight = weight,
	        .positive = d->positive};
	calibration_fit(&s, method_for(d, method), setup->seed, ret_calibration, ret_told);
	if (!*ret_calibration)
		return true;
	if (!calibration_load(*ret_calibration, d->classes, d->positive, &c, error))
		return false;
	calibration_apply(c, scores, d->valid_rows);
	return judge_again(setup, winner, scores, ret_result, error);
}
