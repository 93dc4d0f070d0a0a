/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzzer's function over the files it is given: a corpus without a fuzzing engine. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What no corpus needs to exceed. */
#define INPUT_MAX (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path, uint8_t *buffer)
{
	FILE *file = fopen(path, "re");
	size_t size;

	if (!file) {
		perror(path);
		return 1;
	}
	size = fread(buffer, 1, INPUT_MAX, file);
	fclose(file);
	LLVMFuzzerTestOneInput(buffer, size);
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t *buffer = malloc(INPUT_MAX);
	int failed = argc < 2;

	if (!buffer)
		return EXIT_FAILURE;
	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i], buffer);
	free(buffer);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
