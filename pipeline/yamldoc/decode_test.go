package yamldoc

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

type sample struct {
	Name  string            `yaml:"name"`
	Count int               `yaml:"count"`
	On    bool              `yaml:"on"`
	Keep  Duration          `yaml:"keep"`
	Plain time.Duration     `yaml:"plain"`
	Size  Bytes             `yaml:"size"`
	List  []string          `yaml:"list"`
	Map   map[string]string `yaml:"map"`
	Inner struct {
		Ratio float64 `yaml:"ratio"`
	} `yaml:"inner"`
}

func TestDecodeFillsWhatTheFileSaysAndKeepsTheRest(t *testing.T) {
	have := sample{Name: "default", Count: 7}
	doc, err := Decode("f.yml", []byte("count: 3\non: true\nkeep: 7d\nplain: 1m30s\nsize: 64MiB\nlist: [a, 'b c']\nmap: {x: 1}\ninner:\n  ratio: 0.5\n"), &have)
	if err != nil {
		t.Fatal(err)
	}
	want := sample{Name: "default", Count: 3, On: true, Keep: Duration(7 * 24 * time.Hour), Plain: 90 * time.Second, Size: 64 << 20,
		List: []string{"a", "b c"}, Map: map[string]string{"x": "1"}}
	want.Inner.Ratio = 0.5
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
	if f := doc.Fault("inner.ratio", "bad"); f.Error() != "f.yml:9:10: inner.ratio: bad" {
		t.Errorf("place of a key: %v", f)
	}
	if f := doc.Fault("inner.other", "bad"); f.Line != 9 {
		t.Errorf("place of a key that is absent is its parent's: %v", f)
	}
}

func TestDecodeReportsAllFaultsAtOnceWithLineAndColumn(t *testing.T) {
	_, err := Decode("f.yml", []byte("nam: x\ncount: many\nkeep: soon\nplain: 5x\nlist: one\nsize: [1]\ninner: {ratio: 1, rate: 2}\non: 1\n"), &sample{})
	want := strings.TrimSpace(`
f.yml:1:1: nam: unknown key; known here: count, inner, keep, list, map, name, on, plain, size
f.yml:2:8: count: expected a whole number, found "many"
f.yml:3:7: keep: expected a duration such as "30s", "5m" or "7d", found "soon"
f.yml:4:8: plain: expected a duration such as "30s", "5m" or "7d", found "5x"
f.yml:5:7: list: expected a list, found "one"
f.yml:6:7: size: expected a value, found a list
f.yml:7:19: inner.rate: unknown key; known here: ratio
f.yml:8:5: on: expected true or false, found "1"`)
	if err == nil {
		t.Fatal("no error")
	}
	if d := cmp.Diff(want, err.Error()); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
}

// A colon without a blank behind it is text, in brackets within braces too.
func TestAColonInText(t *testing.T) {
	const key = "f.yml:*: list[0]: expected text, found keys with values"
	for _, test := range []struct{ text, want, fault string }{
		{"inner: {ratio: 1}\nlist: [kafka:9092, b:1]", "kafka:9092 b:1", ""},
		{"{list: [kafka:9092,b.example.org:1, 10.0.0.1:9, 'c:3', x:y:z]}", "kafka:9092 b.example.org:1 10.0.0.1:9 c:3 x:y:z", ""},
		{"{list: [kafka: 9092]}", "", key},
		{"{list: [{kafka:9092}]}", "", key},
		{"{list: ['kafka':9092]}", "", key},
	} {
		var have sample
		_, err := Decode("f.yml", []byte(test.text), &have)
		if test.fault != "" {
			if err == nil || !strings.HasSuffix(err.Error(), test.fault[len("f.yml:*"):]) {
				t.Errorf("%s: error %v, want %s", test.text, err, test.fault)
			}
		} else if list := strings.Join(have.List, " "); err != nil || list != test.want {
			t.Errorf("%s: have %q, error %v, want %q", test.text, list, err, test.want)
		}
	}
}

func TestDecodeSyntaxAndDuplicates(t *testing.T) {
	for name, text := range map[string]string{
		"syntax":    "a: [1",
		"duplicate": "name: a\nname: b\n",
		"two":       "name: a\n---\nname: b\n",
	} {
		_, err := Decode("f.yml", []byte(text), &sample{})
		if err == nil || !strings.HasPrefix(err.Error(), "f.yml:") {
			t.Errorf("%s: have %v, want a fault with its place", name, err)
		}
	}
}

func TestUnitsComeBackAsTheyWereWritten(t *testing.T) {
	v := struct {
		D []Duration
		B []Bytes
	}{
		D: []Duration{Duration(time.Hour), Duration(90 * time.Second), Duration(50 * time.Millisecond), 0},
		B: []Bytes{0, 64 << 20, 5_000_000, 123},
	}
	out, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	want := "d:\n- 1h\n- 1m30s\n- 50ms\n- 0s\nb:\n- 0B\n- 64MiB\n- 5MB\n- 123B\n"
	if d := cmp.Diff(want, string(out)); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: a\nlist: [a]\ninner: {ratio: 1}"))
	f.Add([]byte("a: &x [*x]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := Decode("f.yml", data, &sample{})
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
