package redact

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ready(t testing.TB, names ...string) *Redactor {
	t.Helper()
	var rules []Rule
	for _, n := range names {
		rules = append(rules, Rule{Name: n})
	}
	r, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadyMadeRules(t *testing.T) {
	for _, c := range []struct{ rule, line, want string }{
		{"email", `login of ann.b+x@mail.example.com failed`, `login of <email> failed`},
		{"email", `"user":"a@b.io","x":1`, `"user":"<email>","x":1`},
		{"email", `<a@b.org>, c_d@e-f.co.uk.`, `<<email>>, <email>.`},
		{"email", `GET /reset?mail=ann%40example.com HTTP/1.1`, `GET /reset?mail=<email> HTTP/1.1`},
		{"email", `Started user@1000.service and Foo@1a2b3c, x@y, @here`, `Started user@1000.service and Foo@1a2b3c, x@y, @here`},
		{"email", `a@b.com@c.de`, `<email>@c.de`},
		{"bearer", `Authorization: Bearer abc.def-123`, `Authorization: Bearer <redacted>`},
		{"bearer", `"authorization":"Basic dXNlcjpwYXNz"`, `"authorization":"Basic <redacted>"`},
		{"bearer", `{"log":"{\"Authorization\":\"Bearer abc123xyz\"}\n"}`, `{"log":"{\"Authorization\":\"Bearer <redacted>\"}\n"}`},
		{"bearer", `authorization: abc`, `authorization: <redacted>`},
		{"bearer", `-H 'bearer eyJhbGciOi'`, `-H 'bearer <redacted>'`},
		{"bearer", `sent Basic dXNlcjpwYXNz, Basic configuration`, `sent Basic <redacted>, Basic configuration`},
		{"bearer", `GET /?access_token=abcdef123&x=1`, `GET /?access_token=<redacted>&x=1`},
		{"bearer", `X-Api-Key: 0123456789`, `X-Api-Key: <redacted>`},
		{"bearer", `jwt eyJhbGciOi.eyJzdWIi.c2ln end`, `jwt <redacted> end`},
		{"bearer", `token=123456789:AAHdqTcvCH1vGW_x`, `token=<redacted>`},
		{"bearer", `{"api_key":"sk!a$b*c@d","x":1}`, `{"api_key":"<redacted>","x":1}`},
		{"bearer", `map[Authorization:[Bearer abc-d!e] X:[1]]`, `map[Authorization:[Bearer <redacted>] X:[1]]`},
		{"bearer", `{"Authorization":["Token abc-d!e"]}`, `{"Authorization":["Token <redacted>"]}`},
		{"bearer", `the bearer of bad news, a token ring`, `the bearer of bad news, a token ring`},
		{"card", `paid with 4111111111111111.`, `paid with <card>.`},
		{"card", `4111 1111 1111 1111 and 3782-822463-10005`, `<card> and <card>`},
		{"card", `order 12 5500 0000 0000 0004`, `order 12 <card>`},
		{"card", `4111111111111112`, `4111111111111112`},
		{"card", `at 1732272000123 id 0.4111111111111111 x4111111111111111 4111111111111111111111`, `at 1732272000123 id 0.4111111111111111 x4111111111111111 4111111111111111111111`},
		{"card", `9999999999999995`, `9999999999999995`},
		{"password", `{"password":"hun ter\"2","user":"a"}`, `{"password":"<redacted>","user":"a"}`},
		{"password", `{"password":12345678,"pwd": -1.5e3}`, `{"password":<redacted>,"pwd": <redacted>}`},
		{"password", `{"log":"{\"secret_pin\": 1234}\n"}`, `{"log":"{\"secret_pin\": <redacted>}\n"}`},
		{"password", `{"passwords":[],"secret":{"a":1},"pwd":null}`, `{"passwords":[],"secret":{"a":1},"pwd":null}`},
		{"password", `password=hunter2&user=a`, `password=<redacted>&user=a`},
		{"password", `db_password: 'a b c', pwd = x`, `db_password: '<redacted>', pwd = <redacted>`},
		{"password", `{"log":"{\"passwd\":\"a b\"}\n"}`, `{"log":"{\"passwd\":\"<redacted>\"}\n"}`},
		{"password", `postgres://app:s3cret@db:5432/x`, `postgres://app:<redacted>@db:5432/x`},
		{"ipv4", `from 10.0.0.1:80, 192.168.1.255 to [::ffff:1.2.3.4]`, `from <ipv4>:80, <ipv4> to [::ffff:<ipv4>]`},
		{"ipv4", `version 1.2.3.4.5, 1.2.3, 1.2.3.256, v1.2.3.4, 1.2.3.4.`, `version 1.2.3.4.5, 1.2.3, 1.2.3.256, v1.2.3.4, <ipv4>.`},
	} {
		t.Run(c.rule+" "+c.line, func(t *testing.T) {
			r := ready(t, c.rule)
			if have := string(r.Line([]byte(c.line))); have != c.want {
				t.Errorf("\nwant %s\nhave %s", c.want, have)
			}
		})
	}
}

func TestOwnPatternsReplaceWithGroupsAndAreCounted(t *testing.T) {
	r, err := New([]Rule{
		{Name: "account", Pattern: `(acct)-(\d+)`, Replace: `$1-X`},
		{Name: "ssn", Pattern: `\d{3}-\d{2}-\d{4}`},
		{Name: "email"},
	})
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("acct-12 acct-3 123-45-6789")
	if have, want := string(r.Line(line)), "acct-X acct-X <ssn>"; have != want {
		t.Errorf("want %q, have %q", want, have)
	}
	if string(line) != "acct-12 acct-3 123-45-6789" {
		t.Errorf("the line itself was changed: %q", line)
	}
	want := []Count{{"account", 2}, {"ssn", 1}, {"email", 0}}
	if diff := cmp.Diff(want, r.Counts()); diff != "" {
		t.Error(diff)
	}
}

func TestEachOriginalLineInsideAJoinedEventIsTreatedAlone(t *testing.T) {
	r, err := New([]Rule{{Name: "from", Pattern: `from\s+\S+`}, {Name: "start", Pattern: `^at`}})
	if err != nil {
		t.Fatal(err)
	}
	if have, want := string(r.Line([]byte("at from\nat from x\n\nat"))), "<start> from\n<start> <from>\n\n<start>"; have != want {
		t.Errorf("want %q, have %q", want, have)
	}
	raw := []byte("a\nb\n")
	if have := r.Line(raw); !equal(have, raw) || string(have) != "a\nb\n" {
		t.Errorf("lines without finds: have %q in other memory", have)
	}
}

func TestALineWithoutFindsCostsNoAllocation(t *testing.T) {
	r := ready(t, Names()...)
	line := []byte(`2026-11-22T10:00:00Z INFO request served path=/a/b?c=d status=200 bytes=1234 took=12ms`)
	if n := testing.AllocsPerRun(100, func() { r.Line(line) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	var none *Redactor
	if have := none.Line(line); !equal(have, line) {
		t.Errorf("no redactor: %q", have)
	}
}

func TestBadRulesAreRefusedAllAtOnce(t *testing.T) {
	_, err := New([]Rule{
		{Name: "emails"},
		{Name: "email", Replace: "x"},
		{Name: "a b", Pattern: "("},
		{Name: "empty", Pattern: "x*"},
		{Name: "feed", Pattern: "x", Replace: "a\nb"},
		{Name: "long", Pattern: "x", Replace: strings.Repeat("x", 257)},
	})
	want := strings.Join([]string{
		`redact[0]: pattern: want a regular expression, or for name one of email, bearer, card, password, ipv4`,
		`redact[1]: replace: email is ready-made, its replacement cannot be set`,
		`redact[2]: name: want letters, digits and _.-, have "a b"`,
		"pattern: error parsing regexp: missing closing ): `(`",
		`redact[3]: pattern: "x*" matches the empty line`,
		`redact[4]: replace: "a\nb" must not hold a line break`,
		`redact[5]: replace: want at most 256 bytes, have 257`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("want\n%s\nhave\n%v", want, err)
	}
}

// TestARuleNeverRunsItsRegularExpressionOnALineWithoutOneOfItsLiterals shows what the
// literals are, and that a line without them is not even looked at by the pattern.
func TestARuleNeverRunsItsRegularExpressionOnALineWithoutOneOfItsLiterals(t *testing.T) {
	for _, c := range []struct {
		expr string
		want []string
	}{
		{`\S+@\S+`, []string{"@"}},
		{`card=(\d+)`, []string{"card="}},
		{`(?i)\bsecret-\d+`, []string{"secret-"}},
		{`(foo|ba[rz])\d`, []string{"foo", "ba"}},
		{`(?:x+|yy){2,3}`, []string{"x", "yy"}},
		{`\d+`, nil},
		{`a?`, nil},
		{`(a|\d)b*`, nil},
	} {
		var have []string
		for _, n := range needles(c.expr) {
			have = append(have, string(n.text))
		}
		if diff := cmp.Diff(c.want, have); diff != "" {
			t.Errorf("%s: %s", c.expr, diff)
		}
	}
	for _, c := range []struct {
		expr, line string
		want       bool
	}{
		{`(?i)token=`, "a ToKeN=1", true},
		{`(?i)token=`, "a to\u212aen=1", true},
		{`(?i)token=`, "tokentoken", false},
		{`token=`, "TOKEN=1", false},
	} {
		p, err := newPattern(c.expr, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if have := p.possible([]byte(c.line)); have != c.want {
			t.Errorf("%s on %q: want %v, have %v", c.expr, c.line, c.want, have)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{
		"a@b.co c@d.ef", "Authorization: Basic x y", "4111 1111 1111 1111.4111111111111111", "password=\"a\" pwd=b", "1.2.3.4.5",
		"authorization: authorization: token=abcdefgh", "://a:b@c://d:e@", "x%40y.zz%40a.bc",
		"eyJhbGciOi.eyJzdWIi.c2lneyJhbGciOi.eyJzdWIi.\nBearer abcdefgh",
	} {
		f.Add([]byte(s))
	}
	var each []*Redactor
	for _, n := range Names() {
		each = append(each, ready(f, n))
	}
	each = append(each, ready(f, "email", "bearer", "card", "password"))
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		for _, r := range each {
			once := r.Line(line)
			if !bytes.Equal(line, before) {
				t.Fatalf("the line was changed in place: %q to %q", before, line)
			}
			if have, want := bytes.Count(once, []byte{'\n'}), bytes.Count(line, []byte{'\n'}); have != want {
				t.Fatalf("%q: line feeds: want %d, have %d", line, want, have)
			}
			if twice := r.Line(once); !bytes.Equal(twice, once) {
				t.Fatalf("%v: %q\nonce  %q\ntwice %q", r.Counts(), line, once, twice)
			}
		}
	})
}

// FuzzNeedles checks that no match goes unseen because of the literals.
func FuzzNeedles(f *testing.F) {
	f.Add(`(?i)s(k|bb)+t`, []byte("aSKt"))
	f.Add(`(ab|c)*d{2,}e?`, []byte("abdd"))
	f.Fuzz(func(t *testing.T, expr string, line []byte) {
		p, err := newPattern(expr, "", nil)
		if err != nil {
			return
		}
		if p.re.Match(line) && !p.possible(line) {
			t.Fatalf("%q matches %q, which holds none of %+v", expr, line, p.need)
		}
	})
}

func BenchmarkLine(b *testing.B) {
	plain := []byte(`2026-11-22T10:00:00.123Z INFO  [http-nio-8080-exec-3] c.e.shop.OrderController : order 8812736 of customer 99172 accepted in 12 ms, total 129.90 EUR, items 3, warehouse fra-2`)
	for _, c := range []struct {
		name string
		line []byte
	}{
		{"plain", plain},
		{"email", append(append([]byte(nil), plain...), " ann@example.com"...)},
	} {
		for _, rules := range [][]string{{"email"}, {"bearer"}, {"card"}, {"password"}, {"ipv4"}, {"email", "bearer", "card"}} {
			r := ready(b, rules...)
			b.Run(c.name+"/"+strings.Join(rules, "+"), func(b *testing.B) {
				b.SetBytes(int64(len(c.line)))
				b.ReportAllocs()
				for b.Loop() {
					r.Line(c.line)
				}
			})
		}
	}
}
