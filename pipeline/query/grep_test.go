package query

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"foghorn/pipeline"
)

// systemGrep is the program that GrepPattern has to agree with.
type systemGrep struct {
	path string
	file string
}

func newSystemGrep(t testing.TB, lines []string) *systemGrep {
	path, err := exec.LookPath("grep")
	if err != nil {
		t.Log("no grep on this machine: agreement with it is not tested")
		t.SkipNow()
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil || !bytes.Contains(out, []byte("GNU grep")) {
		t.Log("grep is not GNU grep: agreement with it is not tested")
		t.SkipNow()
	}
	file := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &systemGrep{path: path, file: file}
}

var errRefused = errors.New("refused")

// run returns what grep prints with -n, and with -n -o.
func (g *systemGrep) run(opts GrepOptions, patterns []string, flags ...string) (string, error) {
	args := []string{"-a", "-n"}
	if opts.Fixed {
		args = append(args, "-F")
	} else {
		args = append(args, "-E")
	}
	for _, f := range []struct {
		on   bool
		flag string
	}{{opts.IgnoreCase, "-i"}, {opts.WordRegexp, "-w"}, {opts.LineRegexp, "-x"}} {
		if f.on {
			args = append(args, f.flag)
		}
	}
	args = append(args, flags...)
	for _, p := range patterns {
		args = append(args, "-e", p)
	}
	cmd := exec.Command(g.path, append(args, g.file)...)
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		return "", errRefused
	}
	return string(out), nil
}

// ours prints the same.
func ours(n Grep, lines []string, only bool) string {
	var b strings.Builder
	m := Compile(n)
	f, _ := NewFinder(n)
	for i, l := range lines {
		if !m.Match(&pipeline.Event{Body: []byte(l)}) {
			continue
		}
		if !only {
			fmt.Fprintf(&b, "%d:%s\n", i+1, l)
			continue
		}
		f.Find([]byte(l), func(start, end int) bool {
			fmt.Fprintf(&b, "%d:%s\n", i+1, l[start:end])
			return true
		})
	}
	return b.String()
}

// compare checks one set of patterns; it reports whether grep and we both took them.
func compare(t testing.TB, g *systemGrep, lines []string, opts GrepOptions, patterns []string) bool {
	t.Helper()
	n, _, err := GrepPattern(opts, patterns)
	want, refused := g.run(opts, patterns)
	if refused != nil {
		if err == nil && isASCII([]byte(strings.Join(patterns, ""))) { // older libraries refuse ranges like [α-ω]
			t.Errorf("%+v %q: grep refuses it, we do not", opts, patterns)
		}
		return false
	}
	if err != nil {
		return false
	}
	have := ours(n.(Grep), lines, false)
	empty := false
	if opts.WordRegexp {
		source, _ := n.(Grep).source(&ere{})
		tree, _ := syntax.Parse(source, syntax.Perl)
		if empty = matchesEmpty(tree); empty && len(patterns) > 1 {
			return true // grep -E turns simple patterns into fixed ones, for which -w goes down to nothing
		}
		if empty {
			want, have = linesInASCII(want), linesInASCII(have)
		}
	}
	if have != want {
		t.Errorf("%+v %q: lines\n%s", opts, patterns, difference(want, have))
		return false
	}
	if opts.WordRegexp && (opts.LineRegexp || empty) {
		return true // grep -o prints an empty part after each line for -x, and skips parts after an empty one
	}
	want, _ = g.run(opts, patterns, "-o")
	have = ours(n.(Grep), lines, true)
	if opts.WordRegexp {
		// After the first part of a line, grep does not find a match that -w makes shorter.
		want, have = firstParts(want), firstParts(have)
	}
	if have != want {
		t.Errorf("%+v %q: parts\n%s", opts, patterns, difference(want, have))
		return false
	}
	return true
}

// linesInASCII drops the lines in which, with -w, grep may find nothing, the empty text,
// in the middle of a character.
func linesInASCII(lines string) string {
	var b strings.Builder
	for l := range strings.Lines(lines) {
		if isASCII([]byte(l)) {
			b.WriteString(l)
		}
	}
	return b.String()
}

// matchesEmpty reports whether an expression can match the empty text.
func matchesEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) == 1 && isMark(re.Rune[0])
	case syntax.OpNoMatch, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpStar, syntax.OpQuest:
		return true
	case syntax.OpRepeat:
		return re.Min == 0 || matchesEmpty(re.Sub[0])
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, matchesEmpty)
	}
	return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !matchesEmpty(sub) })
}

// firstParts keeps the first part of each line.
func firstParts(parts string) string {
	var b strings.Builder
	last := ""
	for part := range strings.Lines(parts) {
		if number, _, _ := strings.Cut(part, ":"); number != last {
			b.WriteString(part)
			last = number
		}
	}
	return b.String()
}

func difference(want, have string) string {
	w, h := strings.Split(want, "\n"), strings.Split(have, "\n")
	for i := range max(len(w), len(h)) {
		switch {
		case i >= len(w):
			return fmt.Sprintf("want no more, have %q", h[i])
		case i >= len(h):
			return fmt.Sprintf("want %q, have no more", w[i])
		case w[i] != h[i]:
			return fmt.Sprintf("want %q, have %q", w[i], h[i])
		}
	}
	return "no difference"
}

// Alphabets of lines: characters of one to four bytes, with and without case, letters and
// not, and white space, NUL and CR; and bytes that are not UTF-8.
var (
	characters = []string{"a", "b", "A", "B", "foo", "bar", "_", "1", "2", " ", " ", "-", ".", "(", ")", "{", "}", "[", "]", "*", "+", "\\", "|", "^", "$",
		"é", "É", "ß", "σ", "Σ", "ς", "ı", "k", "K", "\u212a", "ſ", "s", "i", "I", "—", "…", "日", "😀", "\u0301", "٣", "\u00a0", "\x00", "\r", "\t", "/", ":"}
	badBytes = []string{"\xff", "\xc3", "\x89", "\xe2\x80", "\xfe"}
)

func randomLines(r *rand.Rand, n int, bad bool) []string {
	lines := make([]string, n)
	for i := range lines {
		var b strings.Builder
		for range r.IntN(9) {
			if bad && r.IntN(4) == 0 {
				b.WriteString(badBytes[r.IntN(len(badBytes))])
			} else {
				c := characters[r.IntN(len(characters))]
				if bad && (c == "ı" || c == "ſ") {
					c = "i" // -i shortens these; beside bad bytes the GNU C library then loses its place
				}
				b.WriteString(c)
			}
		}
		lines[i] = b.String()
	}
	return lines
}

// patternSource writes random extended regular expressions. words allows assertions on
// words, wild lets any syntax stand anywhere.
type patternSource struct {
	r     *rand.Rand
	words bool
}

func (p patternSource) pick(from ...string) string { return from[p.r.IntN(len(from))] }

func (p patternSource) pattern(depth int) string {
	var b strings.Builder
	for range p.r.IntN(4) + p.r.IntN(2) {
		a := p.atom(depth)
		b.WriteString(a)
		// What repeating an assertion means is left open by POSIX.
		if p.r.IntN(3) == 0 && !strings.ContainsAny(a, "^$<>'`") && !strings.Contains(a, `\b`) && !strings.Contains(a, `\B`) {
			b.WriteString(p.pick("*", "+", "?", "{1}", "{,2}", "{1,2}", "{2,}", "{,}", "{", "{1", "{x}", "*?", "{2}{2}"))
		}
	}
	if depth > 0 && p.r.IntN(4) == 0 {
		b.WriteString("|" + p.pattern(depth-1))
	}
	return b.String()
}

func (p patternSource) atom(depth int) string {
	switch n := p.r.IntN(20); {
	case n < 2 && depth > 0:
		return "(" + p.pattern(depth-1) + ")"
	case n < 4:
		return p.bracket()
	case n < 6:
		return p.pick(".", ".*", `\w`, `\W`, `\s`, `\S`)
	case n == 6:
		return p.pick("^", "$", "\\`", `\'`)
	case n == 7 && p.words:
		return p.pick(`\<`, `\>`, `\b`, `\B`)
	case n == 8:
		return p.pick(`\.`, `\*`, `\(`, `\)`, `\[`, `\{`, `\|`, `\\`, `\]`, `\}`, `\^`, `\$`, `\+`, `\?`, `\/`, `\-`, "]", "}")
	default:
		c := p.pick(characters...)
		if strings.Contains(`()[{\|*+?^$.`, c) || c == "\x00" {
			return "a"
		}
		return c
	}
}

func (p patternSource) bracket() string {
	var b strings.Builder
	b.WriteString("[" + p.pick("", "", "^"))
	for range 1 + p.r.IntN(3) {
		b.WriteString(p.pick("a", "b", "A", "aA", "Bb", "kK", "éÉ", "é", "1", "_", " ", "-", "k", "s", "i", "a-c", "A-C", "0-9", "[:alpha:]", "[:upper:]", "[:lower:]", "[:digit:]",
			"[:space:]", "[:punct:]", "[:alnum:]", "[.-.]", "[=a=]", "]", "^", `\`, "[", "日", ".", ":", "[:blank:]", "[:cntrl:]", "[:xdigit:]", "[:print:]", "[:graph:]"))
	}
	return b.String() + "]"
}

func TestGrepPatternSelectsAndPrintsWhatGrepDoes(t *testing.T) {
	seed := uint64(1)
	rounds := 80
	if s := os.Getenv("FOGHORN_GREP_ROUNDS"); s != "" {
		fmt.Sscan(s, &rounds, &seed)
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for _, bad := range []bool{false, true} {
		lines := randomLines(r, 600, bad)
		g := newSystemGrep(t, lines)
		source := patternSource{r: r, words: !bad}
		agreed := 0
		for range rounds {
			opts := GrepOptions{Fixed: r.IntN(5) == 0, IgnoreCase: r.IntN(3) == 0, WordRegexp: r.IntN(4) == 0, LineRegexp: r.IntN(6) == 0}
			var patterns []string
			for range 1 + r.IntN(4)/3 {
				p := source.pattern(2)
				if opts.Fixed {
					p = strings.ReplaceAll(randomLines(r, 1, false)[0], "\x00", "")
					if r.IntN(3) == 0 {
						p = strings.ReplaceAll(lines[r.IntN(len(lines))], "\x00", "")
					}
				}
				if utf8.ValidString(p) {
					patterns = append(patterns, p)
				}
			}
			if len(patterns) > 0 && compare(t, g, lines, opts, patterns) {
				agreed++
			}
			if t.Failed() && os.Getenv("FOGHORN_GREP_ROUNDS") == "" {
				return
			}
		}
		if agreed < rounds/2 {
			t.Errorf("only %d of %d patterns were compared", agreed, rounds)
		}
	}
}

func TestGrepPattern(t *testing.T) {
	lines := []string{"", "foo", "foobar", "foo bar", "a)b", "a]b", "a}b", "a{1b", "{x}", "a+b", "(x)", "x|y", "aXb", "é", "École", "tab\there", "xx xxx", "foo-bar", "_foo", "éfoo", "foo—bar", "12 34", "a\x00b", "cr\r",
		"bad \xff byte", "\xffoo", "k", "K", "\u212a", "s", "ſ", "i", "ı", "İ", "^a", "a$", "a\\b", "[[", "日本語", "a  b", "ab12", "foo_bar foo", "x{1,2}"}
	g := newSystemGrep(t, lines)
	for _, p := range []string{"", "foo", "^foo", "foo$", "^$", "^", "$", "fo*", "fo+bar?", "fo{2}", "o{1,}", "o{,2}", "(foo|bar)+", "a)b", "a]b", "a}b", "a{1", `a\{1`, "x{x}", `a\+b`, `\(x\)`, `x\|y`, "a.b", "a[^x]b",
		"[[:alpha:]]+", "[[:upper:]]", "[^[:alnum:]]", "[[:space:]]", `\w+`, `\W`, `\s`, `\S+`, `\<foo\>`, `\<foo`, `foo\>`, `\bfoo\b`, `\Bfoo`, "\\`foo", `bar\'`, "[]x]", "[^]x]", "[a-]", `[\]`, "[[.a.]b]", "[[=a=]]", "*foo", "+a", "(*a)", "x|*a", "()", "a||b", "a|",
		"é", "École", "école", "K", "k", "\u212a", "s", "ſ", "i", "ı", "İ", "日.語", "xx|xxx", "fo|foob", "foo-", "-bar", "foo\nbar", "foo\n", `\.`, `\/`, `a\\b`, `\^a`, `a\$`, "a$b", "x^a", ".", ".*", "[0-9]{2}", "([0-9])+ ([0-9]{2})", "(a|ab)(c|12)?"} {
		for _, mask := range []int{0, 1, 2, 4, 8, 5, 6, 9, 10} {
			opts := GrepOptions{Fixed: mask&1 > 0, IgnoreCase: mask&2 > 0, WordRegexp: mask&4 > 0, LineRegexp: mask&8 > 0}
			if (opts.WordRegexp || opts.LineRegexp) && strings.Contains("a)b x{x}", p) {
				continue // see Grep: brackets that open or close nothing
			}
			n, _, err := GrepPattern(opts, []string{p})
			if err != nil {
				t.Errorf("%+v %q: %v", opts, p, err)
				continue
			}
			compare(t, g, lines, opts, []string{p})
			if again, err := Parse(n.String()); err != nil || !Same(n, again) {
				t.Errorf("%q prints as %q, which parses to %#v, %v", p, n, again, err)
			}
		}
	}
	for _, p := range []string{"\xff", "\xe2\x80", "\x89", "b\xff", "é\xff"} {
		compare(t, g, lines, GrepOptions{Fixed: true}, []string{p})
	}
}

// A pattern and a line that make a search take the square of the line's length would take
// hours here.
func TestGrepTakesTimeInProportionToTheLine(t *testing.T) {
	line := []byte(strings.Repeat(" ", 1<<17) + "bX" + strings.Repeat("é\xff", 1<<15))
	for p, want := range map[string]bool{"( *b)?": true, ".*.*b": false, `(\w|é)+$`: false, "( | )*b": false} {
		n, _, err := GrepPattern(GrepOptions{WordRegexp: true}, []string{p})
		if err != nil {
			t.Fatal(err)
		}
		if have := Compile(n).Match(&pipeline.Event{Body: line}); have != want {
			t.Errorf("%q: want %v, have %v", p, want, have)
		}
	}
}

func TestGrepPatternRefuses(t *testing.T) {
	for _, c := range []struct {
		pattern, want string
		opts          GrepOptions
	}{
		{pattern: "a(b", want: `pattern "a(b", character 3: unmatched (`},
		{pattern: "a[b", want: `pattern "a[b", character 3: unmatched [, [^, [:, [., or [=`},
		{pattern: `a\`, want: `pattern "a\\", character 2: trailing backslash`},
		{pattern: "a{2,1}", want: `pattern "a{2,1}", character 2: invalid content of {}: 2 is more than 1`},
		{pattern: "[b-a]", want: `pattern "[b-a]", character 5: invalid range end`},
		{pattern: "[:space:]", want: `pattern "[:space:]", character 9: character class syntax is [[:space:]], not [:space:]`},
		{pattern: "[[:nope:]]", want: `pattern "[[:nope:]]", character 10: invalid character class name`},
		{pattern: `\d+`, want: `pattern "\\d+", character 3: \d means the letter d to grep; write [0-9]`},
		{pattern: `a\tb`, want: `pattern "a\\tb", character 4: \t means the letter t to grep; write [[:blank:]], or a real tab`},
		{pattern: `(a)\1`, want: `pattern "(a)\\1", character 5: \1: back-references are not supported; write the alternatives out`},
		{pattern: "a(?=b)", want: `pattern "a(?=b)", character 3: (?= is Perl's syntax; write a plain group (...), and a search of its own for what must or must not be beside it`},
		{pattern: "a{1001}", want: `pattern "a{1001}", character 2: a repetition of more than 1000 times`},
		{pattern: "a{0}", want: `pattern "a{0}", character 2: a repetition of no times`},
		{pattern: `\b*`, want: `pattern "\\b*", character 3: an assertion cannot be repeated`},
		{pattern: "\xff", want: `the pattern "\xff" is not UTF-8; fixed strings (-F) without -i, -w and -x may hold any bytes`},
		{pattern: "\xff", opts: GrepOptions{Fixed: true, IgnoreCase: true}, want: `the pattern "\xff" is not UTF-8; fixed strings (-F) without -i, -w and -x may hold any bytes`},
		{pattern: "((a{1000}){1000}", want: `pattern "((a{1000}){1000}", character 16: unmatched (`},
		{pattern: strings.Repeat("(", 300), want: "groups nest too deep"},
		{pattern: strings.Repeat("a{1000}", 200), want: "the pattern is too large: about"},
		{pattern: strings.Repeat("a", 2<<20), opts: GrepOptions{Fixed: true}, want: "the patterns have 2097152 bytes, 1048576 are allowed"},
	} {
		t.Run(c.pattern[:min(len(c.pattern), 20)], func(t *testing.T) {
			_, _, err := GrepPattern(c.opts, []string{c.pattern})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("\nwant %s\nhave %v", c.want, err)
			}
		})
	}
}

func FuzzGrepPattern(f *testing.F) {
	f.Add("a(b|c)*", "xab", uint8(4))
	f.Fuzz(func(t *testing.T, pattern, line string, mask uint8) {
		if strings.Contains(line, "\n") || strings.Contains(pattern, "\x00") {
			return
		}
		n, _, err := GrepPattern(GrepOptions{Fixed: mask&1 > 0, IgnoreCase: mask&2 > 0, WordRegexp: mask&4 > 0, LineRegexp: mask&8 > 0}, []string{pattern})
		if err != nil {
			return
		}
		checkRoundTrip(t, n)
		f, err := NewFinder(n.(Grep))
		if err != nil {
			t.Fatal(err)
		}
		matches := Compile(n).Match(&pipeline.Event{Body: []byte(line)})
		last, parts := 0, 0
		f.Find([]byte(line), func(start, end int) bool {
			if start < last || end <= start || end > len(line) {
				t.Fatalf("%q on %q: part %d to %d after %d", n, line, start, end, last)
			}
			last = end
			parts++
			return true
		})
		if parts > 0 && !matches {
			t.Fatalf("%q on %q: parts are found, but it does not match", n, line)
		}
	})
}

func BenchmarkGrepPattern(b *testing.B) {
	for _, p := range []string{"timeout", `\w+@[[:alnum:].]+`} {
		b.Run(p, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := GrepPattern(GrepOptions{IgnoreCase: true}, []string{p}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
