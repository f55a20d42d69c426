package file_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/rules"
	"foghorn/rules/file"
)

const good = `rules:
  - id: sshd
    title: Failed logins
    severity: high
    match: 'sshd "Failed password"'
    extract: |
      from %{IP:client.address} port
      rhost=(?P<client_host>\S+)
    group_by: [host, client.address]
    threshold: { count: '> 9', window: 1m }
    annotations:
      summary: '{{ .Count }} from {{ index .Group "client.address" }}'
    tests:
      - name: fires
        host: a
        lines: |
          one
          two
        expect: [ { group: { host: a }, count: 10, started: 2026-03-02T10:00:00Z } ]
      - name: does not
        lines: x
        expect: []
`

func TestParse(t *testing.T) {
	list, err := file.Parse("good.yml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	r := list[0]
	type summary struct {
		ID, Kind, Threshold, Match string
		MinCount                   int64
		Window, Keep, Bucket       time.Duration
		Span, Extracts, Line       int
		Names                      []string
		Lines                      []string
		Expect                     []rules.Expect
	}
	want := summary{
		ID: "sshd", Kind: "threshold", Threshold: "> 9", Match: `sshd "Failed password"`, MinCount: 10,
		Window: time.Minute, Keep: time.Minute, Bucket: time.Second, Span: 60, Extracts: 2, Line: 2,
		Names: []string{"", "client.address"}, Lines: []string{"one", "two"},
		Expect: []rules.Expect{{Group: map[string]string{"host": "a"}, Count: 10, Started: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}},
	}
	have := summary{
		ID: r.ID, Kind: string(r.Kind), Threshold: r.Threshold, Match: r.MatchText, MinCount: r.MinCount,
		Window: r.Window, Keep: r.KeepFiring, Bucket: r.Bucket(), Span: r.Span(), Extracts: len(r.Extract), Line: r.Line,
		Lines: r.Tests[0].Lines, Expect: r.Tests[0].Expect,
	}
	for i, n := range r.Extract[0].Names {
		if i == 0 || n != "" {
			have.Names = append(have.Names, n)
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if m := r.Extract[0].RE.FindStringSubmatch("Failed password for root from 10.0.0.9 port 22"); m == nil {
		t.Error("the grok pattern does not fit its line")
	}
}

// All faults of a file are told at once, each with line, column and what was expected; a
// fault inside a query, a pattern or a template is told at its own place.
func TestFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"everything at once", `rules:
  - id: Bad Id
    severity: urgent
    match: 'status:>= AND x'
    extract: 'from %{IPX:a}'
    group_by: [host, host, "a b"]
    threshold: { count: '< 3', window: 10ms, ratio: 2 }
    annotations: { summary: '{{ .Nope }}' }
    absent: 5m
    tests:
      - name: t
        lines: x
`, `f.yml:2:7: rules[0].title: expected a title
f.yml:2:9: rules[0].id: expected an id of lower-case letters, digits, - and _, found "Bad Id"
f.yml:3:15: rules[0].severity: expected one of low, medium, high, critical, found "urgent"
f.yml:4:22: rules[0].match: *
f.yml:5:20: rules[0].extract: unknown grok pattern "IPX"
f.yml:6:22: rules[0].group_by[1]: "host" is there twice
f.yml:6:28: rules[0].group_by[2]: expected the name of a field, found "a b"
f.yml:7:25: rules[0].threshold.count: expected a condition such as ">= 10" or "> 9" (only >= and > are known here), found "< 3"
f.yml:7:40: rules[0].threshold.window: expected 1s to 168h0m0s, found 10ms
f.yml:7:46: rules[0].threshold.ratio: unknown key; known here: count, window
f.yml:8:33: rules[0].annotations.summary: expected a template: *
f.yml:9:5: rules[0].absent: unknown key; known here: *
f.yml:11:13: rules[0].tests[0].expect: expected a list of episodes; [] when the rule must not fire`},
		{"no rules", "rules: []\n", `f.yml*: rules: expected at least one rule`},
		{"no YAML", "rules:\n  - id: [\n", `f.yml:2:*`},
		{"a query in a block", `rules:
  - id: a
    title: a
    severity: low
    match: |
      good AND
      (bad
`, `f.yml:*: rules[0].match: *`},
		{"a pattern without a name", `rules:
  - id: a
    title: a
    severity: low
    match: x
    extract: |
      from %{IP:ip}
      to %{IP}
`, `f.yml:8:7: rules[0].extract: expected a named capture, such as %{IP:client.address} or (?P<user>\w+)`},
		{"an annotation with a field that is not in group_by", `rules:
  - id: a
    title: a
    severity: low
    match: x
    group_by: [host]
    annotations:
      summary: '{{ .Group.host }} and {{ with .Group.service }}{{ . }}{{ end }}'
`, `f.yml:8:53: rules[0].annotations.summary: expected a template: *map has no entry for key "service"`},
		{"an expectation that cannot be", `rules:
  - id: a
    title: a
    severity: low
    match: x
    group_by: [host]
    tests:
      - name: n
        lines: x
        expect: [ { group: { user: root }, count: 0 } ]
`, `f.yml:10:36: rules[0].tests[0].expect[0].group.user: "user" is not in group_by: host
f.yml:10:51: rules[0].tests[0].expect[0].count: expected 1 or more, found 0`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := file.Parse("f.yml", []byte(test.text))
			if err == nil {
				t.Fatal("no fault was found")
			}
			want, have := strings.Split(test.want, "\n"), strings.Split(err.Error(), "\n")
			if len(want) != len(have) {
				t.Fatalf("have:\n%s\nwant:\n%s", err, test.want)
			}
			for i := range want {
				if !like(want[i], have[i]) {
					t.Errorf("have %s\nwant %s", have[i], want[i])
				}
			}
		})
	}
}

// like compares with '*' in want standing for any text.
func like(want, have string) bool {
	parts := strings.Split(want, "*")
	if !strings.HasPrefix(have, parts[0]) {
		return false
	}
	have = have[len(parts[0]):]
	for _, p := range parts[1:] {
		i := strings.Index(have, p)
		if i < 0 {
			return false
		}
		have = have[i+len(p):]
	}
	return len(parts) > 1 && parts[len(parts)-1] == "" || have == ""
}

// The loader never panics, and what it accepts is a rule that can run.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("rules:\n  - id: a\n    title: b\n    severity: low\n    match: '/(/'\n    annotations: {summary: '{{ range'}\n"))
	f.Add([]byte("rules: &a [*a]\n"))
	f.Add([]byte("rules:\n- ? {}\n  : |\n   x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := file.Parse("f.yml", data)
		if err != nil {
			if len(list) > 0 {
				t.Error("rules together with an error")
			}
			return
		}
		for _, r := range list {
			if r.Match == nil || r.MinCount < 1 || r.Span() < 1 || r.Revision == "" || r.ID == "" {
				t.Errorf("accepted %+v", r)
			}
		}
	})
}
