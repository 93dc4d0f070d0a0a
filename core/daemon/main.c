/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "base/capabilities.h"
#include "base/log.h"
#include "daemon/cli.h"
#include "daemon/manager.h"
#include "device/processes.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

enum action { ACTION_SERVE, ACTION_CHECK, ACTION_PRINT };

struct arguments {
	enum action action;
	const char *root, *plugin_directory;
	char **rest;
};

static const char usage[] =
	"viod " VIOD_VERSION " - manages SR-IOV Virtual Functions from files in /etc/vio.d/\n"
	"\n"
	"It is a daemon and needs no command line: drop a file, edit it, delete it.\n"
	"\n"
	"  viod                       serve until SIGTERM\n"
	"  viod --check [FILE...]     validate files and print what would be done; writes nothing\n"
	"                             (exit status: 0 nothing to do, 2 changes pending, 1 errors)\n"
	"  viod --print [ADDRESS...]  print the PFs of this machine as configuration files\n"
	"  viod --version, --help\n"
	"\n"
	"  --root DIR                 look for /sys, /dev, /proc, /etc and /run below DIR\n"
	"  --plugin-dir DIR           load plugins from DIR, not " VIOD_PLUGIN_DIR "\n"
	"\n"
	"See viod(8), vio.d(5).\n";

/* 1: go on; else *ret_status is the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *ret_arguments, int *ret_status)
{
	static const struct option options[] = {
		{ "check", no_argument, NULL, 'c' },
		{ "print", no_argument, NULL, 'p' },
		{ "root", required_argument, NULL, 'r' },
		{ "plugin-dir", required_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct arguments arguments = { .root = "/", .plugin_directory = VIOD_PLUGIN_DIR };
	int option;

	*ret_status = EXIT_SUCCESS;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (option) {
		case 'c':
			arguments.action = ACTION_CHECK;
			break;
		case 'p':
			arguments.action = ACTION_PRINT;
			break;
		case 'r':
			arguments.root = optarg;
			break;
		case 'd':
			arguments.plugin_directory = optarg;
			break;
		case 'v':
			puts("viod " VIOD_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			*ret_status = EXIT_FAILURE;
			return 0;
		}
	}
	arguments.rest = argv + optind;
	if (arguments.action == ACTION_SERVE && *arguments.rest) {
		fprintf(stderr,
			"viod: unexpected argument '%s'; viod reads its files from /etc/vio.d/\n",
			*arguments.rest);
		*ret_status = EXIT_FAILURE;
		return 0;
	}
	*ret_arguments = arguments;
	return 1;
}

static int load(const struct roots *roots, const char *directory, struct loader **ret_loader)
{
	/* What viod ships is enabled unless viod.conf says otherwise. */
	static const char *const shipped[] = { VIOD_SHIPPED_PLUGINS NULL };
	_cleanup_(config_plugins_clear) struct config_plugins plugins = { 0 };
	const struct log_about about = { .message_id = LOG_ID_PLUGIN, .vf = VIOD_PF };
	_cleanup_diags_ struct diag_list diags = { 0 };
	int r;

	r = config_plugins(roots->root, &diags, &plugins);
	if (r == 0) {
		const struct loader_choice choice = {
			.names = (const char *const *)plugins.names,
			.without = (const char *const *)plugins.without,
			.defaults = plugins.reset ? NULL : shipped,
		};

		r = loader_new(directory, &choice, &sriov_plugin, &host_table, &diags, ret_loader);
	}
	log_diag_list(&about, &diags);
	return r;
}

/* In a container of its own, viod sees no process of the host. */
static void warn_of_namespace(const struct roots *roots)
{
	const struct log_about about = { .vf = VIOD_PF };
	int r = processes_are_of_host(roots);

	if (r == 0)
		log_line(
			LOG_WARNING, &about,
			"/proc shows a container's processes only, so processes that use VFs "
			"cannot be seen; run viod in the PID namespace of the host (hostPID: true, "
			"--pid=host)");
	else if (r < 0)
		log_line(LOG_WARNING, &about,
			 "cannot determine whether /proc shows all processes of the host: %s",
			 strerror(-r));
}

static int serve(const struct roots *roots, const struct loader *loader)
{
	struct manager *manager;
	int r;

	warn_of_namespace(roots);

	r = manager_new(roots, loader, &manager);
	if (r < 0)
		return r;
	/* The daemon parses what others write and needs no privilege from here on; its jobs do. */
	capabilities_rest();
	r = manager_run(manager);
	manager_free(manager);
	return r;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	const struct log_about about = { .vf = VIOD_PF };
	struct loader *loader = NULL;
	struct arguments arguments;
	struct roots roots;
	int r, status;

	if (parse_arguments(argc, argv, &arguments, &status) <= 0)
		return status;
	log_open();
	block_signals();
	r = roots_open(arguments.root, &roots);
	if (r < 0) {
		log_line(LOG_ERR, &about, "cannot open the trees below %s: %s", arguments.root,
			 strerror(-r));
		return EXIT_FAILURE;
	}
	r = load(&roots, arguments.plugin_directory, &loader);
	if (r == 0 && arguments.action == ACTION_CHECK)
		r = command_check(&roots, loader, arguments.rest, &status);
	else if (r == 0 && arguments.action == ACTION_PRINT)
		r = command_print(&roots, loader, arguments.rest, &status);
	else if (r == 0)
		r = serve(&roots, loader);
	if (r < 0) {
		log_line(LOG_ERR, &about, "%s",
			 r == -EBUSY ? "another viod is running; stop it first" : strerror(-r));
		status = EXIT_FAILURE;
	}
	loader_free(loader);
	roots_close(&roots);
	return status;
}
