package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foghorn/pipeline/ops"
)

const goodRule = `rules:
  - id: a
    title: A
    severity: low
    match: failed
    tests:
      - { name: fires, lines: 2026-03-02T10:00:00Z failed, expect: [ { count: COUNT } ] }
`

// rules check and rules test exit with 0 when all is well, 1 for faults and failed tests,
// 2 for files that cannot be read and wrong usage.
func TestRulesCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.yml", strings.Replace(goodRule, "COUNT", "1", 1))
	failing := write("failing.yml", strings.Replace(goodRule, "COUNT", "2", 1))
	faulty := write("faulty.yml", "rules:\n  - { id: a, title: A, severity: grave, match: '(x' }\n")
	tests := []struct {
		name string
		args []string
		code int
		want []string // in the output
	}{
		{"check", []string{"check", good}, 0, []string{"1 rules with 1 tests: no faults\n"}},
		{"check a fault", []string{"check", faulty}, 1, []string{
			faulty + ":2:34: rules[0].severity: expected one of low, medium, high, critical, found \"grave\"\n",
			faulty + ":2:51: rules[0].match: ",
		}},
		{"check a fault as JSON", []string{"check", "--json", faulty}, 1, []string{`"line":2,"column":34,"path":"rules[0].severity"`}},
		{"check a file that is not there", []string{"check", filepath.Join(dir, "none.yml")}, 2, nil},
		{"check nothing", []string{"check"}, 2, nil},
		{"test", []string{"test", "-v", good}, 0, []string{"good.yml:7:", ": a: fires: passed\n1 tests passed, 0 failed; 0 of 1 rules have no test\n"}},
		{"test that fails", []string{"test", failing}, 1, []string{"expected an episode that is not there: group {}, count 2\n", "episode not expected", "0 tests passed, 1 failed"}},
		{"test a fault", []string{"test", faulty}, 1, []string{":2:34: "}},
		{"test the pack", []string{"test", filepath.Join("..", "packs")}, 0, []string{" 0 failed; 0 of "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cmd := Command()
			var out bytes.Buffer
			cmd.SetOut(&out)
			cmd.SetErr(&out)
			cmd.SilenceUsage, cmd.SilenceErrors = true, true
			cmd.SetArgs(test.args)
			err := cmd.Execute()
			have := 0
			var code ops.ExitCode
			if errors.As(err, &code) {
				have = int(code)
			} else if err != nil {
				have = int(ops.ExitError)
			}
			if have != test.code {
				t.Errorf("have exit code %d (%v), want %d\n%s", have, err, test.code, out.String())
			}
			for _, w := range test.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("have %s\nwant %s", out.String(), w)
				}
			}
		})
	}
	t.Run("test as JSON", func(t *testing.T) {
		cmd := Command()
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetArgs([]string{"test", "--json", good})
		if err := cmd.Execute(); err != nil {
			t.Fatal(err)
		}
		var res struct {
			Passed    bool
			Anomalies []map[string]any
		}
		if err := json.Unmarshal(out.Bytes(), &res); err != nil || !res.Passed || len(res.Anomalies) != 1 {
			t.Errorf("have %s (%v)", out.String(), err)
		}
	})
}
