# SPDX-License-Identifier: LGPL-2.1-or-later
# Where a C file of this tree can be changed by a little, and how: operators, conditions, constants, statements. It relies on
# clang-format's layout: functions begin and end in the first column, binary operators have spaces around them.
package Places;

use strict;
use warnings;

# The text with comments, strings and preprocessor lines as blanks: offsets stay.
sub mask {
	my ($text) = @_;

	$text =~ s{/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'|^#(?:[^\n\\]|\\.|\\\n)*}
		{my $c = $&; $c =~ s/[^\n]/ /g; $c}gsme;
	return $text;
}

# Where the parenthesis at $at closes.
sub closing {
	my ($text, $at) = @_;
	my $depth = 0;

	for (my $i = $at; $i < length $text; $i++) {
		my $c = substr $text, $i, 1;
		$depth++ if $c eq '(';
		return $i if $c eq ')' && --$depth == 0;
	}
	return -1;
}

my %compare = ('==' => '!=', '!=' => '==', '<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>');
my %arithmetic = ('+' => '-', '-' => '+', '*' => '/', '/' => '*', '%' => '*', '&' => '|', '|' => '&', '+=' => '-=', '-=' => '+=',
	'|=' => '&=', '&=' => '|=', '<<' => '>>', '>>' => '<<');

# Changes that no test could see, in a masked text: of two equal numbers either is the larger one; 0 or -errno is below 0 and
# below -1 for every error but EPERM, and each "< 0" is also changed in three other ways; memory that is larger than needed.
# A number that is returned is changed as a return value, and { 0 } stands for an empty struct.
sub is_equivalent {
	my ($m, $at, $length, $old, $new) = @_;
	my $start = rindex($m, "\n", $at) + 1;
	my ($before, $after) = (substr($m, $start, $at - $start), substr($m, $at + $length) =~ /^([^\n]*\n[^\n]*)/);

	if ($old =~ /^[<>]=?$/) {
		my ($a) = $before =~ /([\w>.\[\]-]+) $/ or return 0;
		my ($b) = $after =~ /^ ([\w>.\[\]-]+)/ or return 0;
		return 1 if $after =~ /^ \Q$b\E \? (?:\Q$a\E : \Q$b\E|\Q$b\E : \Q$a\E)\W/;
		return $before =~ /\bif \(\Q$a\E $/ && $after =~ /^ \Q$b\E\)\n\t+(?:\Q$a\E = \Q$b\E|\Q$b\E = \Q$a\E);/;
	}
	return 1 if $old eq '0' && $before =~ / (?:<|>=) $/;
	return 1 if $old =~ /^\d+$/ && $new =~ /^\(/ && ($before =~ /\breturn $/ && $after =~ /^;/ || $before =~ / = \{ $/ && $after =~ /^ \}/);
	return $new =~ / \+ 1\)$/ && $before =~ /\b(?:re|c|m)alloc\w*\([^;]*$/;
}

# of_body TEXT MASKED: places as [ kind, offset, length, replacement ].
sub of_body {
	my ($text, $m) = @_;
	my @places;

	while ($m =~ /(?<= )(==|!=|<=|>=|<|>)(?=\s)/g) {
		push @places, [ compare => $-[1], length $1, $compare{$1} ];
	}
	while ($m =~ /(?<= )(\+=|-=|\|=|&=|<<|>>|[-+*\/%&|])(?=\s)/g) {
		push @places, [ arithmetic => $-[1], length $1, $arithmetic{$1} ];
	}
	while ($m =~ /(\+\+|--)/g) {
		push @places, [ arithmetic => $-[1], 2, $1 eq '++' ? '--' : '++' ];
	}
	while ($m =~ /(?<= )(&&|\|\|)(?=\s)/g) {
		push @places, [ logic => $-[1], 2, $1 eq '&&' ? '||' : '&&' ];
	}
	while ($m =~ /\b(?:if|while) (\()/g) {
		my $end = closing($m, $-[1]);
		push @places, [ negate => $-[1], $end + 1 - $-[1], '(!' . substr($text, $-[1], $end + 1 - $-[1]) . ')' ] if $end > 0;
	}
	while ($m =~ /\bif (\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*(?: < 0| != 0|\b)\))\n\t+(?:return|goto|break|continue)\b/g) {
		push @places, [ 'no error check' => $-[1], length $1, '(0)' ];
	}
	while ($m =~ /(?<![\w.])(0x[0-9a-fA-F]+|\d+)([uUlL]*)(?![\w.])/g) {
		my ($at, $length, $number) = ($-[0], length $&, $1);
		my $line = substr $m, rindex($m, "\n", $at) + 1, $at - rindex($m, "\n", $at) - 1;
		# A longer buffer is nothing a test could see.
		next if substr($m, $at - 1, 1) eq '[' && $line =~ /^\s+(?:static |const |unsigned )*[a-z_]\w* [^=(]*\[$/;
		push @places, [ constant => $at, $length, '(' . substr($text, $at, $length) . ' + 1)' ];
		push @places, [ constant => $at, $length, '(' . substr($text, $at, $length) . ' - 1)' ];
	}
	while ($m =~ /^\t+((?:\(void\))?(?!return\b|if\b|while\b|for\b|switch\b|else\b|do\b|case\b|sizeof\b)[a-z_]\w*\([^;{}]*\);)$/gm) {
		push @places, [ 'no statement' => $-[1], length $1, ';' ];
	}
	while ($m =~ /^\t+((?:\*|\(\*)?[a-z_]\w*\)?(?:(?:->|\.)\w+|\[[^\]\n]*\])* [-+|&]?= [^;{}]*;)$/gm) {
		push @places, [ 'no statement' => $-[1], length $1, ';' ];
	}
	while ($m =~ /\breturn ([^;]+);/g) {
		my ($value, $at) = ($1, $-[1]);
		my $new = { true => 'false', false => 'true', 0 => '-1', NULL => undef };
		my $other = exists $new->{$value} ? $new->{$value} : '0';
		push @places, [ 'return value' => $at, length $value, $other ] if defined $other;
	}
	while ($m =~ /\b(break|continue);/g) {
		push @places, [ jump => $-[1], length $1, $1 eq 'break' ? 'continue' : 'break' ];
	}
	return grep { !is_equivalent($m, @$_[ 1, 2 ], substr($text, $_->[1], $_->[2]), $_->[3]) } @places;
}

# of_file NAME: a list of { file, line, kind, offset, length, old, new }.
sub of_file {
	my ($file) = @_;
	my @found;

	open my $in, '<', $file or die "$file: $!\n";
	my $text = do { local $/; <$in> };
	my $masked = mask($text);
	while ($masked =~ /^\{\n(.*?)^\}$/gsm) {
		my $start = $-[1];
		for my $place (of_body(substr($text, $start, length $1), $1)) {
			my ($kind, $offset, $length, $new) = @$place;
			my $at = $start + $offset;
			push @found, { file => $file, kind => $kind, offset => $at, length => $length, new => $new,
				old => substr($text, $at, $length), line => 1 + (substr($text, 0, $at) =~ tr/\n//) };
		}
	}
	return @found;
}

sub write_mutant {
	my ($place, $to) = @_;

	open my $in, '<', $place->{file} or die "$place->{file}: $!\n";
	my $text = do { local $/; <$in> };
	substr($text, $place->{offset}, $place->{length}) = $place->{new};
	open my $out, '>', $to or die "$to: $!\n";
	print $out $text;
	close $out or die "$to: $!\n";
}

1;
