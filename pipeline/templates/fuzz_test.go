package templates

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// fill puts values between a template's parts.
func fill(parts []string, values []string) string {
	var b strings.Builder
	for i, p := range parts {
		b.WriteString(p)
		if i < len(values) {
			b.WriteString(values[i])
		}
	}
	return b.String()
}

// oneSpace takes every run of white space as one space, and none at the ends.
func oneSpace(s string) string {
	return string(bytes.Join(bytes.FieldsFunc([]byte(s), func(r rune) bool {
		return r < 0x80 && classes[r] == space
	}), []byte(" ")))
}

// checkFill: the parts of a template filled with a message's variables are the message,
// with every run of white space taken as one space.
func checkFill(t *testing.T, m *Miner, s *Scratch, ref Ref, msg []byte) {
	t.Helper()
	tpl, ok := m.Template(ref)
	if !ok {
		t.Fatalf("message %q has no template", msg)
	}
	var values []string
	for _, v := range m.Variables(ref, s, nil) {
		if v.Start < 0 || v.Start > v.End || v.End > len(msg) {
			t.Fatalf("message %q: variable at %d:%d", msg, v.Start, v.End)
		}
		values = append(values, string(msg[v.Start:v.End]))
	}
	if len(values)+1 != len(tpl.Parts) {
		t.Fatalf("message %q: %d variables %q for template %q", msg, len(values), values, tpl.Text)
	}
	if want, have := oneSpace(string(msg)), oneSpace(fill(tpl.Parts, values)); want != have {
		t.Fatalf("template %q filled with %q:\nwant %q\nhave %q", tpl.Text, values, want, have)
	}
	if tpl.Text != strings.Join(tpl.Parts, Wildcard) {
		t.Fatalf("text %q is not the parts %q", tpl.Text, tpl.Parts)
	}
}

func FuzzAdd(f *testing.F) {
	for _, seed := range []string{
		"", " ", "a", "\x00\x01\x02", "a <*> b", "10.0.0.1:80:Got 1, 2,3 4 (5 KB) 6 bytes (7 KB)",
		"at Fri Jun 17 07:07:00 PDT 2005 () [] =[] = {}", "an1 an2 an3 x=an4 y='a b' z=\"\"",
		"http://a/b?c=d, /e?f=g. node-12 core.13 v1.2 lifetime <1 sec <5>", "a..b...1 ::x:: -- **** \xff\xfe",
		"k=v k = w (true) null 0x1F \\?\\C:\\a\\*b _1 -1 +1 .1 :1 @1 a@b a@1", "x\ty\r\nz\v\f", "Jun 1 2 3", "Mon Jan 1",
	} {
		f.Add([]byte(seed), []byte(seed+" again 7"))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		cfg := DefaultConfig()
		cfg.MaxTokens, cfg.MaxTemplates = 20, 16
		m := New(cfg)
		var s Scratch
		for range 2 {
			for _, msg := range [][]byte{a, b, a} {
				for _, line := range bytes.Split(msg, []byte("\n")) {
					ref := m.Add(line, &s)
					checkFill(t, m, &s, ref, line)
				}
			}
		}
		if err := New(cfg).Merge(m.Export()); err != nil {
			t.Fatal(err)
		}
	})
}

// Any bytes have a template, and the parts filled with the variables are the message.
func TestFillLabelled(t *testing.T) {
	lines, _ := mixed(t)
	m := New(DefaultConfig())
	var s Scratch
	for range 2 {
		for _, line := range lines {
			ref := m.Add(line, &s)
			checkFill(t, m, &s, ref, line)
		}
	}
}

// Entries of any content do no harm: the messages mined after them fill their templates.
func FuzzMerge(f *testing.F) {
	for _, msg := range []string{"took 5 ms for eth0 at node-7", `a="b c" d=e (f) [1, 2,3]`, "a b c"} {
		m := New(DefaultConfig())
		m.Add([]byte(msg), new(Scratch))
		b, err := json.Marshal(m.Export())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, []byte(msg))
	}
	f.Fuzz(func(t *testing.T, state, msg []byte) {
		var entries []Entry
		if json.Unmarshal(state, &entries) != nil {
			return
		}
		for i := range entries {
			slots := make([]slot, len(entries[i].Slots))
			for k, es := range entries[i].Slots {
				if !es.whole() {
					return
				}
				slots[k] = es.slot()
			}
			entries[i].ID = newTemplate(skeleton(slots, -1), slots).name
		}
		m := New(DefaultConfig())
		// Faults are told; what matters is what stays.
		_ = m.Merge(entries)
		var s Scratch
		if ref, ok := m.Match(msg, &s); ok {
			m.Variables(ref, &s, nil)
		}
		checkFill(t, m, &s, m.Add(msg, &s), msg)
		if err := New(DefaultConfig()).Merge(m.Export()); err != nil {
			t.Fatal(err)
		}
	})
}
