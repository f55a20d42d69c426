package templates

import (
	"encoding/json"
	"testing"
)

// AppendJSON appends the bytes that json.Marshal makes of the Entry.
func TestAppendJSONIsTheEntry(t *testing.T) {
	checkJSON(t, bytesOf("took 1 ms", "took 2 s", "eth0: link \"up\" <&> \u2028 mode=ro", "nodes an14 an15 an16 left", "1, 2, 3 done",
		"日本 \x01 x \xff\xfe", "a\tb (1.16 KB)", "core.2275 of node-129", "key=\"two words\" and 'one'", "é\x80 half",
		"session opened for user root", "session opened for user news", "session opened for user alice", "session opened for user bob",
		"session opened for user carol", "session opened for user dave"), 10)
	if have, err := New(DefaultConfig()).AppendJSON(nil, Ref{}); err != nil || len(have) != 0 {
		t.Errorf("the zero Ref: %q, %v", have, err)
	}
}

// AppendJSON appends the bytes that json.Marshal makes of the Entry, for templates of 16
// systems.
func TestAppendJSONOfSystems(t *testing.T) {
	lines, _ := mixed(t)
	checkJSON(t, lines, 500)
}

func checkJSON(t *testing.T, lines [][]byte, least int) {
	t.Helper()
	m := New(DefaultConfig())
	var s Scratch
	refs := make(map[Ref]bool)
	for _, l := range lines {
		refs[m.Add(l, &s)] = true
	}
	if len(refs) < least {
		t.Fatalf("%d templates", len(refs))
	}
	for ref := range refs {
		e, _ := m.Entry(ref)
		e.Count, e.Part = 0, ""
		want, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		have, err := m.AppendJSON([]byte("before"), ref)
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != "before"+string(want) {
			t.Errorf("\nwant %s\nhave %s", want, have)
		}
	}
}

func bytesOf(lines ...string) (out [][]byte) {
	for _, l := range lines {
		out = append(out, []byte(l))
	}
	return out
}
