package e2e

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Diff describes the first line at which have differs from want, with the lines around it,
// or returns "" when they are the same bytes.
func Diff(want, have []byte) string {
	if bytes.Equal(want, have) {
		return ""
	}
	w, h := lines(want), lines(have)
	i := 0
	for i < len(w) && i < len(h) && bytes.Equal(w[i], h[i]) {
		i++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "first difference at line %d (want %d lines, %d bytes; have %d lines, %d bytes)\n",
		i+1, len(w), len(want), len(h), len(have))
	for j := max(i-2, 0); j < i; j++ {
		fmt.Fprintf(&b, "  same %q\n", clip(w[j]))
	}
	for j := i; j < i+3; j++ {
		if j < len(w) {
			fmt.Fprintf(&b, "  want %q\n", clip(w[j]))
		}
	}
	for j := i; j < i+3; j++ {
		if j < len(h) {
			fmt.Fprintf(&b, "  have %q\n", clip(h[j]))
		}
	}
	missing, extra := tally(w, h)
	fmt.Fprintf(&b, "  as sets: %d lines of want are missing, %d lines of have are extra", missing, extra)
	return b.String()
}

// tally compares two multisets of lines.
func tally(want, have [][]byte) (missing, extra int) {
	count := make(map[string]int, len(want))
	for _, l := range want {
		count[string(l)]++
	}
	for _, l := range have {
		count[string(l)]--
	}
	for _, n := range count {
		if n > 0 {
			missing += n
		} else {
			extra -= n
		}
	}
	return missing, extra
}

// lines cuts text behind each line feed.
func lines(text []byte) [][]byte {
	if len(text) == 0 {
		return nil
	}
	out := bytes.SplitAfter(text, []byte{'\n'})
	if len(out[len(out)-1]) == 0 {
		out = out[:len(out)-1]
	}
	return out
}

func clip(line []byte) []byte {
	if len(line) > 240 {
		return append(line[:240:240], "..."...)
	}
	return line
}

// Rename replaces the folder from by to where an output line of grep begins with it.
func Rename(output []byte, from, to string) []byte {
	var out bytes.Buffer
	out.Grow(len(output))
	for _, l := range lines(output) {
		if bytes.HasPrefix(l, []byte(from)) {
			out.WriteString(to)
			l = l[len(from):]
		}
		out.Write(l)
	}
	return out.Bytes()
}

// CountPerLife changes the line numbers in grep's output over the originals (-n with file
// names, which begin with dir) to those within a life of the file, from one rotation to
// the next: what a line's number is in the file that holds it.
func CountPerLife(output []byte, dir string, lives map[string][]int) []byte {
	var out bytes.Buffer
	out.Grow(len(output))
	for _, l := range lines(output) {
		if rest, ok := bytes.CutPrefix(l, []byte(dir)); ok {
			if m := numbered.FindSubmatchIndex(rest); m != nil {
				number, err := strconv.Atoi(string(rest[m[4]:m[5]]))
				if err == nil {
					before := 0
					for _, n := range lives[string(rest[m[2]:m[3]])] {
						if number > n {
							before = n
						}
					}
					out.WriteString(dir)
					out.Write(rest[:m[4]])
					out.WriteString(strconv.Itoa(number - before))
					l = rest[m[5]:]
				}
			}
		}
		out.Write(l)
	}
	return out.Bytes()
}

// numbered is the name of a file and the number of a line.
var numbered = regexp.MustCompile(`^([^:]*?\.log)[:-](\d+)[:-]`)
