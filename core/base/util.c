/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

bool words_have(const char *const *words, const char *word)
{
	for (size_t i = 0; words && words[i]; i++)
		if (streq(words[i], word))
			return true;
	return false;
}

void words_free(char **words)
{
	for (char **word = words; word && *word; word++)
		free(*word);
	free(words);
}

void *array_append(void **array, size_t *count, size_t element_size)
{
	void *items;
	size_t bytes;

	memcpy(&items, array, sizeof(items));
	/* The capacity is the power of two that holds *count: the array can be full only if *count
	 * is a power of two. */
	if ((*count & (*count - 1)) == 0) {
		size_t capacity = *count ? *count * 2 : 1;

		if (capacity < *count || __builtin_mul_overflow(capacity, element_size, &bytes))
			return NULL;
		items = realloc(items, bytes);
		if (!items)
			return NULL;
		memcpy(array, &items, sizeof(items));
	}
	items = (char *)items + *count * element_size;
	memset(items, 0, element_size);
	(*count)++;
	return items;
}

int words_append(char ***words, size_t *count, const char *word, size_t length)
{
	size_t slots = *words ? *count + 1 : 0;
	char *copy = strndup(word, length);

	/* One slot more than words, for the NULL. */
	while (copy && slots < *count + 2)
		if (!array_append((void **)words, &slots, sizeof(char *)))
			break;
	if (!copy || slots < *count + 2) {
		free(copy);
		return -ENOMEM;
	}
	(*words)[(*count)++] = copy;
	return 0;
}

int copy_text(char *ret_text, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size)
		return -EMSGSIZE;
	memcpy(ret_text, text, length + 1);
	return 0;
}

/* Bytes of the well-formed character at text, 0 for a malformed or a control character. size limits
 * how far the function reads. */
static size_t character_size(const unsigned char *text, size_t size)
{
	static const struct {
		unsigned char first, last, low, high; /* lead bytes; bounds of the second byte */
		unsigned char size;
	} forms[] = {
		{ 0xc2, 0xc2, 0xa0, 0xbf, 2 }, /* U+0080 to U+009F are control characters */
		{ 0xc3, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (text[0] < 0x80)
		return (text[0] >= 0x20 && text[0] != 0x7f) || text[0] == '\t';
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (size < forms[i].size || text[1] < forms[i].low || text[1] > forms[i].high)
			return 0;
		for (size_t byte = 2; byte < forms[i].size; byte++)
			if ((text[byte] & 0xc0) != 0x80)
				return 0;
		return forms[i].size;
	}
	return 0;
}

size_t printable_prefix(const char *text, size_t size)
{
	size_t at = 0, step;

	while (at < size) {
		/* Nearly all characters are these. */
		if (text[at] >= ' ' && text[at] < 0x7f) {
			at++;
			continue;
		}
		step = character_size((const unsigned char *)text + at, size - at);
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

void make_printable(char *text)
{
	size_t size = strlen(text);

	for (size_t at = printable_prefix(text, size); at < size;
	     at += printable_prefix(text + at, size - at))
		text[at] = text[at] == '\n' ? ' ' : '?';
}

int read_fd(int fd, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0, capacity = 0;

	for (;;) {
		ssize_t n;

		if (size == capacity) {
			char *larger;

			/* One byte more than allowed distinguishes a file of max bytes from a
			 * larger one. */
			if (capacity > max)
				return -EFBIG;
			capacity = MIN(capacity ? capacity * 2 : 4096, max + 1);
			larger = realloc(data, capacity + 1);
			if (!larger)
				return -ENOMEM;
			data = larger;
		}
		n = read(fd, data + size, capacity - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	if (size > max)
		return -EFBIG;
	data[size] = '\0';
	*ret_size = size;
	*ret_data = TAKE_PTR(data);
	return 0;
}

int write_all(int fd, const void *data, size_t size)
{
	const char *rest = data;

	while (size > 0) {
		ssize_t n = write(fd, rest, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		rest += n;
		size -= (size_t)n;
	}
	return 0;
}

static int open_temporary(int directory, const char *name, char **ret_name)
{
	for (unsigned attempt = 0; attempt < 16; attempt++) {
		_cleanup_free_ char *temporary = NULL;
		uint64_t number;
		int fd;

		if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
			number = now_usec() + attempt;
		if (asprintf(&temporary, ".%s.%016llx", name, (unsigned long long)number) < 0) {
			temporary = NULL;
			return -ENOMEM;
		}
		fd = openat(directory, temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0) {
			*ret_name = TAKE_PTR(temporary);
			return fd;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int sync_directory(int directory)
{
	_cleanup_close_ int fd = -1;

	if (fsync(directory) == 0)
		return 0;
	/* The caller's descriptor may be O_PATH, which cannot be synced. */
	fd = errno == EBADF ? openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0 && fsync(fd) == 0)
		return 0;
	return errno == EINVAL ? 0 : -errno;
}

int replace_file_at(int directory, const char *name, const void *data, size_t size, unsigned mode)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (strchr(name, '/'))
		return -EINVAL;
	fd = open_temporary(directory, name, &temporary);
	if (fd < 0)
		return fd;
	r = write_all(fd, data, size);
	/* fchmod(), because the umask restricts the mode given to open(). */
	if (r == 0 && (fchmod(fd, (mode_t)mode) < 0 || fsync(fd) < 0))
		r = -errno;
	if (r == 0 && renameat(directory, temporary, directory, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(directory, temporary, 0);
		return r;
	}
	return sync_directory(directory);
}

void remove_temporaries_at(int directory, const char *name)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	size_t length = strlen(name);

	if (open_directory(directory, ".", &dir) < 0)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] == '.' && strncmp(entry->d_name + 1, name, length) == 0 &&
		    entry->d_name[1 + length] == '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
}

static int make_directory(int directory, const char *path, unsigned mode)
{
	struct stat status;

	/* fchmodat(), because the umask restricts the mode given to mkdirat(). */
	if (mkdirat(directory, path, (mode_t)mode) == 0)
		return fchmodat(directory, path, (mode_t)mode, 0) < 0 ? -errno : 0;
	if (errno != EEXIST)
		return -errno;
	if (fstatat(directory, path, &status, 0) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int make_directories_at(int directory, const char *path, unsigned mode)
{
	_cleanup_free_ char *copy = NULL;
	int r;

	path += strspn(path, "/");
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = make_directory(directory, copy, mode);
		if (r < 0)
			return r;
		*slash = '/';
	}
	return *copy ? make_directory(directory, copy, mode) : 0;
}

int open_or_make_directory_at(int directory, const char *path, unsigned mode)
{
	int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	/* It is there nearly always. */
	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	r = make_directories_at(directory, path, mode);
	if (r < 0)
		return r;
	fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

uint64_t now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int open_directory(int directory, const char *path, DIR **ret_dir)
{
	int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		int r = -errno;

		close(fd);
		return r;
	}
	*ret_dir = dir;
	return 0;
}
