package check

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline/ops"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The tests of formats: what the commands print, and their exit codes.
func TestFormats(t *testing.T) {
	tests := []struct {
		golden string
		args   []string
		code   int
	}{
		{"check.txt", []string{"check", "testdata/rules"}, 0},
		{"test.txt", []string{"test", "-v", "testdata/rules"}, 0},
		{"test_rule_file.txt", []string{"test", "-v", "testdata/rules/orders.yml"}, 0},
		{"test_json.txt", []string{"test", "--json", "testdata/rules/patterns"}, 0},
		{"test_failing.txt", []string{"test", "testdata/failing"}, 1},
		{"test_failing_json.txt", []string{"test", "--json", "testdata/failing"}, 1},
	}
	for _, test := range tests {
		t.Run(test.golden, func(t *testing.T) {
			cmd := Command()
			var out bytes.Buffer
			cmd.SetOut(&out)
			cmd.SilenceUsage, cmd.SilenceErrors = true, true
			cmd.SetArgs(test.args)
			err := cmd.Execute()
			var code ops.ExitCode
			if err != nil && !errors.As(err, &code) || int(code) != test.code {
				t.Errorf("have exit code %d (%v), want %d", code, err, test.code)
			}
			path := filepath.Join("testdata", "golden", test.golden)
			if *update {
				if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}
