/* style.h: the look of the report. */
#pragma once

extern const char REPORT_STYLE[];
