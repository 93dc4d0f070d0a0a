/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the files named on the command line to a fuzzer, without a fuzzing engine, and prints how
 * many there were. None is an error: a corpus that was not found has not passed. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		_cleanup_close_ int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		_cleanup_free_ char *data = NULL;
		_cleanup_free_ uint8_t *exact = NULL;
		size_t size = 0;
		int r = fd < 0 ? -errno : read_fd(fd, 1 << 24, &data, &size);

		if (r < 0) {
			errno = -r;
			err(1, "%s", argv[i]);
		}
		/* Just this size, so that a sanitizer sees a read past the end. */
		exact = malloc(MAX(size, 1u));
		if (!exact)
			errx(1, "out of memory");
		memcpy(exact, data, size);
		(void)LLVMFuzzerTestOneInput(exact, size);
	}
	printf("%d inputs\n", argc - 1);
	return argc < 2;
}
