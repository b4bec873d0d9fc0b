/* c_words.h: counting words (feature/words.c) in C. */
#pragma once

#include "export/lower.h"

extern const char C_WORDS[]; /* the function that counts */
/* The statements that make the list of a LOWER_WORDS step, "w<number>"; its table "idf_<number>" is there. */
void export_c_words(GString *to, const LowerStep *s, unsigned number);
