package templates

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mine adds the lines and returns the templates' texts with their counts.
func mine(m *Miner, lines ...string) map[string]int64 {
	var s Scratch
	for _, l := range lines {
		m.Add([]byte(l), &s)
	}
	have := make(map[string]int64)
	for _, t := range m.Templates() {
		have[t.Text] += t.Count
	}
	return have
}

func TestMine(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  map[string]int64
	}{
		{
			"values by their look",
			[]string{
				"took 12 ms for 10.0.0.7:8080 at /var/log/x.log",
				"took 7 ms for 10.0.0.8:80 at /tmp/y",
			},
			map[string]int64{"took <*> ms for <*> at <*>": 2},
		},
		{
			"other words are another template",
			[]string{"link up", "link down", "link is up"},
			map[string]int64{"link up": 1, "link down": 1, "link is up": 1},
		},
		{
			"a key's value is constant until a second one is seen",
			[]string{"open mode=ro", "open mode=ro", "close mode=ro", "close mode=rw"},
			map[string]int64{"open mode=ro": 2, "close mode=<*>": 2},
		},
		{
			"a quoted value of a key is one value",
			[]string{`lock tag="View Lock" n=1`, `lock tag="Audio" n=2`},
			map[string]int64{`lock tag="<*>" n=<*>`: 2},
		},
		{
			"a unit is constant until a second one is seen",
			[]string{"used 5 MB, free 5 MB", "used 7 MB, free 9 KB", "sent 900 bytes", "sent 1190 bytes (1.16 KB)"},
			map[string]int64{"used <*> MB, free <*>": 2, "sent <*>": 2},
		},
		{
			"the length of a list is constant until a second one is seen",
			[]string{"fans 1 2 3 ok", "fans 4 5 6 ok", "irqs 1, 2", "irqs 3", "cpu 1,2", "cpu 3,4"},
			map[string]int64{"fans <*> <*> <*> ok": 2, "irqs <*>": 2, "cpu <*>,<*>": 2},
		},
		{
			"names with numbers form lists",
			[]string{"lost hosts an1 an2 an3", "lost hosts an4 an5"},
			map[string]int64{"lost hosts <*>": 2},
		},
		{
			"brackets that hold nothing and a value",
			[]string{"from 10.0.0.1 () now", "from 10.0.0.2 (10.0.0.3) now", "call init() now", "only ()"},
			map[string]int64{"from <*> (<*>) now": 2, "call init() now": 1, "only ()": 1},
		},
		{
			"digits after a word are constant until they vary",
			[]string{"eth0 up", "wlan0 link up", "wlan1 link up", "disk storage442 full"},
			map[string]int64{"eth0 up": 1, "<*> link up": 2, "disk <*> full": 1},
		},
		{
			"digits after a joiner are variable",
			[]string{"node-129 lost", "core.2275 written", "use UTF-8"},
			map[string]int64{"node-<*> lost": 1, "core.<*> written": 1, "use UTF-<*>": 1},
		},
		{
			"times and dates are one value",
			[]string{"until Fri Jun 17 07:07:00 PDT 2005 then", "since 2024-01-02 03:04:05.678 on", "at 2024-01-02T03:04:05Z"},
			map[string]int64{"until <*> then": 1, "since <*> on": 1, "at <*>": 1},
		},
		{
			"users: two are enough after the word user with much text around",
			[]string{
				"session opened for user root by now", "session opened for user news by now", "session opened for user cyrus by now",
			},
			map[string]int64{"session opened for user <*> by now": 3},
		},
		{
			"five words in one place of a long message are values",
			[]string{
				"the job started on node alpha fine", "the job started on node beta fine", "the job started on node gamma fine",
				"the job started on node delta fine", "the job started on node omega fine", "the job started on node psi fine",
			},
			map[string]int64{"the job started on node <*> fine": 6},
		},
		{
			"the first word needs more",
			[]string{"cupsd startup succeeded", "syslogd startup succeeded", "klogd startup succeeded", "hcid startup succeeded", "sdpd startup succeeded"},
			map[string]int64{
				"cupsd startup succeeded": 1, "syslogd startup succeeded": 1, "klogd startup succeeded": 1,
				"hcid startup succeeded": 1, "sdpd startup succeeded": 1,
			},
		},
		{
			"white space is one space",
			[]string{"a  b\tc ", "a b c"},
			map[string]int64{"a b c": 2},
		},
		{"an empty message", []string{"", " "}, map[string]int64{"": 2}},
		{
			"a request line",
			[]string{`10.0.0.1 "GET /a/b?x=1&y=2 HTTP/1.1" status: 200`, `10.0.0.2 "GET / HTTP/2.0" status: 404`},
			map[string]int64{`<*> "GET <*>" status: <*>`: 2},
		},
		{
			"a request's target may hold anything",
			[]string{`"GET /filter/b1,p2|x;y&z HTTP/1.1" 200`, `"GET /filter HTTP/1.1" 404`},
			map[string]int64{`"GET <*>" <*>`: 2},
		},
		{
			"hosts are values, packages and files are names",
			[]string{"no route to mail.example.com now", "ran on db.prod.example.de now", "loaded org.example.mail now", "read main.cpp now"},
			map[string]int64{
				"no route to <*> now": 1, "ran on <*> now": 1, "loaded org.example.mail now": 1, "read main.cpp now": 1,
			},
		},
		{
			"host and port, key and value",
			[]string{"to db-1:5432 ok", "to example.org:80 ok", "size:12 ok", "state.clipTop:7 ok", "10.0.0.1:80:Got it", "[main.go:12] ok", "[ib_x.c:12] ok"},
			map[string]int64{"to <*> ok": 2, "size:<*> ok": 1, "state.clipTop:<*> ok": 1, "<*>:Got it": 1, "[main.go:<*>] ok": 1, "[ib_x.c:<*>] ok": 1},
		},
		{
			"repeated groups are one value in long messages",
			[]string{
				"owners are Map([a,1] -> List(2), [a,3] -> List(4), [a,5] -> List(6)) now",
				"owners are Map([a,1] -> List(2), [a,3] -> List(4), [a,5] -> List(6), [a,7] -> List(8)) now",
			},
			map[string]int64{"owners are Map(<*>) now": 2},
		},
		{
			"less than, arrows, leaders",
			[]string{"in <1 sec", "from 3->4", "address space......0", "<5> kernel"},
			map[string]int64{"in <*> sec": 1, "from <*>-><*>": 1, "address space......<*>": 1, "<<*>> kernel": 1},
		},
		{
			"control characters make a word a value",
			[]string{"a\x01b c", "\x1b[0m c"},
			map[string]int64{"<*> c": 1, "<*>[<*> c": 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, mine(New(DefaultConfig()), c.lines...)); diff != "" {
				t.Errorf("templates (-want +have):\n%s", diff)
			}
		})
	}
}

// What follows MaxTokens tokens is one variable, and so is a word that is very long.
func TestMaxTokens(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxTokens = 4
	long := strings.Repeat("x:y", 1000)
	want := map[string]int64{"a b c d <*>": 2, "a b c d": 1, "<*> is long": 1}
	have := mine(New(cfg), "a b c d e f: g", "a b c d h", "a b c d", long+" is long")
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("templates (-want +have):\n%s", diff)
	}
}

// Beyond MaxTemplates the rarest templates go; a Ref to one of them stays valid.
func TestEvict(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxTemplates = 100
	m := New(cfg)
	var s Scratch
	rare := m.Add([]byte("rare of all"), &s)
	r := rand.New(rand.NewPCG(5, 6))
	var line []byte
	for range 1000 {
		line = randomLine(r, line[:0], 0)
		m.Add(line, &s)
		for _, l := range []string{"often seen 1", "session opened for user root", "session opened for user news", "session opened for user a", "session opened for user b"} {
			m.Add([]byte(l), &s)
		}
	}
	top := m.Templates()[:2]
	if top[0].Text != "session opened for user <*>" || top[0].Count != 4000 || top[1].Text != "often seen <*>" || top[1].Count != 1000 {
		t.Errorf("the frequent templates: %+v", top)
	}
	if have, ok := m.Template(rare); !ok || have.Text != "rare of all" {
		t.Errorf("the Ref: %+v, %v", have, ok)
	}
	if have, ok := m.Lookup(top[0].ID); !ok || have.Text != top[0].Text {
		t.Errorf("Lookup: %+v, %v", have, ok)
	}
	if m.Len() >= cfg.MaxTemplates {
		t.Errorf("%d templates, limit %d", m.Len(), cfg.MaxTemplates)
	}
}

func texts(m *Miner) (out []string) {
	for _, t := range m.Templates() {
		out = append(out, t.ID+" "+t.Text)
	}
	slices.Sort(out)
	return out
}

// On the labelled logs, the order of messages changes no template and no id.
func TestOrder(t *testing.T) {
	lines, _ := mixed(t)
	lines = lines[:len(lines)/2]
	var want []string
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 3 {
		m := New(DefaultConfig())
		var s Scratch
		for range 2 { // the second time all skeletons have been seen
			for _, l := range lines {
				m.Add(l, &s)
			}
		}
		if have := texts(m); round == 0 {
			want = have
		} else if diff := cmp.Diff(want, have); diff != "" {
			t.Fatalf("another order (-want +have):\n%s", diff)
		}
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
}

func TestMatchDoesNotLearn(t *testing.T) {
	m := New(DefaultConfig())
	before := mine(m, "open mode=ro", "took 5 ms")
	var s Scratch
	for _, c := range []struct {
		msg  string
		want string
	}{{"open mode=rw", "open mode=ro"}, {"took 7 s", "took <*> ms"}, {"gone away", ""}} {
		ref, ok := m.Match([]byte(c.msg), &s)
		have, known := m.Template(ref)
		if have.Text != c.want || ok != known || ok != (c.want != "") {
			t.Errorf("%q: want %q, have %q, %v", c.msg, c.want, have.Text, ok)
		}
	}
	if diff := cmp.Diff(before, mine(m)); diff != "" {
		t.Errorf("templates (-want +have):\n%s", diff)
	}
}

// A template's id stays while it is refined; when words become variable, Lookup and
// Template find the new template by what was known of the old.
func TestIDs(t *testing.T) {
	m := New(DefaultConfig())
	var s Scratch
	ref := m.Add([]byte("session opened for user root mode=a"), &s)
	first, _ := m.Template(ref)
	m.Add([]byte("session opened for user root mode=b"), &s)
	second, _ := m.Template(ref)
	if first.ID != second.ID || second.Text != "session opened for user root mode=<*>" {
		t.Errorf("refined: want id %s, have %+v", first.ID, second)
	}
	for _, user := range []string{"news", "cyrus", "test", "alice"} {
		m.Add([]byte("session opened for user "+user+" mode=a"), &s)
	}
	for name, get := range map[string]func() (Template, bool){
		"Template": func() (Template, bool) { return m.Template(ref) },
		"Lookup":   func() (Template, bool) { return m.Lookup(first.ID) },
	} {
		have, ok := get()
		if !ok || have.Text != "session opened for user <*> mode=<*>" || have.Count != 6 || have.ID == first.ID || have.ID != m.ID(ref) {
			t.Errorf("%s: %+v, %v", name, have, ok)
		}
	}
	for _, id := range []string{"", "x", "0000000000000000", first.ID + "0"} {
		if have, ok := m.Lookup(id); ok {
			t.Errorf("Lookup(%q): have %+v", id, have)
		}
	}
	if _, ok := m.Template(Ref{}); ok || m.ID(Ref{}) != "" {
		t.Error("the zero Ref has a template")
	}
}

func TestConfigValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	err := Config{MaxTemplates: 1, MaxTokens: 1_000_000}.Validate()
	want := "max templates is 1: expected 16 to 10000000\nmax tokens is 1000000: expected 4 to 10000\nmax cache is 0: expected 1 to 10000000"
	if err == nil || err.Error() != want {
		t.Errorf("want %q, have %v", want, err)
	}
}
