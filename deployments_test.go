package main

import (
	"os"
	"strings"
	"testing"
)

// Every configuration among the deployment examples is one that the program takes.
func TestDeploymentsConfigurations(t *testing.T) {
	for _, test := range []struct{ file, before string }{
		{"deployments/config/foghorn.yml", ""},
		{"deployments/docker/compose.yml", "    content: |\n"},
		{"deployments/kubernetes/daemonset.yml", "  foghorn.yml: |\n"},
	} {
		data, err := os.ReadFile(test.file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if test.before != "" {
			_, rest, ok := strings.Cut(text, test.before)
			if !ok {
				t.Errorf("%s has no %q", test.file, test.before)
				continue
			}
			text = block(rest)
		}
		if _, err := ParseConfig(test.file, []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// block returns the lines of a YAML block, without their indent.
func block(text string) string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var out strings.Builder
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(line, indent)
		if !ok {
			break
		}
		out.WriteString(line)
	}
	return out.String()
}
