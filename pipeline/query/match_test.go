package query

import (
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"
)

func TestMatch(t *testing.T) {
	event := &pipeline.Event{
		Host: "web-1", Path: "/var/log/app.log", Service: "Shop", Severity: pipeline.SeverityWarn + 1, SeverityText: "W2", TraceID: "abc123",
		Timestamp: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).UnixNano(), Observed: time.Date(2024, 5, 1, 12, 0, 1, 0, time.UTC).UnixNano(),
		ErrorClass: pipeline.ErrorServer,
		Attrs: []pipeline.Attr{{Key: pipeline.FieldStatus, Value: "503"}, {Key: "duration", Value: "1.50"}, {Key: "user", Value: "Zoë Müller"},
			{Key: "id", Value: "12345678901234567890"}, {Key: "empty", Value: ""}, {Key: "n", Value: "-"}, {Key: "pat", Value: "a*b"}, {Key: "when", Value: "2024-05-01T14:00:00+02:00"}},
		Body: []byte(`Upstream timed out (110: Connection timed out) while connecting to 0x7f: conn, web-42.example “Größe” k8s` + "\xff\x00end"),
	}
	for _, c := range []struct {
		query string
		want  bool
	}{
		{"", true}, {"upstream", true}, {"UPSTREAM", true}, {"stream", false}, {"110", true}, {"11", false}, {"GRÖSSE", false}, {"GRÖßE", true},
		{"k8s", true}, {"\u212a8s", true}, {"end", true},
		{`"connection timed out"`, true}, {`"connection out"`, false}, {`"timed out while"`, true}, {`"out 110 connection"`, true}, {`"stream timed"`, false},
		{`"timed connection"`, false}, {`"while connecting to 0x7f conn web 42 example größe"`, true}, {"web-42", true}, {"web-4", false}, {"k8s.end", true},
		{"'0x7f: conn'", true}, {"'0X7f'", false}, {"'\xff'", true}, {"''", true},
		{"/timed? out/", true}, {"/^Up.*end$/", true}, {"/UPSTREAM/", false}, {"/UPSTREAM/i", true}, {"/(?i)größe/", true}, {"/x|y|web-4\\d/", true}, {"/K8S/i", true},
		{"web-*", true}, {"*stream", true}, {"up*m", true}, {"up*n", false}, {"w?b-4?", true}, {"gr??e", true}, {"gr?e", false}, {"web-*.exam*", true}, {"*.*", true},
		{"upstream AND nothing", false}, {"upstream OR nothing", true}, {"NOT nothing", true}, {"-upstream", false},
		{"level:warn", true}, {"level:WARNING", true}, {"level:>=warn", true}, {"level:>warn", false}, {"level:<error", true}, {"level:[info TO error]", true}, {"level:{warn TO *]", false}, {`level:"warning"`, true},
		{"level:w*", true}, {"severity_number:>=13", true}, {"severity_number:14", true},
		{"status:503", true}, {"status:503.0", true}, {"status:>=500", true}, {"status:>503", false}, {"status:[500 TO 503}", false}, {"status:[500 TO 503]", true}, {"status:>=99", true}, {"status:5*", true}, {"status:50", false},
		{"status:(500 OR 503)", true}, {"duration:1.5", true}, {"duration:<=1.5", true}, {"duration:>1e0", true}, {"duration:0001.5", true},
		{"id:12345678901234567890", true}, {"id:12345678901234567891", false},
		{"host:web-1", true}, {"host:WEB-1", true}, {"host:web", false}, {"host:web-*", true}, {"host:w?b-?", true}, {"host:/^web-\\d$/", true}, {"host:'eb-'", true}, {"host:'EB-'", false},
		{"service:shop", true}, {"path:/var/log/*.log", true}, {`user:"müller"`, true}, {`user:"zoë müller"`, true}, {`user:"mül"`, false}, {`user:zoë\ MÜLLER`, true}, {"user:zo?*", true},
		{"n:>=0", false}, {"n:<0", false}, {"n:\\-", true}, {`pat:a\*b`, true}, {`pat:a\**`, true}, {`pat:a\*c*`, false}, {"user:>a", false}, {"user:>A", true},
		{"missing:x", false}, {"NOT missing:x", true}, {"missing:<5", false}, {"_exists_:empty", false}, {"_exists_:trace_id", true}, {"span_id:*", false},
		{"time:>=2024-05-01T12:00:00Z", true}, {"time:>2024-05-01T14:00:00+02:00", false}, {"time:[2024-05-01T11:59:59.5Z TO *]", true}, {"time:<2024-05-02", true}, {"observed_time:>2024-05-01T12:00:00Z", true},
		{"when:>=2024-05-01T12:00:00Z", true}, {"when:<2024-05-01T12:00:00.1Z", true},
		{"error.class:server", true}, {`body:"timed out"`, true}, {"body:'0x7f'", true}, {"body:/^Up/", true}, {"line:*example*", true},
		{"_grep_:'timed out'", true}, {"_grep_:'-w -- Upstrea'", false}, {"_grep_:'-iw -- upstream'", true}, {`_grep_:'\<web\>'`, true}, {"_grep_:'-x -- Up.*'", false},
	} {
		t.Run(c.query, func(t *testing.T) {
			n, err := Parse(c.query)
			if err != nil {
				t.Fatal(err)
			}
			if have := Compile(n).Match(event); have != c.want {
				t.Errorf("want %v, have %v", c.want, have)
			}
		})
	}
}

// inOrder is the meaning of Word, Phrase and Wildcard, as their contracts put it.
func inOrder(set [][]byte, tests []func([]byte) bool) bool {
	for i := 0; i+len(tests) <= len(set); i++ {
		ok := true
		for j, test := range tests {
			ok = ok && test(set[i+j])
		}
		if ok {
			return true
		}
	}
	return false
}

func TestTextMatchesAsTheWordsOfTheLineSay(t *testing.T) {
	g := random(t, 5, 6)
	matched := 0
	for range 40_000 {
		line := g.text(10)
		var n Node
		var tests []func([]byte) bool
		if g.r.IntN(2) == 0 {
			n = textNode(g.text(3))
			for _, w := range foldedWords(n.String()) {
				tests = append(tests, func(b []byte) bool { return string(b) == w })
			}
			switch n.(type) {
			case Word, Phrase:
			default:
				continue
			}
		} else {
			n = wildcardNode(strings.ReplaceAll(g.text(2), `\`, "") + "*" + strings.ReplaceAll(g.text(1), `\`, "") + "?"[:g.r.IntN(2)])
			w, ok := n.(Wildcard)
			if !ok {
				continue
			}
			for _, part := range wildcardParts(w.Pattern) {
				tests = append(tests, func(b []byte) bool { return slowGlob([]rune(part), []rune(string(b))) })
			}
		}
		want := inOrder(wordSet(line), tests)
		if have := Compile(n).Match(&pipeline.Event{Body: []byte(line)}); have != want {
			t.Fatalf("%#v on %q: want %v, have %v", n, line, want, have)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matched", matched)
	}
}

func slowGlob(pattern, text []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(text) == 0
	case pattern[0] == '*':
		return slowGlob(pattern[1:], text) || len(text) > 0 && slowGlob(pattern, text[1:])
	}
	return len(text) > 0 && (pattern[0] == '?' || pattern[0] == text[0]) && slowGlob(pattern[1:], text[1:])
}

func TestPrefilterAgreesWithRegexp(t *testing.T) {
	g := random(t, 7, 8)
	matched := 0
	for range 3000 {
		r, err := NewRegex(g.expression(), g.r.IntN(2) == 0)
		if err != nil {
			continue
		}
		m := Compile(r)
		for range 20 {
			line := []byte(g.text(8))
			want := r.RE.Match(line)
			if have := m.Match(&pipeline.Event{Body: line}); have != want {
				t.Fatalf("%q on %q: want %v, have %v", r, line, want, have)
			}
			if want {
				matched++
			}
		}
	}
	if matched < 5000 {
		t.Errorf("only %d matched", matched)
	}
}

func TestManyTextsInOnePassFindWhatEachFinds(t *testing.T) {
	g := random(t, 9, 10)
	for range 2000 {
		var nodes []Node
		for range 1 + g.r.IntN(20) {
			if g.r.IntN(2) == 0 {
				nodes = append(nodes, Exact{g.text(3)})
			} else if w, ok := textNode(g.text(2)).(Word); ok {
				nodes = append(nodes, w)
			}
		}
		nodes = slices.DeleteFunc(nodes, func(n Node) bool { return n == Exact{""} && g.r.IntN(20) > 0 })
		m := Compile(Or{nodes})
		for range 10 {
			e := &pipeline.Event{Body: []byte(g.text(6))}
			want := slices.ContainsFunc(nodes, func(n Node) bool { return Compile(n).Match(e) })
			if have := m.Match(e); have != want {
				t.Fatalf("%q on %q: want %v, have %v", Or{nodes}, e.Body, want, have)
			}
		}
	}
}

func TestEqualComparesCanonicalForms(t *testing.T) {
	values := []string{"500", "500.0", "+5e2", "0500", "5", "Ab", "aB", "-0", "0", "0.0", "1.5", "1.50", "15e-1", "12345678901234567890", "9007199254740993", "9007199254740992", "9007199254740993.0",
		"1e400", "É", "é", "\u212a", "k", "\xff", "\xfe", "0x10", "16", "nan", "NaN", "inf", ".", "e5", "1e", "--1", "1.5.2", "warn", "\ufffd"}
	for _, a := range values {
		for _, b := range values {
			want := Canonical(a) == Canonical(b)
			if have := (Field{Name: "f", Value: a}).Matcher()(b); have != want {
				t.Errorf("f:%q on %q: want %v, have %v", a, b, want, have)
			}
		}
	}
	for _, c := range []struct{ value, want string }{{"500.0", "500"}, {"+5e2", "500"}, {"0500", "500"}, {"-0.0", "0"}, {"1.50", "1.5"}, {"É", "é"}, {"12345678901234567890", "12345678901234567890"}, {"1e400", "1e400"}, {"0x1F", "0x1f"}} {
		if have := Canonical(c.value); have != c.want {
			t.Errorf("Canonical(%q): want %q, have %q", c.value, c.want, have)
		}
	}
}

func TestANodeMadeByHandWithAWrongExpressionMatchesNothing(t *testing.T) {
	e := &pipeline.Event{Host: "a", Body: []byte("a(")}
	for _, n := range []Node{Regex{Source: "("}, Field{Name: "host", Op: Matches, Value: "("}, Field{Name: "body", Op: Matches, Value: "("}, Grep{Patterns: []string{"("}}, Grep{}, Grep{Options: GrepOptions{Fixed: true}}, Or{}} {
		if Compile(n).Match(e) {
			t.Errorf("%#v matches", n)
		}
	}
	if !Compile(Regex{Source: "a", Fold: true}).Match(e) {
		t.Error("a right expression that is not compiled does not match")
	}
}

func TestAMatcherIsSafeForConcurrentUse(t *testing.T) {
	n, err := Parse(`timeout OR "a b" OR /x+y/i OR w*b OR _grep_:'-w -- z'`)
	if err != nil {
		t.Fatal(err)
	}
	m := Compile(n)
	done := make(chan bool)
	for i := range 4 {
		go func() {
			ok := true
			for j := range 500 {
				want := (i+j)%2 == 0
				body := []byte(strings.Repeat("-", j) + map[bool]string{true: "A.B", false: "nothing"}[want])
				ok = ok && m.Match(&pipeline.Event{Body: body}) == want
			}
			done <- ok
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("wrong answer")
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	e := &pipeline.Event{Host: "web-17", Severity: pipeline.SeverityWarn, Body: []byte(logLine), Attrs: []pipeline.Attr{{Key: pipeline.FieldStatus, Value: "504"}}}
	var many []string
	for i := range 200 {
		many = append(many, "'user-"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+"'")
	}
	for _, c := range []struct{ name, query string }{
		{"word", "refused"}, {"word-hit", "upstream"}, {"phrase", `"connection refused"`}, {"exact", "'0x7f'"}, {"wildcard", "web-9*"},
		{"regex-miss", "/disk (is )?full/"}, {"regex-fold-miss", "/(?i)disk (is )?full/"}, {"regex-hit", `/timed? out.*\d{3}ms|duration=\d/`}, {"regex-no-literal", `/[0-9]{4}-[0-9]{2}-32/`},
		{"field", "status:>=505"}, {"level", "level:error"}, {"and", "upstream level:warn -refused"}, {"or-200", strings.Join(many, " OR ")},
		{"grep-word-miss", "_grep_:'-w -- refuse'"}, {"grep-word-near", "_grep_:'-w -- time'"}, {"grep-fold", "_grep_:'-i -- UPSTREAM'"}, {"grep-edge", `_grep_:'\<time'`},
	} {
		n, err := Parse(c.query)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			m := Compile(n)
			b.ReportAllocs()
			b.SetBytes(int64(len(e.Body)))
			for b.Loop() {
				m.Match(e)
			}
		})
	}
}
