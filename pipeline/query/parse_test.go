package query

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	re := func(source string, fold bool) Regex {
		r, err := NewRegex(source, fold)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		text string
		want Node
	}{
		{"", All{}},
		{"  ", All{}},
		{"*", All{}},
		{"Timeout", Word{"timeout"}},
		{`"connection refused"`, Phrase{[]string{"connection", "refused"}, "connection refused"}},
		{`"one"`, Word{"one"}},
		{`"say \"hi\" \\ a"`, Phrase{[]string{"say", "hi", "a"}, `say "hi" \ a`}},
		{`'0x7f: it''s \n'`, Exact{`0x7f: it's \n`}},
		{"foo.bar", Phrase{[]string{"foo", "bar"}, "foo.bar"}},
		{"10.0.0.1:80", Phrase{[]string{"10", "0", "0", "1", "80"}, "10.0.0.1:80"}},
		{"12:30:45", Phrase{[]string{"12", "30", "45"}, "12:30:45"}},
		{"std::string", Phrase{[]string{"std", "string"}, "std::string"}},
		{"https://a.b/c", Phrase{[]string{"https", "a", "b", "c"}, "https://a.b/c"}},
		{"localhost:8080", Field{Name: "localhost", Value: "8080"}},
		{"/var/log/syslog", Phrase{[]string{"var", "log", "syslog"}, "/var/log/syslog"}},
		{"/api", Word{"api"}},
		{"/time(d )?out/", re("time(d )?out", false)},
		{`/a\/b/i`, re("a/b", true)},
		{"(/x/)", re("x", false)},
		{"=>", Exact{"=>"}},
		{"[error]", Word{"error"}},
		{"web-*", Wildcard{"web-*"}},
		{"A**b?", Wildcard{"a*b?"}},
		{`a\*b*`, Wildcard{"a b*"}},
		{"a b", And{[]Node{Word{"a"}, Word{"b"}}}},
		{"a AND b && c", And{[]Node{Word{"a"}, Word{"b"}, Word{"c"}}}},
		{"a OR b||c", Or{[]Node{Word{"a"}, Word{"b"}, Word{"c"}}}},
		{"a b OR c", Or{[]Node{And{[]Node{Word{"a"}, Word{"b"}}}, Word{"c"}}}},
		{"NOT a -b !c +d", And{[]Node{Not{Word{"a"}}, Not{Word{"b"}}, Not{Word{"c"}}, Word{"d"}}}},
		{"a AND (b OR NOT c)", And{[]Node{Word{"a"}, Or{[]Node{Word{"b"}, Not{Word{"c"}}}}}}},
		{"-(a b)", Not{And{[]Node{Word{"a"}, Word{"b"}}}}},
		{"and ORacle", And{[]Node{Word{"and"}, Word{"oracle"}}}},
		{"level:WARNING", Field{Name: "level", Value: "warn"}},
		{"severity:>=critical", Field{Name: "severity", Op: GreaterEqual, Value: "error"}},
		{"status:>=500", Field{Name: "status", Op: GreaterEqual, Value: "500"}},
		{"status:<-5", Field{Name: "status", Op: Less, Value: "-5"}},
		{"status:[500 TO 599]", Field{Name: "status", Op: Between, Low: "500", High: "599", LowInclude: true, HighInclude: true}},
		{"d:{1 TO *]", Field{Name: "d", Op: Between, Low: "1", High: "*", HighInclude: true}},
		{`d:["a b" TO c}`, Field{Name: "d", Op: Between, Low: "a b", High: "c", LowInclude: true}},
		{"host:web-*", Field{Name: "host", Op: Glob, Value: "web-*"}},
		{`f:a\*b*`, Field{Name: "f", Op: Glob, Value: `a\*b*`}},
		{`f:a\ b\*`, Field{Name: "f", Value: "a b*"}},
		{`f:C:\temp`, Field{Name: "f", Value: `C:\temp`}},
		{`f:"a b"`, Field{Name: "f", Op: Contains, Value: "a b"}},
		{`f:"--"`, Field{Name: "f", Op: Has, Value: "--"}},
		{"f:'x'", Field{Name: "f", Op: Has, Value: "x"}},
		{"f:/x/i", Field{Name: "f", Op: Matches, Value: "x", Fold: true}},
		{"path:/var/log/*.log", Field{Name: "path", Op: Glob, Value: "/var/log/*.log"}},
		{"url:http://a:80/b", Field{Name: "url", Value: "http://a:80/b"}},
		{`f:(a OR "b c" -d)`, Or{[]Node{Field{Name: "f", Value: "a"}, And{[]Node{Field{Name: "f", Op: Contains, Value: "b c"}, Not{Field{Name: "f", Value: "d"}}}}}}},
		{"status:(>=500 <600)", And{[]Node{Field{Name: "status", Op: GreaterEqual, Value: "500"}, Field{Name: "status", Op: Less, Value: "600"}}}},
		{"@x.y-z:1", Field{Name: "@x.y-z", Value: "1"}},
		{`"app/name":web`, Field{Name: "app/name", Value: "web"}},
		{"_exists_:trace_id", Exists{"trace_id"}},
		{"f:*", Exists{"f"}},
		{`msg="a b"`, And{[]Node{Word{"msg"}, Phrase{[]string{"a", "b"}, "a b"}}}},
		{"_grep_:'a.b'", Grep{Patterns: []string{"a.b"}}},
		{"_grep_:'-iw -- -x''y'", Grep{Options: GrepOptions{IgnoreCase: true, WordRegexp: true}, Patterns: []string{"-x'y"}}},
	} {
		t.Run(c.text, func(t *testing.T) {
			have, err := Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if !Same(have, c.want) {
				t.Errorf("want %#v, have %#v", c.want, have)
			}
		})
	}
}

func TestParseErrorsSayWhereAndWhatWasExpected(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a status:>=", `column 12: expected a value after "status:>="`},
		{"héllo status:", `column 14: expected a value after "status:"`},
		{"Error: x", `column 7: expected a value after "Error:"`},
		{"a AND", `column 6: expected a term after "AND"`},
		{"OR b", `column 1: expected a term before "OR"`},
		{"a AND OR b", `column 7: expected a term before "OR"`},
		{"(a b", `column 5: expected ")" for the "(" in column 1`},
		{"a b)", `column 4: ")" without "("`},
		{"()", `column 2: expected a term after "("`},
		{`"abc`, `column 1: the text that starts here has no end; expected a closing "`},
		{"x 'abc", `column 3: the exact text that starts here has no end; expected a closing ' (a quote inside is written twice)`},
		{"a - b", `column 4: expected a term right after "-"`},
		{"level:loud", `column 7: "loud" is no level; expected trace, debug, info, warn, error or fatal (severity_number takes numbers)`},
		{"level:>=3", `column 9: "3" is no level; expected trace, debug, info, warn, error or fatal (severity_number takes numbers)`},
		{"s:[1 2]", `column 6: expected "TO" in the range`},
		{"s:[1 TO 2", `column 10: expected "]" or "}" at the end of the range`},
		{"s:[1 TO ]", `column 9: expected a range as [1 TO 5], {1 TO 5} or [1 TO *]`},
		{`f:""`, `column 3: expected a value between the quotes`},
		{"_exists_:", `column 10: expected a field's name after "_exists_:"`},
		{"a /b(c/", "column 4: the regular expression is wrong: missing closing ) \"b(c\""},
		{"/a(b)?c", `column 1: the regular expression that starts here has no end; expected a closing "/", or "/i", at the end of the term (a slash inside is written \/; a path goes into quotes)`},
		{"/(a{1000}){1000}/", `column 4: the regular expression is wrong: invalid repeat count "{1000}"`},
		{"/((abcdefghij){100}){10}b{900}c{900}/", "column 1: the expression is too large: about 21006 instructions, 10000 are allowed"},
		{`_grep_:'a\d'`, `column 8: pattern "a\\d", character 3: \d means the letter d to grep; write [0-9]`},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := Parse(c.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("want an *Error, have %v", err)
			}
			if e.Error() != c.want {
				t.Errorf("\nwant %s\nhave %s", c.want, e.Error())
			}
		})
	}
}

func TestParseIsBounded(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"length", strings.Repeat("a", MaxLength+1)},
		{"parentheses", strings.Repeat("(", MaxDepth+1) + "a" + strings.Repeat(")", MaxDepth+1)},
		{"negations", strings.Repeat("-", MaxDepth+1) + "a"},
		{"terms", strings.Repeat("a ", MaxNodes+1)},
		{"expressions together", strings.Repeat("/a{1000}/ ", 20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e *Error
			if _, err := Parse(c.text); !errors.As(err, &e) {
				t.Errorf("want an *Error, have %v", err)
			}
		})
	}
	if _, err := Parse(strings.Repeat("+", MaxLength-1) + "a"); err != nil {
		t.Errorf("signs that mean nothing: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a AND (b OR NOT c)", `f:"a" 'x' /y/i`, "s:[1 TO 2}", "_grep_:'-iw -- x'", `a\ b* "n":v`, "\xff'\xff'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Column < 1 || e.Column > len(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := Parse(n.String())
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, n, err)
		}
		if !Same(n, again) {
			t.Fatalf("%q prints as %q, which is %#v and not %#v", text, n, again, n)
		}
	})
}
