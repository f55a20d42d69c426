package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// GrepArgs returns the arguments with which grep answers a call.
func GrepArgs(call []string) []string {
	args := append([]string{"-a"}, call...)
	if !slices.Contains(call, "-F") {
		args = append([]string{"-E"}, args...)
	}
	return args
}

// GrepCalls returns argument lists that mean the same to `grep -E` (`grep` with -F) and to
// `foghorn grep`. Some look for words and ids of random lines of the corpora.
func GrepCalls(corpora []Corpus, quota map[string]int, seed uint64) [][]string {
	calls := [][]string{
		{""}, // everything
		{"-F", "Failed password"},
		{"-i", "FAILED password"},
		{"-w", "root"},
		{"-c", "error"},
		{"-c", ""},
		{"-c", "-v", "seq="},
		{"-v", "seq="},
		{"-C", "2", "Accepted password|Accepted publickey"},
		{"-o", "blk_-?[0-9]*77[0-9]*"},
		{"-l", "Exception"},
		{"-L", "Exception"},
		{"time(d )?out"},
		{"-i", "-w", "warn"},
		{"-n", "[Pp]anic|FATAL|fatal"},
		{"-m", "3", "INFO|info|notice"},
		{"-m", "2", "-A", "1", "-B", "3", "rror"},
		{"-h", "-o", `from [0-9]+\.[0-9]+\.[0-9]+\.[0-9]+`},
		{`^\[.*\] \[error\]`},
		{"seq=1234[0-9]"},
		{"-F", "seq=77"},
		{"-i", "connection (refused|reset|closed)"},
		{"[[:digit:]]{3}[.][[:digit:]]{2}[.].*user"},
		{"-w", "404"},
		{"-F", `"GET /`},
		{"-o", "fail|failed|failure"},
		{"-c", "-i", "-v", "info"},
		{"-F", "$"},
		{"-n", "-C", "1", "seq=999[0-9]"},
		{"[0-9]\r?$", "-c"},
		{"-q", "Failed"},
		{"no line holds these words"},
		{"-iw", "-e", "denied", "-e", "unreachable", "-A1"},
		{"-hv", "[A-Z]"},
		{"-o", "-n", "-w", "sshd"},
		{"-x", "-i", ".*exception.*"},
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	pick := func() (string, string) { // a whole line and its longest word
		c := &corpora[rng.IntN(len(corpora))]
		line := c.Line(rng.IntN(quota[c.Name+".log"]))
		var longest []byte
		for _, w := range bytes.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\"[]()=,;", r) }) {
			if len(w) > len(longest) {
				longest = w
			}
		}
		return string(line), string(longest)
	}
	for range 4 {
		line, word := pick()
		calls = append(calls, []string{"-F", "-e", word}, []string{"-F", "-x", "-n", "-e", line})
	}
	_, a := pick()
	_, b := pick()
	return append(calls, []string{"-F", "-w", "-c", "-e", a, "-e", b},
		[]string{"-F", "-n", "-e", fmt.Sprintf("seq=%d", 100+rng.IntN(5000))})
}
