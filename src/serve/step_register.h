/* step_register.h: the step `register`.
 *
 * Its output, registration: {"model", "version", "digest", "new": first time this bundle is registered, "champion": is it
 * the champion now, "moved": did it become so here, "previous_champion": version before this step, or null, "pass",
 * "reasons": [] of the gate, "fit": does it answer what a server would be asked, or null where that was not tried, "note": why a passing
 * version did not become the champion, or null}. */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_REGISTER;
