package discover

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScan(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"a.log", "b.log", "b.log.1", "c.log.gz", "wtmp", "web/access.log", "web/x/y/deep.log", "[odd].log"} {
		p = filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(p), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"0link.log": "b.log", "loop": ".", "self.log": "self.log", "dangling.log": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.log"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		patterns []string
		exclude  []string
		want     []string
		problems []string
	}{
		{"one path", []string{"a.log"}, nil, []string{"a.log"}, nil},
		{"absent path", []string{"none.log", "a.log/x", "none/x"}, nil, nil, nil},
		{"star: names before links", []string{"*.log"}, nil, []string{"[odd].log", "a.log", "b.log", "0link.log"}, []string{"self.log"}},
		{"twice matched, once found", []string{"a.log", "a*"}, nil, []string{"a.log"}, nil},
		{"two stars", []string{"**/*.log"}, []string{"self.log"}, []string{"[odd].log", "a.log", "b.log", "web/access.log", "web/x/y/deep.log", "0link.log"}, nil},
		{"two stars at the end", []string{"web/**"}, nil, []string{"web/access.log", "web/x/y/deep.log"}, nil},
		{"two stars in the middle", []string{"**/y/*.log"}, nil, []string{"web/x/y/deep.log"}, nil},
		{"through a link that is named", []string{"loop/a.log"}, nil, []string{"loop/a.log"}, nil},
		{"exclude by name", []string{"*"}, []string{"*.gz", "wtmp", "*link*", "self*", "b*"}, []string{"[odd].log", "a.log"}, nil},
		{"escaped", []string{`\[odd\].log`}, nil, []string{"[odd].log"}, nil},
		{"exclude by path", []string{"**/*.log"}, []string{"self.log", "0*", "/**/web/**"}, []string{"[odd].log", "a.log", "b.log"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			patterns := make([]string, len(c.patterns))
			for i, p := range c.patterns {
				patterns[i] = filepath.Join(dir, p)
			}
			found, problems := Scan(patterns, c.exclude)
			var have, bad []string
			for _, f := range found {
				have = append(have, strings.TrimPrefix(f.Path, dir+"/"))
			}
			for _, p := range problems {
				bad = append(bad, strings.TrimPrefix(p.Path, dir+"/"))
			}
			if d := cmp.Diff(c.want, have); d != "" {
				t.Errorf("found (-want +have):\n%s", d)
			}
			if d := cmp.Diff(c.problems, bad); d != "" {
				t.Errorf("problems (-want +have):\n%s", d)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for pattern, ok := range map[string]bool{
		"/var/log/*.log": true, "/var/**/x": true, "relative/*.log": false, "/var/[": false, "": false,
	} {
		if err := Check(pattern); (err == nil) != ok {
			t.Errorf("%q: want ok %v, have %v", pattern, ok, err)
		}
	}
}
