package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// importRules is the import table: which packages of ours a package may import, by
// prefix. The first rule whose prefix fits a package counts.
var importRules = []struct {
	pkg    string
	may    []string
	reason string
}{
	{"pipeline", nil, "the contract root imports nothing of ours"},
	{"pipeline/", []string{"pipeline"}, "the spine knows none of the parts that stand on it"},
	{"shipper", []string{"pipeline", "shipper"}, "a shipper runs alone on a server"},
	{"rules", []string{"pipeline"}, "the contract root of the rules never imports its implementations"},
	{"rules/", []string{"pipeline", "rules"}, "rules see events and matches, not files or indexes"},
	{"indexer", []string{"pipeline", "indexer"}, "the index is fed by the bus alone"},
	{"deployments", []string{"pipeline", "shipper", "indexer", "rules", "deployments"}, "trials and end-to-end runs may use all"},
	{"main", []string{"pipeline", "shipper", "indexer", "rules", "deployments"}, "only main knows all"},
}

// kafkaClients may be imported below pipeline/kafka only: everything else speaks to Kafka
// through pipeline.Source, Claim and Sink.
var kafkaClients = []string{"github.com/segmentio/kafka-go", "github.com/twmb/franz-go"}

type goFile struct {
	path, pkg string // pkg is the folder, "main" for the root
	test      bool
	imports   []string
	doc       string
	name      string
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); p != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		f := goFile{path: filepath.ToSlash(p), pkg: path.Dir(filepath.ToSlash(p)), test: strings.HasSuffix(p, "_test.go"), name: parsed.Name.Name, doc: parsed.Doc.Text()}
		if f.pkg == "." {
			f.pkg = "main"
		}
		for _, imp := range parsed.Imports {
			f.imports = append(f.imports, strings.Trim(imp.Path.Value, `"`))
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d Go files found: is this the project's root?", len(files))
	}
	return files
}

func fits(pkg, prefix string) bool {
	if strings.HasSuffix(prefix, "/") {
		return strings.HasPrefix(pkg, prefix)
	}
	return pkg == prefix
}

func TestImportTable(t *testing.T) {
	for _, f := range goFiles(t) {
		top := strings.SplitN(f.pkg, "/", 2)[0]
		for _, imp := range f.imports {
			for _, k := range kafkaClients {
				if strings.HasPrefix(imp, k) && !strings.HasPrefix(f.pkg, "pipeline/kafka") {
					t.Errorf("%s imports %s: a Kafka client is named below pipeline/kafka only", f.path, k)
				}
			}
			ours, ok := strings.CutPrefix(imp, "foghorn/")
			if !ok {
				continue
			}
			checked := false
			for _, r := range importRules {
				if !fits(f.pkg, r.pkg) && !(r.pkg == top && !hasExact(f.pkg)) {
					continue
				}
				checked = true
				allowed := f.test && ours == f.pkg // an external test of the package itself
				for _, may := range r.may {
					allowed = allowed || ours == may || strings.HasPrefix(ours, may+"/")
				}
				// An external test of a contract root may use real parts below it.
				if !allowed && f.test && strings.HasPrefix(ours, top+"/") && strings.HasSuffix(f.name, "_test") {
					allowed = true
				}
				if !allowed {
					t.Errorf("%s imports %s: %s", f.path, imp, r.reason)
				}
				break
			}
			if !checked {
				t.Errorf("%s: no import rule covers %s", f.path, f.pkg)
			}
		}
	}
}

// hasExact says whether a package has a rule of its own.
func hasExact(pkg string) bool {
	for _, r := range importRules {
		if fits(pkg, r.pkg) {
			return true
		}
	}
	return false
}

func TestEveryPackageHasAComment(t *testing.T) {
	has, seen := map[string]bool{}, map[string]bool{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		seen[f.pkg] = true
		for _, word := range []string{"Package ", "Command "} {
			if strings.HasPrefix(f.doc, word) {
				has[f.pkg] = true
			}
		}
	}
	for pkg := range seen {
		if !has[pkg] {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

func TestNoInitFunctionsAndNoBlankImports(t *testing.T) {
	initFunc := regexp.MustCompile(`(?m)^func init\(\)`)
	blank := regexp.MustCompile(`(?m)^\s*(import )?_ "([^"]+)"`)
	for _, f := range goFiles(t) {
		text, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		if initFunc.Match(text) {
			t.Errorf("%s has an init function", f.path)
		}
		for _, m := range blank.FindAllSubmatch(text, -1) {
			if string(m[2]) != "embed" {
				t.Errorf("%s imports %s for its side effects", f.path, m[2])
			}
		}
	}
}

func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skip("SKIPPED: no git checkout here, so the tree is unknown:", err)
	}
	return strings.Fields(string(out))
}

func TestTopLevel(t *testing.T) {
	allowed := regexp.MustCompile(`^([a-z_]+\.go|go\.(mod|sum)|Makefile|README\.md|LICENSE|CHANGELOG\.md|\.[^/]+(/.*)?|(shipper|pipeline|indexer|rules|deployments)/.*)$`)
	for _, f := range tracked(t) {
		if !allowed.MatchString(f) {
			t.Errorf("%s: outside the fixed top level", f)
		}
	}
}

// TestReadmeFolderMap: the README's folder map lists exactly the folders that hold code,
// rules or deployment files, down to the second level.
func TestReadmeFolderMap(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := bytes.Cut(readme, []byte("<!-- folder map -->\n```\n"))
	block, _, ok2 := bytes.Cut(rest, []byte("```"))
	if !ok || !ok2 {
		t.Fatal("README.md has no folder map behind <!-- folder map -->")
	}
	var have []string
	for line := range strings.Lines(string(block)) {
		if f := strings.Fields(line); len(f) > 0 && strings.HasSuffix(f[0], "/") {
			have = append(have, strings.TrimSuffix(f[0], "/"))
		}
	}
	want := map[string]bool{}
	for _, f := range tracked(t) {
		if strings.HasPrefix(f, ".") {
			continue
		}
		for dir := path.Dir(f); dir != "."; dir = path.Dir(dir) {
			if strings.Count(dir, "/") < 2 && path.Base(dir) != "testdata" {
				want[dir] = true
			}
		}
	}
	var wanted []string
	for d := range want {
		wanted = append(wanted, d)
	}
	sort.Strings(wanted)
	sort.Strings(have)
	if d := cmp.Diff(wanted, have); d != "" {
		t.Errorf("README's folder map is not the tree (-tree +README)\n%s", d)
	}
}
