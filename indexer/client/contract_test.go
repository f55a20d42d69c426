package client

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
)

var contractCases = flag.Int("contract-cases", 200, "random command lines for foghorn grep against grep")

// corpusCases is how many command lines are tried on one set of files.
const corpusCases = 50

// Random files (any bytes, long and empty lines, CRLF, lines joined to events), random
// patterns and flags: foghorn grep over the index prints byte for byte what grep prints on
// the files. `go test -run RandomGrep ./indexer/client -contract-cases 10000` tries more.
func TestRandomGrep(t *testing.T) {
	needGrep(t)
	seed := uint64(time.Now().UnixNano())
	if *contractCases <= 200 {
		seed = 1 // the same cases each time
	}
	compared := 0
	for done := 0; done < *contractCases && !t.Failed(); done += corpusCases {
		compared += compareCorpus(t, seed+uint64(done), min(corpusCases, *contractCases-done))
	}
	t.Logf("%d command lines, %d of them compared", *contractCases, compared)
	if compared < *contractCases/2 && !t.Failed() {
		t.Errorf("only %d of %d command lines were compared: grep refused the others, or foghorn did", compared, *contractCases)
	}
}

// FuzzGrep is TestRandomGrep by seeds: each run tries corpusCases command lines.
func FuzzGrep(f *testing.F) {
	needGrep(f)
	f.Add(uint64(1))
	f.Add(uint64(20_000))
	f.Fuzz(func(t *testing.T, seed uint64) { compareCorpus(t, seed, 10) })
}

// compareCorpus makes files from a seed, indexes them, and tries n command lines. It returns
// how many of them neither refuses: grep some expressions, foghorn those whose meaning is
// GNU's alone, with a word on what to write.
func compareCorpus(t *testing.T, seed uint64, n int) (compared int) {
	t.Helper()
	r := &randomGrep{Rand: rand.New(rand.NewPCG(seed, 3))}
	dir, m := t.TempDir(), &memory{coverage: search.Coverage{Complete: true}}
	var names []string
	dirty := r.IntN(2) == 0
	for i := range 1 + r.IntN(3) {
		name := fmt.Sprintf("f%d.log", i)
		text := r.file(dirty)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if len(text) == 0 {
			continue // of which the index knows nothing
		}
		names = append(names, name)
		m.add("h", name, uint64(i+1), text)
	}
	if len(names) == 0 {
		return n
	}
	budget := [2]time.Duration{30 * time.Second, time.Microsecond}[r.IntN(2)]
	c := serveStore(t, joined(r.Rand, m.rows, 1+r.IntN(6)), budget)
	for range n {
		args := r.args(dirty, dir)
		want, wantCode := realGrep(t, dir, args, names)
		if wantCode == ExitError {
			continue
		}
		have, stderr, code := run(t, c, args...)
		if code == ExitError && strings.Contains(stderr, "pattern") && strings.Contains(stderr, "character ") {
			continue
		}
		compared++
		if have != want || code != wantCode {
			t.Errorf("seed %d: %q: exit code %d, want %d; stderr %s\noutput (-grep +foghorn)\n%.2000s", seed, args, code, wantCode, stderr,
				cmp.Diff(strings.SplitAfter(want, "\n"), strings.SplitAfter(have, "\n")))
			return compared
		}
	}
	return compared
}

// randomGrep makes up files and command lines of grep.
type randomGrep struct {
	*rand.Rand
	// plain keeps patterns to what the documented differences of query.Grep leave out: no
	// assertions, nothing that matches the empty text. It is set for -w, and for lines with
	// bytes that are not UTF-8.
	plain bool
}

func (r *randomGrep) of(words ...string) string { return words[r.IntN(len(words))] }

var grepWords = strings.Fields("error ERROR Error err ok a b ab ba aab 0 1 10 192.168.0.1 user=root user_1 time-out timeout blk_-160 [x] {y} (z) a+b c*d e?f ^g h$ i|j \\k ä Ä ß ẞ ſ s K k é e\u0301 日本 \U0001F600 foo.bar foo-bar foo/bar 0x7f: x\x00y")

// file makes up a file of up to some hundred lines, of which the last may have no end; with
// bytes that are not UTF-8 if dirty.
func (r *randomGrep) file(dirty bool) []byte {
	var b bytes.Buffer
	for range r.IntN(300) {
		kind := r.IntN(20)
		if !dirty && (kind == 1 || kind == 3) {
			kind = 0
		}
		switch kind {
		case 0: // an empty line
		case 1: // any bytes but a line feed
			for range r.IntN(40) {
				if c := byte(r.IntN(256)); c != '\n' {
					b.WriteByte(c)
				}
			}
		case 2:
			b.WriteString(strings.Repeat(r.of(grepWords...), r.IntN(3000)))
		case 3:
			b.WriteString(r.of(grepWords...) + "\xff\xfe" + r.of(grepWords...))
		default:
			for i := range 1 + r.IntN(7) {
				if i > 0 {
					b.WriteString(r.of(" ", " ", "  ", "\t", "=", ",", ""))
				}
				b.WriteString(r.of(grepWords...))
			}
		}
		if r.IntN(10) == 0 {
			b.WriteByte('\r')
		}
		b.WriteByte('\n')
	}
	if r.IntN(3) == 0 {
		b.WriteString(r.of(grepWords...))
	}
	return b.Bytes()
}

// args makes up a command line without files to search; a file of patterns is put in dir.
func (r *randomGrep) args(dirty bool, dir string) []string {
	var args []string
	some := func(n int, flags ...string) {
		if r.IntN(n) == 0 {
			args = append(args, r.of(flags...))
		}
	}
	some(3, "-i")
	some(6, "-v")
	some(6, "-w")
	some(10, "-x")
	some(3, "-n")
	some(8, "-b")
	some(8, "-H", "-h")
	both := slices.Contains(args, "-w") && slices.Contains(args, "-x")
	if !both { // to which GNU grep's -o and --color add line feeds
		some(6, "-o")
		some(12, "--color=always")
	}
	some(6, "-c", "-l", "-L", "-q")
	some(8, "-m1", "-m2", "-m7", "-m0")
	some(6, "-A1", "-B1", "-C1", "-C3", "-A9", "-2", "-A0")
	some(6, "-A2", "-B2")
	some(20, "--group-separator=##", "--no-group-separator")
	some(16, "-Z")
	r.plain = dirty || slices.Contains(args, "-w")
	fixed := r.IntN(4) == 0
	if fixed {
		args = append(args, "-F")
	}
	var patterns []string
	shown := slices.Contains(args, "-w") && (slices.Contains(args, "-o") || slices.Contains(args, "--color=always"))
	for range 1 + max(0, r.IntN(6)-3) {
		p := r.pattern(fixed)
		for shown && !startsWord(p, fixed) {
			p = r.pattern(fixed)
		}
		patterns = append(patterns, p)
	}
	switch r.IntN(12) {
	case 0: // one argument may hold several, too
		return append(args, "-e", strings.Join(patterns, "\n"))
	case 1:
		name := filepath.Join(dir, "patterns")
		if err := os.WriteFile(name, []byte(strings.Join(patterns, "\n")+"\n"), 0o600); err == nil {
			return append(args, "-f", name)
		}
	}
	for _, p := range patterns {
		args = append(args, "-e", p)
	}
	return args
}

// startsWord says that what a pattern matches starts with a character of a word, as far as
// it matters: of matches behind each other that start with another one, GNU grep -ow shows
// all for -e '\k' -e 10 and the first for '\\k|10'.
func startsWord(p string, fixed bool) bool {
	if !fixed && strings.HasPrefix(p, `\`) {
		p = p[1:]
	} else if !fixed && strings.IndexAny(p, ".[") == 0 {
		return true // no plain text
	}
	first, _ := utf8.DecodeRuneInString(p)
	return first == '_' || unicode.IsLetter(first) || unicode.IsDigit(first)
}

func (r *randomGrep) pattern(fixed bool) string {
	word := func() string {
		w := r.of(grepWords...)
		if runes := []rune(w); r.IntN(3) == 0 {
			w = string(runes[:r.IntN(len(runes)+1)])
		}
		return strings.ReplaceAll(w, "\x00", "") // a program's argument holds no NUL
	}
	if fixed {
		w := word()
		for w == "" && r.plain {
			w = word()
		}
		return w
	}
	// Of expressions bytes that are not UTF-8 are refused.
	var p strings.Builder
	for range 1 + r.IntN(3) {
		w := word()
		if r.IntN(2) == 0 || strings.ContainsAny(w, "{}()") { // of which many make no expression
			w = regexp.QuoteMeta(w)
		}
		if r.plain {
			p.WriteString(r.of(regexp.QuoteMeta(w), regexp.QuoteMeta(w), "[a-e]", "[[:digit:]]+", ".", "[[:alpha:]]", "x|y"))
			p.WriteString(r.of("a", "o", "e", "1", "="))
			continue
		}
		switch r.IntN(12) {
		case 0:
			w = "(" + w + "|" + regexp.QuoteMeta(word()) + ")"
		case 1:
			w = "(" + r.of("a", "er", "[0-9]", "ä", "o|k", ".") + ")" + r.of("*", "+", "?", "{2}", "{0,2}", "{1,}")
		case 2:
			w = r.of("[a-e]", "[^a-z]", "[[:digit:]]+", "[[:alpha:]]", "[[:space:]]*", ".", ".*", `\w+`, `\W`, `\b`, `\<`, `\>`, `\B`, `\s`, "[ä-ö]", "[]x]")
		case 3:
			w = "^" + w
		case 4:
			w += "$"
		}
		p.WriteString(w)
	}
	return p.String()
}

// What the random patterns are made of includes what makes them hard.
func TestRandomGrepTriesWhatIsHard(t *testing.T) {
	r := &randomGrep{Rand: rand.New(rand.NewPCG(1, 3))}
	seen, dir := map[string]bool{}, t.TempDir()
	for range 2000 {
		args := r.args(false, dir)
		for _, a := range args {
			seen[a] = true
		}
		seen["-w -x"] = seen["-w -x"] || slices.Contains(args, "-w") && slices.Contains(args, "-x")
		seen["two patterns"] = seen["two patterns"] || len(slices.DeleteFunc(args, func(a string) bool { return a != "-e" })) > 1
	}
	for _, want := range []string{"-i", "-v", "-w", "-x", "-o", "-c", "-L", "-q", "-m0", "-C3", "--color=always", "-F", "-f", "-B2", "--no-group-separator", "two patterns", "-w -x"} {
		if !seen[want] {
			t.Errorf("no command line has %s", want)
		}
	}
}
