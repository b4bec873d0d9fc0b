/* pmml_network.h: networks as NeuralNetworks of PMML, those of one layer as RegressionModels or SupportVectorMachineModels. */
#pragma once

#include "export/pmml.h"
#include "model/form.h"

/* Adds the segments of a FORM_NETWORK, and fields of p->locals of what they leave: the margins, or of more than one layer under
 * FORM_SOFTMAX the scores.  Gives their names; g_strfreev. */
char **pmml_network(Pmml *p, const ModelForm *form);
