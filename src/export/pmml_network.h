/* pmml_network.h: networks as NeuralNetworks of PMML. */
#pragma once

#include "export/pmml.h"
#include "model/form.h"

/* Adds the segment of a FORM_NETWORK, and fields of p->locals of what it leaves: the margins, or under FORM_SOFTMAX the scores.  Gives
 * their names; g_strfreev. */
char **pmml_network(Pmml *p, const ModelForm *form);
