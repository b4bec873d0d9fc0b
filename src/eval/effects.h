/* effects.h: how a model's answer goes with one column, all else as it is: for the columns that matter most.
 *
 *   partial dependence   the mean answer when every row gets the value (Friedman 2001, doi:10.1214/aos/1013203451)
 *   ICE                  the same for single rows: where their lines do not run alike, the column interacts with others
 *                        (Goldstein et al. 2015, doi:10.1080/10618600.2014.907095)
 *   ALE                  accumulated local effects (Apley and Zhu 2020, doi:10.1111/rssb.12377): within each stretch between
 *                        neighbouring values only the rows that lie there are moved, from its lower to its upper end; the mean
 *                        changes are summed up and centred so that their mean over the rows is 0.  Unlike the two above it
 *                        never asks about combinations that do not exist, so it is the one to trust when columns go together.
 *                        Texts are neighbours by likeness (eval/text_order.h), and a row is moved to both neighbours of its own
 *
 * "effects" of the evaluation:
 * {"rows": for partial dependence, "of": class whose probability is told (the positive one of two, else the most frequent) or null,
 *  "mean": of the answers as they are,
 *  "columns": [{"column", "type", "at": [values, rising; texts by frequency], "pdp": [one a value], "ice": [[one a value] a row],
 *               "ale": [one a value]}]} */
#pragma once

#include "eval/score.h"

/* Rows that get every value, rows whose lines are kept, rows that ALE moves, values, columns: six columns are some
 * 100,000 answers, a second for a forest of 200 trees. */
enum {
	EFFECT_ROWS = 500,
	EFFECT_LINES = 20,
	EFFECT_ALE_ROWS = 5000,
	EFFECT_VALUES = 20,
	EFFECT_TEXTS = 10,
	EFFECT_COLUMNS = 6
};

/* The class whose probability is told (as output; 0 for numbers), and the mean of that score over the rows. */
bool effects_output(const Bundle *b, const Frame *rows, size_t *ret, double *ret_mean, GError **error);

/* rows: unchanged.  importance: of eval/importance.h, whose first columns are looked at. */
bool effects_of(const Bundle *b, const Frame *rows, const json_t *importance, json_t **ret, GError **error);
