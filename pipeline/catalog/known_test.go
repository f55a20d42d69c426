package catalog

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/templates"
)

// A reader reads what json.Unmarshal reads into a Template.
func TestReaderReadsWhatJSONReads(t *testing.T) {
	b := newBench(t, DefaultConfig())
	for _, line := range []string{
		"took 1 ms", "took 2 s", "eth0: link \"up\" <&> \u2028 mode=ro", "nodes an14 an15 an16 left", "1, 2, 3 done", "日本 \x01 x", "a\tb (1.16 KB)",
		"session opened for user root", "session opened for user news",
	} {
		b.mine(day.Add(time.Millisecond), line)
	}
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
		b.mine(day, "session opened for user "+name)
	}
	var r reader
	have := templates.New(templates.DefaultConfig())
	want := templates.New(templates.DefaultConfig())
	n := 0
	for _, m := range b.flush(0) {
		var parsed Template
		if err := json.Unmarshal(m.Value, &parsed); err != nil {
			continue // progress
		}
		read, err := r.read(m.Value, templates.DefaultConfig())
		if err != nil {
			t.Fatalf("%s: %v", m.Value, err)
		}
		if read.ID() != parsed.ID || !read.first.Equal(parsed.FirstSeen) || read.sample != parsed.Sample {
			t.Errorf("%s: have %s, %v, %q", m.Value, read.ID(), read.first, read.sample)
		}
		if err := want.Merge([]templates.Entry{parsed.Entry}); err != nil {
			t.Error(err)
		}
		if err := have.Learn([]*templates.Knowledge{read.Knowledge}); err != nil {
			t.Error(err)
		}
		n++
	}
	if n < 8 {
		t.Errorf("only %d templates", n)
	}
	if diff := cmp.Diff(want.Export(), have.Export()); diff != "" {
		t.Errorf("(-json +reader):\n%s", diff)
	}
}

// What is no record of a template is refused.
func TestReaderRefuses(t *testing.T) {
	for name, value := range map[string]string{
		"no JSON": `{"id"`, "no object": `[]`, "no id": `{"slots":[{"k":1,"t":"YQ=="}]}`,
		"a kind too large":   `{"id":"d24ec4f1a98c6e5b","slots":[{"k":257,"t":"YQ=="}]}`,
		"a prefix too large": `{"id":"d24ec4f1a98c6e5b","slots":[{"k":1,"p":4294967296,"t":"YQ=="}]}`,
		"no base64":          `{"id":"d24ec4f1a98c6e5b","slots":[{"k":1,"t":"!"}]}`,
		"no time":            `{"id":"d24ec4f1a98c6e5b","first_seen":"today","slots":[{"k":1,"t":"YQ=="}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			var r reader
			if k, err := r.read([]byte(value), templates.DefaultConfig()); err == nil {
				t.Errorf("read as %+v", k)
			}
		})
	}
	var r reader // the same record without a fault
	if _, err := r.read([]byte(`{"id":"d24ec4f1a98c6e5b","slots":[{"k":1,"t":"YQ=="}]}`), templates.DefaultConfig()); err != nil {
		t.Error(err)
	}
}

// Counts that cannot be read are told once, when someone asks for them, and are none.
func TestCountsThatCannotBeRead(t *testing.T) {
	board := NewBoard(DefaultConfig(), nil, zerolog.Nop())
	board.take([]pipeline.Message{
		{Key: []byte("counts/0/0/300"), Value: []byte(`{"services":7}`)},
		{Key: []byte("counts/0/300/300"), Value: []byte(`{"services":{"a":{"x":{"n":2,"last":2}}}}`)},
	})
	for range 2 {
		if list := board.List(Query{}); list.Others != 2 {
			t.Errorf("have %+v, want 2 lines", list)
		}
	}
	if s := board.Stats(); s.Bad != 1 || s.Spans != 2 {
		t.Errorf("have %+v, want one bad record", s)
	}
}

// A record of a template is what json.Marshal writes of a Template: processors tell by its
// hash whether they know the same.
func TestRecordIsJSONOfTemplate(t *testing.T) {
	b := newBench(t, DefaultConfig())
	for _, at := range []time.Time{day, time.Unix(0, 0), day.Add(123456700)} {
		b.mine(at, "took 1 ms <&> \"x\" \u2028 é "+at.String())
	}
	b.mine(day, "open mode=ro")
	n := 0
	for _, m := range b.flush(0) {
		var parsed Template
		if err := json.Unmarshal(m.Value, &parsed); err != nil || parsed.ID == "" {
			continue // progress
		}
		n++
		want, err := json.Marshal(&parsed)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Value) != string(want) {
			t.Errorf("\nwant %s\nhave %s", want, m.Value)
		}
	}
	if n < 2 {
		t.Errorf("%d records", n)
	}
}
