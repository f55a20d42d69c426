package file_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline/pattern"
	"foghorn/rules"
	"foghorn/rules/file"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	return dir
}

const (
	orders   = "patterns:\n  ORDER_ID: 'ord-[0-9a-f]{8}'\n"
	shop     = "formats:\n  - name: shop\n    match: '^%{ORDER_ID:order.id} %{GREEDYDATA:message}$'\n"
	extracts = "rules:\n  - {id: a, title: t, severity: low, match: paid, group_by: [order], extract: 'paid %{ORDER_ID:order}'}\n"
)

// Files in a folder named patterns hold patterns, all others rules; rules can use the
// patterns. Of a single file the patterns are those of the folder patterns beside it.
func TestPatternsOfAFolder(t *testing.T) {
	dir := folder(t, map[string]string{"a.yml": extracts, "patterns/orders.yml": orders, "patterns/shop.yml": shop})
	for name, paths := range map[string][]string{
		"the folder":      {dir},
		"a rule file":     {filepath.Join(dir, "a.yml")},
		"a pattern file":  {filepath.Join(dir, "patterns", "shop.yml")},
		"pattern folder":  {filepath.Join(dir, "patterns")},
		"one thing twice": {dir, filepath.Join(dir, "a.yml"), filepath.Join(dir, "patterns", "orders.yml")},
	} {
		t.Run(name, func(t *testing.T) {
			have, err := file.Load(paths...)
			if err != nil {
				t.Fatal(err)
			}
			type counts struct{ Rules, Names, Known, Asked int }
			want := map[string]counts{
				"the folder": {1, 1, 1, 1}, "a rule file": {1, 1, 1, 0}, "a pattern file": {0, 1, 1, 1},
				"pattern folder": {0, 1, 1, 1}, "one thing twice": {1, 1, 1, 1},
			}[name]
			if diff := cmp.Diff(want, counts{len(have.Rules), have.Patterns.Names(), len(have.Patterns.Formats()), len(have.Formats)}); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
			for _, r := range have.Rules {
				if m := r.Extract[0].RE.FindStringSubmatch("was paid ord-00c0ffee today"); m == nil || m[1] != "ord-00c0ffee" {
					t.Errorf("the rule's extract found %q", m)
				}
			}
		})
	}
	set, err := file.LoadPatterns(dir)
	if err != nil || set.Format("shop") == nil {
		t.Errorf("LoadPatterns: have %+v, error %v", set, err)
	}
}

// All faults of pattern files and rule files are told at once; a format cannot have the
// name of a built-in one.
func TestFaultsOfPatternsAndRules(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.yml":           simple("a", "(one"),
		"b.yml":           extracts,
		"patterns/p.yml":  "patterns:\n  ORDER_ID: 'ord-[0-9'\n",
		"patterns/q.yml":  strings.Replace(shop, "name: shop", "name: json", 1),
		"patterns/r.yaml": "rules: []\n",
	})
	_, err := file.Load(dir)
	if err == nil {
		t.Fatal("no fault was found")
	}
	want := []string{
		dir + "/a.yml:2:", dir + "/b.yml:2:", dir + "/patterns/p.yml:2:18: patterns.ORDER_ID: expected a grok pattern",
		dir + `/patterns/q.yml:2:11: formats[0].name: the name "json" is taken by the built-in format of this name`,
		dir + "/patterns/q.yml:3:13: formats[0].match: expected a grok pattern",
		dir + "/patterns/r.yaml:1:1: rules: unknown key; known here: formats, patterns",
	}
	have := strings.Split(err.Error(), "\n")
	if len(have) != len(want) {
		t.Fatalf("have\n%s\nwant\n%s", err, strings.Join(want, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(have[i], want[i]) {
			t.Errorf("have %s\nwant %s", have[i], want[i])
		}
	}
}

// A rule changes with the patterns of one's own that it uses, and with no others.
func TestRevisionFollowsPatterns(t *testing.T) {
	revision := func(patterns, rule string) string {
		list, err := file.Load(folder(t, map[string]string{"a.yml": rule, "patterns/p.yml": patterns}))
		if err != nil {
			t.Fatal(err)
		}
		return list.Rules[0].Revision
	}
	longer := strings.Replace(orders, "{8}", "{9}", 1)
	if revision(orders, extracts) == revision(longer, extracts) {
		t.Error("another pattern, the same revision")
	}
	if revision(orders, simple("a", "x")) != revision(longer, simple("a", "x")) {
		t.Error("a rule that uses no pattern has another revision")
	}
}

// The Watcher puts patterns in force together with the rules; while any file has a fault,
// the patterns that were in force stay, and the fault is logged with line and column.
func TestWatcherOfPatterns(t *testing.T) {
	dir := folder(t, map[string]string{"a.yml": extracts, "patterns/orders.yml": orders})
	set, err := file.LoadSet(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	patterns, err := file.LoadPatterns(dir)
	if err != nil {
		t.Fatal(err)
	}
	live := rules.NewLive(set)
	cfg := file.DefaultWatchConfig(dir)
	cfg.Interval, cfg.Patterns = time.Millisecond, pattern.NewLive(patterns)
	var log safe
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- file.NewWatcher(cfg, nil, live, zerolog.New(&log)).Run(ctx) }()

	path := filepath.Join(dir, "patterns", "shop.yml")
	write(t, path, shop)
	eventually(t, "a new format is in force", func() bool { return cfg.Patterns.Load().Format("shop") != nil })
	if live.Load() != set {
		t.Error("the rules were swapped though they are the same")
	}
	write(t, path, strings.Replace(shop, "ORDER_ID", "ORDER_IDS", 1))
	eventually(t, "the fault is logged", func() bool {
		return strings.Contains(log.String(), `shop.yml:3:14: formats[0].match: unknown grok pattern`)
	})
	if cfg.Patterns.Load().Format("shop") == nil {
		t.Error("a fault changed the patterns in force")
	}
	write(t, path, "formats: [{name: other, match: '%{WORD:a}'}]\n")
	eventually(t, "the mended file is in force", func() bool { return cfg.Patterns.Load().Format("other") != nil })
	write(t, filepath.Join(dir, "patterns", "orders.yml"), strings.Replace(orders, "{8}", "{9}", 1))
	eventually(t, "a rule follows its pattern", func() bool { return live.Load().Rules()[0].Revision != set.Rules()[0].Revision })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
