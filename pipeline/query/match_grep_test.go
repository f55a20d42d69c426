package query

import (
	"testing"

	"foghorn/pipeline"
)

// An event of several lines matches when one of them does.
func TestGrepOfAnEventIsAboutItsLines(t *testing.T) {
	e := &pipeline.Event{Body: []byte("ERROR boom\n\tat a.B(C.java:7)\n\nCaused by: naïve\xff")}
	for _, test := range []struct {
		name     string
		options  GrepOptions
		patterns []string
		want     bool
	}{
		{"the start of a later line", GrepOptions{}, []string{"^Caused"}, true},
		{"the end of the first", GrepOptions{}, []string{"boom$"}, true},
		{"over a line feed", GrepOptions{}, []string{"boom.*at"}, false},
		{"any character but one", GrepOptions{}, []string{"boom[^x]"}, false},
		{"a whole line", GrepOptions{LineRegexp: true}, []string{"ERROR .*m"}, true},
		{"a whole line, as text", GrepOptions{LineRegexp: true, Fixed: true}, []string{"ERROR boom"}, true},
		{"no whole line", GrepOptions{LineRegexp: true}, []string{"ERROR"}, false},
		{"an empty line", GrepOptions{}, []string{"^$"}, true},
		{"a word, any case", GrepOptions{WordRegexp: true, IgnoreCase: true}, []string{"CAUSED"}, true},
		{"part of a word", GrepOptions{WordRegexp: true}, []string{"Cause"}, false},
		{"one of two patterns", GrepOptions{}, []string{"nowhere", "a\\.B\\("}, true},
		{"text", GrepOptions{Fixed: true}, []string{"C.java"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, _, err := GrepPattern(test.options, test.patterns)
			if err != nil {
				t.Fatal(err)
			}
			if have := Compile(n).Match(e); have != test.want {
				t.Errorf("%s: %v, want %v", n, have, test.want)
			}
		})
	}
}
