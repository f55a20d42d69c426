package check_test

import (
	"strings"
	"testing"

	"foghorn/rules/check"
	"foghorn/rules/file"
)

const text = `rules:
  - id: r
    title: t
    severity: low
    match: failed
    group_by: [host]
    threshold: { count: '>= 2', window: 10s }
    annotations: { summary: '{{ .Count }} failed' }
    tests:
      - name: passes
        host: a
        lines: |
          2026-03-02T10:00:00Z failed
          2026-03-02T10:00:09Z failed
        expect: [ { group: { host: a }, count: 2, started: 2026-03-02T10:00:09Z, summary: 2 failed } ]
      - name: must not fire and does
        host: a
        lines: |
          2026-03-02T10:00:00Z failed
          2026-03-02T10:00:09Z failed
        expect: []
      - name: must fire and does not
        host: a
        lines: |
          2026-03-02T10:00:00Z failed
          2026-03-02T10:00:10Z failed
        expect: [ { group: { host: a } } ]
      - name: another count
        host: a
        lines: |
          2026-03-02T10:00:00Z failed
          failed as well, with no time of its own
        expect: [ { count: 3 } ]
      - name: fires once and not twice
        host: a
        lines: |
          2026-03-02T10:00:00Z failed
          2026-03-02T10:00:01Z failed
        expect: [ { group: { host: a } }, { group: { host: a } } ]
      - name: the expectation that says less stands first
        host: a
        lines: |
          2026-03-02T10:00:00Z failed
          2026-03-02T10:00:01Z failed
          2026-03-02T11:00:00Z failed
          2026-03-02T11:00:01Z failed
          2026-03-02T11:00:02Z failed
        expect: [ {}, { count: 2 } ]
`

// A test passes when what it expects is there, each episode once, and nothing else.
func TestRun(t *testing.T) {
	list, err := file.Parse("r.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	results, err := check.Run(list[0])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"",
		`episode not expected: group {host="a"}, count 2, started 2026-03-02T10:00:09Z, summary "2 failed"`,
		`expected an episode that is not there: group {host="a"}`,
		`expected an episode that is not there: group {}, count 3; episode not expected: group {host="a"}, count 2, started 2026-03-02T10:00:00Z, summary "2 failed"`,
		`expected an episode that is not there: group {host="a"}`,
		"",
	}
	for i, res := range results {
		if have := strings.Join(res.Faults, "; "); have != want[i] || res.Passed() != (want[i] == "") {
			t.Errorf("%s: have %s\nwant %s", res.Test.Name, have, want[i])
		}
	}
}
