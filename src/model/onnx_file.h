/* onnx_file.h: an ONNX model's bytes looked through before anything runs them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Are they a whole model (protocol buffers of onnx.proto, cut off nowhere) that reads no other file?  A tensor may say that its numbers
 * stand in a file beside the model: such a model is not whole in a bundle, and would have this machine's files read.
 * FAIL_INVALID; FAIL_LIMIT for parts nested too deep. */
bool onnx_file_check(const uint8_t *bytes, size_t size, GError **error);
