# SPDX-License-Identifier: LGPL-2.1-or-later
# A build of all tests, with the commands that make would use, so that one object can be another one in a copy of it.
package Builds;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use POSIX qw(_exit);
use Time::HiRes qw(time);

# In seconds, beside a multiple of what a test takes without a mutant.
my $limit = 20;

# In a namespace of its own a mutant ends no process of others, and what it leaves behind ends with it.
my @alone = qw(unshare --mount --net --pid --fork --kill-child --mount-proc);

sub new {
	my ($class, $build, $make, @settings) = @_;
	my $self = bless { build => $build, command => {}, tests => [] }, $class;
	my @make = ($make // 'make', '--no-print-directory', "BUILD=$build", @settings, 'V=1');

	system(@make, '-s', '-j' . `nproc` =~ s/\n//r, 'unit-binaries', 'fake-binaries') == 0 or die "the build failed\n";
	open my $in, '-|', @make, '-n', '-B', 'unit-binaries', 'fake-binaries' or die "make: $!\n";
	my $text = do { local $/; <$in> };
	$text =~ s/\\\n\s*/ /g;
	for my $line (split /\n/, $text) {
		$self->{command}{$1} = $line if $line =~ /^\S*(?:gcc|clang|cc)\S* .* -o (\S+)/;
		$self->{command}{$1} = $line if $line =~ /^(?:objcopy|cp) .* (\S+)$/;
	}
	$self->find_tests;
	return $self;
}

# Which programs contain which objects, by themselves or in a plugin that they load.
sub find_tests {
	my ($self) = @_;
	my (@plugins, %in_plugin);

	for my $output (sort keys %{ $self->{command} }) {
		my $command = $self->{command}{$output};
		next if $output !~ /\.so$/ || $output =~ m{/tests/};
		my @objects = ($command =~ m{(\S+\.o)(?= |$)}g);
		push @objects, map { my $a = $_; map { dirname($a) . "/common/$_" } split /\n/, qx(ar t $a) } $command =~ m{(\S+/common\.a)}g;
		$in_plugin{$_}{$output} = 1 for @objects;
	}
	for my $output (sort keys %{ $self->{command} }) {
		next if $output !~ m{^\Q$self->{build}\E/(tests/(?:unit|fuzz|fake)/[^.]*)$} || $output =~ /\.o$/;
		my ($source, %has) = ("$1.c");
		my $command = $self->{command}{$output} . ' -Wl,--trace,--trace';
		for my $line (split /\n/, qx($command -o /dev/null 2>/dev/null)) {
			$has{$1} = 1 if $line =~ m{(\S+\.o)\)?$};
			$has{$1} = 1 if $line =~ m{libcore\.a\)?\(?(\S+\.o)\)?$};
		}
		my $loads = system('grep', '-qs', 'VIOD_TEST_BUILD', $source) == 0 ? 'in place' : '';
		# Some tests are compiled with the file that they test.
		my %includes = map { ($_ => 1) } map { s{[^/]+/\.\./}{} while m{[^/]+/\.\./}; $_ } qx(cat $output.d 2>/dev/null) =~ m{(\S+\.c)(?=\s)}g;
		my %test = (name => basename($output), output => $output, source => $source, has => \%has, loads => $loads, includes => \%includes);
		if ($output !~ m{/fake$}) {
			push @{ $self->{tests} }, \%test;
			next;
		}
		$has{"$self->{build}/core/daemon/main.o"} = 1;
		push @{ $self->{tests} }, { %test, loads => 'copies', name => 'fake-regressions', arguments => ['regressions'] },
			{ %test, loads => 'copies', name => 'fake-sequences', arguments => [ 'sequences', 1, 100 ] };
	}
	$self->{in_plugin} = \%in_plugin;
}

sub object_of { my ($self, $file) = @_; return "$self->{build}/" . $file =~ s/\.c$/.o/r }

# The tests that run the line, the quick ones first.
sub tests_of {
	my ($self, $place) = @_;

	my @tests = sort { $a->{seconds} <=> $b->{seconds} } grep { $self->ran($_->{name}, $place) } @{ $self->{tests} };
	return @tests;
}

# ---- which test runs a line

# coverage: where tests/mutants/coverage was run.
sub read_coverage {
	my ($self, $coverage) = @_;

	for my $file (glob "$coverage/ran/*") {
		open my $in, '<', $file or die "$file: $!\n";
		chomp(my @lines = <$in>);
		$self->{ran}{ basename($file) } = { map { $_ => 1 } @lines };
	}
}

# Of a statement of several lines only some have code.
sub ran {
	my ($self, $name, $place) = @_;

	for (my $line = $place->{line}; $line > $place->{line} - 10; $line--) {
		my $key = "$place->{file}:$line";
		return $self->{ran}{$name}{$key} if $self->{ran}{code}{$key};
	}
	return 0;
}

# ---- copies

# A copy of the build, of links to the same files: what is written there is unlinked first.
sub worker {
	my ($self, $number) = @_;
	my $worker = "$self->{build}.$number";

	remove_tree($worker);
	system('cp', '-al', $self->{build}, $worker) == 0 or die "no copy of $self->{build}\n";
	return $worker;
}

sub in_worker {
	my ($self, $worker, $command) = @_;

	return $command =~ s{(?<![\w/])\Q$self->{build}\E/}{$worker/}gr;
}

sub do_command {
	my ($self, $worker, $output, $command) = @_;

	unlink $output;
	push @{ $self->{changed} }, $output;
	local $ENV{CCACHE_DISABLE} = 1;
	return system('sh', '-c', "$command >$worker/output 2>&1 </dev/null") == 0;
}

# The source that make knows, with the mutant in its place.
sub compile_object {
	my ($self, $worker, $file, $object) = @_;
	my $command = $self->{command}{$object};

	$command =~ s/ -M[DP]\b//g;
	return $self->do_command($worker, $self->in_worker($worker, $object),
		"unshare --mount sh -c 'mount --bind $worker/mutant.c $file && exec \"\$@\"' sh " . $self->in_worker($worker, $command) . ' -w');
}

sub compile {
	my ($self, $worker, $place) = @_;
	my $file = $place->{file};
	my $object = $self->object_of($file);

	$self->{changed} = [];
	# What no test contains has no command here.
	return 1 if !$self->{command}{$object};
	Places::write_mutant($place, "$worker/mutant.c");
	return 0 if !$self->compile_object($worker, $file, $object);
	$object = $self->in_worker($worker, $object);
	my @archives = $file =~ /^core/ ? 'libcore.a' : $file =~ m{^(plugins/\w+)/common/} ? "$1/common.a" : ();
	for my $name (@archives) {
		$self->do_command($worker, "$worker/$name", "cp $self->{build}/$name $worker/$name && ar r $worker/$name $object") or return 0;
	}
	return 1;
}

# The program, and the plugins that it loads.
sub link_test {
	my ($self, $worker, $test, $file) = @_;
	my $object = $self->object_of($file);
	my @outputs = $test->{loads} ? sort keys %{ $self->{in_plugin}{$object} // {} } : ();

	# The fake kernel has some of them, in a folder of their own.
	if ($test->{loads} eq 'copies') {
		my %copy = map { $_ => s{/plugins/}{/tests/fake/plugins/}r } @outputs;
		@outputs = map { $self->{command}{ $copy{$_} } ? ($_, $copy{$_}) : () } @outputs;
	}

	push @outputs, $test->{output} if $test->{has}{$object} || $test->{has}{ basename($object) };
	if ($test->{includes}{$file}) {
		push @outputs, $test->{output};
		$self->compile_object($worker, $file, "$test->{output}.o") or return 0;
	}
	unshift @outputs, "$self->{build}/tests/fake/viod-main.o" if $file eq 'core/daemon/main.c';
	for my $output (@outputs) {
		my $mine = $self->in_worker($worker, $output);
		next if grep { $_ eq $mine } @{ $self->{changed} };
		$self->do_command($worker, $mine, $self->in_worker($worker, $self->{command}{$output})) or return 0;
	}
	return 1;
}

# The files of the build again.
sub restore {
	my ($self, $worker) = @_;

	for my $output (@{ $self->{changed} }) {
		unlink $output;
		link $output =~ s{^\Q$worker\E/}{$self->{build}/}r, $output or die "$output: $!\n";
	}
	$self->{changed} = [];
}

# ---- running

sub arguments {
	my ($worker, $test) = @_;

	return ("$worker/tests/fake/plugins", @{ $test->{arguments} }) if $test->{arguments};
	return () if $test->{name} !~ /^fuzz_(.*)/;
	return split /\n/, qx(find tests/fuzz/corpus/$1 -type f | sort);
}

# "" when all is well, otherwise what is wrong in a few words.
sub run_test {
	my ($self, $worker, $test) = @_;
	my $program = $self->in_worker($worker, $test->{output});
	my $pid = fork // die "fork: $!";

	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$worker/output";
		open STDERR, '>&', \*STDOUT;
		@ENV{qw(CK_FORK CK_VERBOSITY VIOD_TEST_BUILD BRIEF)} = ('no', 'normal', $worker, 1);
		# As "make check-unit" and "make check-fake" have them.
		$ENV{ASAN_OPTIONS} = $test->{arguments} ? 'detect_leaks=0:handle_abort=1:malloc_context_size=0:quarantine_size_mb=1'
			: 'detect_leaks=1:abort_on_error=0';
		exec 'timeout', '--kill-after=2', int($limit + 5 * ($test->{seconds} // 20)), @alone, 'sh', '-c',
			'mount -t tmpfs none /tmp && mount -t tmpfs none /dev/shm && ulimit -c 0 && exec "$@"', 'sh', abs_path($program), arguments($worker, $test)
			or _exit(126);
	}
	waitpid $pid, 0;
	return '' if $? == 0;
	return 'signal ' . ($? & 127) if $? & 127;
	return $? >> 8 == 124 || $? >> 8 == 137 ? 'no end' : 'status ' . ($? >> 8);
}

# Of the tests that run one of these places: what fails by itself would kill every mutant. It is left out, and that is said.
sub check_unchanged {
	my ($self, @places) = @_;
	my @sound;

	for my $test (@{ $self->{tests} }) {
		next if !grep { $self->ran($test->{name}, $_) } @places;
		my $began = time;
		my $how = $self->run_test($self->{build}, $test);
		$test->{seconds} = time - $began;
		if ($how) {
			print "left out: $test->{name}, which fails without a mutant ($how)\n";
		} else {
			push @sound, $test;
		}
	}
	$self->{tests} = \@sound;
}

# ---- of a mutant that is alive

# Whether a compiler that looks harder makes the same of both.
sub same_code {
	my ($self, $place) = @_;
	my $command = $self->{command}{ $self->object_of($place->{file}) } // return 0;
	my @sums;

	$command =~ s/ -M[DP]\b| -g\b//g;
	$command =~ s/ -O0\b/ -O2/;
	$command =~ s{ -o \S+}{ -o $self->{build}/same.o};
	for my $new ($place->{old}, $place->{new}) {
		Places::write_mutant({ %$place, new => $new }, "$self->{build}/mutant.c");
		system('sh', '-c', "unshare --mount sh -c 'mount --bind $self->{build}/mutant.c $place->{file} && exec \"\$@\"' sh $command -w") == 0
			or return 0;
		push @sums, scalar qx(objdump -drs $self->{build}/same.o | grep -v 'file format' | md5sum);
	}
	return $sums[0] eq $sums[1];
}

1;
