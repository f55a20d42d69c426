package pattern

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const shop = `patterns:
  ORDER_ID: 'ord-[0-9a-f]{8}'
formats:
  - name: shop
    match: '^%{TIMESTAMP_ISO8601:timestamp} \[%{WORD:level}\] %{ORDER_ID:order.id} %{NUMBER:took} %{GREEDYDATA:message}$'
    timestamp: '%Y-%m-%d %H:%M:%S.%f'
    zone: Europe/Berlin
    fields: { took: float }
    sources: ['/srv/shop/*.log', '/srv/**/orders.log']
    tests:
      - line: '2026-03-02 10:00:00.250 [WARN] ord-00c0ffee 12.5 paid late'
        expect: { timestamp: '2026-03-02 10:00:00.250', order.id: ord-00c0ffee, took: 12.5 }
      - line: something else
        expect: none
`

func TestCompile(t *testing.T) {
	set, err := Compile([]File{{"shop.yml", []byte(shop)}, {"more.yml", []byte("patterns: {A: a}\n")}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := set.Format("shop")
	if f == nil || len(set.Formats()) != 1 || set.Names() != 2 || f.Line != 4 || f.Zone.String() != "Europe/Berlin" || f.Layout == nil {
		t.Fatalf("have %+v of %+v", f, set)
	}
	want := []Test{
		{Text: "2026-03-02 10:00:00.250 [WARN] ord-00c0ffee 12.5 paid late", File: "shop.yml", Line: 11, Column: 13,
			Expect: map[string]string{"timestamp": "2026-03-02 10:00:00.250", "order.id": "ord-00c0ffee", "took": "12.5"}},
		{Text: "something else", None: true, File: "shop.yml", Line: 13, Column: 13},
	}
	if diff := cmp.Diff(want, f.Tests); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	for path, want := range map[string]bool{
		"/srv/shop/a.log": true, "/srv/shop/b/a.log": false, "/srv/x/y/orders.log": true, "/srv/orders.log": true, "logs.raw/0": false,
	} {
		if f.For(path) != want {
			t.Errorf("%s: have %v, want %v", path, f.For(path), want)
		}
	}
}

// All faults of all files are told at once, each with file, line and column and with what was expected.
func TestCompileFaults(t *testing.T) {
	tests := []struct {
		name  string
		files []string
		want  string
	}{
		{"everything at once", []string{`patterns:
  BAD-NAME: x
  BAD: '(x'
  EMPTY: ''
formats:
  - name: Shop Floor
    match: '%{WORD:level} %{ORDER:order}'
    timestamp: iso8601
  - name: a
    match: '^%{WORD:timestamp} %{INT:n:int} %{WORD:bad-name@}$'
    timestamp: '%Y-%Q'
    zone: Berlin
    fields: { n: float, m: int, timestamp: date }
    sources: [app.log, '/srv/[x']
    tests:
      - line: x
      - line: y
        expect: nothing
      - expect: { n: many, timestamp: noon }
  - match: '%{WORD}'
    name: a
  - name: json
    match: ''
    regex: x
`}, `0.yml:2:13: patterns.BAD-NAME: expected a name of letters, digits and _, found "BAD-NAME"
0.yml:3:9: patterns.BAD: expected a grok pattern or regular expression (RE2): *
0.yml:4:10: patterns.EMPTY: expected a grok pattern or regular expression
0.yml:6:11: formats[0].name: expected a name of lower-case letters, digits, _, . and -, found "Shop Floor"
0.yml:7:27: formats[0].match: unknown grok pattern "ORDER"
0.yml:11:20: formats[1].timestamp: expected a directive of strftime, found "%Q"
0.yml:12:11: formats[1].zone: expected a time zone such as Europe/Berlin or UTC, found "Berlin"
0.yml:13:18: formats[1].fields.n: the match says that "n" is of type int
0.yml:13:28: formats[1].fields.m: the match captures no field "m"; it captures timestamp, n, bad-name@
0.yml:13:44: formats[1].fields.timestamp: expected a type, one of string, int, float, bool, duration, bytes, ip, found "date"
0.yml:14:15: formats[1].sources[0]: expected an absolute path or glob such as /srv/shop/*.log or /srv/**/app.log, found "app.log"
0.yml:14:24: formats[1].sources[1]: expected an absolute path or glob such as /srv/shop/*.log or /srv/**/app.log, found "/srv/[x"
0.yml:16:13: formats[1].tests[0].expect: expected fields with their values; none when the line must not fit
0.yml:18:17: formats[1].tests[1].expect: expected fields with their values, or none, found "nothing"
0.yml:19:15: formats[1].tests[2].line: expected a line
0.yml:19:22: formats[1].tests[2].expect.n: expected a value of type float, found "many"
0.yml:19:39: formats[1].tests[2].expect.timestamp: expected a time such as 2026-01-31T10:00:00Z or 2026-01-31 10:00:00.250, found "noon"
0.yml:20:12: formats[2].match: expected a named capture, such as %{GREEDYDATA:message}
0.yml:21:11: formats[2].name: the name "a" is taken by the format at 0.yml:9
0.yml:22:11: formats[3].name: the name "json" is taken by the built-in format of this name
0.yml:23:12: formats[3].match: expected a grok pattern
0.yml:24:5: formats[3].regex: unknown key; known here: *`},
		{"of several files", []string{"patterns: {A: a}\n", "patterns: {A: b}\n", "{}\n", "formats: [\n"}, `1.yml:1:15: patterns.A: pattern "A" is defined in another file already
2.yml: expected patterns, formats, or both
3.yml:1:*`},
		{"layout without the field", []string{"formats:\n  - name: a\n    match: '%{WORD:w}'\n    timestamp: iso8601\n    zone: UTC\n"}, `0.yml:4:16: formats[0].timestamp: the match captures no field timestamp
0.yml:5:11: formats[0].zone: the match captures no field timestamp`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var files []File
			for i, text := range test.files {
				files = append(files, File{string(rune('0'+i)) + ".yml", []byte(text)})
			}
			_, err := Compile(files, []string{"json"})
			if err == nil {
				t.Fatal("no fault was found")
			}
			want, have := strings.Split(test.want, "\n"), strings.Split(err.Error(), "\n")
			if len(want) != len(have) {
				t.Fatalf("have:\n%s\nwant:\n%s", err, test.want)
			}
			for i := range want {
				if start, _, open := strings.Cut(want[i], "*"); have[i] != want[i] && !(strings.HasSuffix(want[i], "*") && open && strings.HasPrefix(have[i], start)) {
					t.Errorf("have %s\nwant %s", have[i], want[i])
				}
			}
		})
	}
}

func TestMatch(t *testing.T) {
	set, err := Compile([]File{{"f.yml", []byte(`formats:
  - name: a
    match: '^(?:%{IP:peer}|(?P<peer>-)) %{INT:n} ?%{GREEDYDATA:message}$'
    fields: {n: int}
`)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := set.Formats()[0]
	long := strings.Repeat("x", 3*maxLook)
	tests := []struct {
		name, line string
		want       string // "no" when it does not fit
	}{
		{"fits", "10.0.0.9 12 hello", "peer=10.0.0.9 n:int=12 message=hello"},
		{"the other one of two captures", "- 12 hello", "peer=- n:int=12 message=hello"},
		{"an empty field is none", "- 12", "peer=- n:int=12"},
		{"the first line of an event, without its carriage return", "- 12 hello\r\n\tat x", "peer=- n:int=12 message=hello"},
		{"bytes that are not UTF-8", "- 12 \xff\xfe", "peer=- n:int=12 message=\xff\xfe"},
		{"does not fit", "x 12 hello", "no"},
		{"a field beyond what is looked at goes on to the end", "- 12 " + long, "peer=- n:int=12 message=" + long},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fields, ok := f.Match([]byte(test.line), nil)
			have := "no"
			if ok {
				var parts []string
				for _, x := range fields {
					name := x.Name
					if x.Type != "" {
						name += ":" + string(x.Type)
					}
					parts = append(parts, name+"="+test.line[x.Start:x.End])
				}
				have = strings.Join(parts, " ")
			}
			if have != test.want {
				t.Errorf("have %q, want %q", have, test.want)
			}
		})
	}
}

// A value has one form, whatever way it was written in.
func TestCanonical(t *testing.T) {
	tests := []struct {
		kind        Type
		value, want string // "" when it is not of the type
	}{
		{TypeString, " x ", " x "}, {"", "x", "x"},
		{TypeInt, "007", "7"}, {TypeInt, "-3", "-3"}, {TypeInt, "1.5", ""}, {TypeInt, "99999999999999999999", ""},
		{TypeFloat, "12,50", "12.50"}, {TypeFloat, "1e-3", "1e-3"}, {TypeFloat, "NaN", ""}, {TypeFloat, "0x1p4", ""}, {TypeFloat, "1,000,000", ""},
		{TypeBool, "Yes", "true"}, {TypeBool, "0", "false"}, {TypeBool, "2", ""},
		{TypeDuration, "250ms", "0.25"}, {TypeDuration, "1m 30s", "90"}, {TypeDuration, "00:01:30.5", "90.5"}, {TypeDuration, "2d", "172800"}, {TypeDuration, "3", "3"}, {TypeDuration, "soon", ""}, {TypeDuration, "1:2:3:4", ""},
		{TypeBytes, "12KB", "12000"}, {TypeBytes, "1.5 GiB", "1610612736"}, {TypeBytes, "300", "300"}, {TypeBytes, "big", ""},
		{TypeIP, "::ffff:10.0.0.9", "10.0.0.9"}, {TypeIP, "2001:DB8:0:0::1", "2001:db8::1"}, {TypeIP, "10.0.0.256", ""},
	}
	for _, test := range tests {
		have, ok := test.kind.Canonical([]byte(test.value))
		want := test.want
		if want == "" {
			want = test.value
		}
		if string(have) != want || ok != (test.want != "") {
			t.Errorf("%s %q: have %q, %v, want %q", test.kind, test.value, have, ok, want)
		}
		if again, _ := test.kind.Canonical(have); string(again) != string(have) {
			t.Errorf("%s %q: the form %q has another form %q", test.kind, test.value, have, again)
		}
	}
}

// A set that does not compile says so; one that does can be matched with any line.
func FuzzCompile(f *testing.F) {
	f.Add([]byte(shop), []byte("2026-03-02 10:00:00.250 [WARN] ord-00c0ffee 12.5 paid late"))
	f.Add([]byte("formats: [{name: a, match: '%{WORD:w:int}'}]"), []byte("\xff"))
	f.Fuzz(func(t *testing.T, data, line []byte) {
		set, err := Compile([]File{{"f.yml", data}}, nil)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		for _, format := range set.Formats() {
			fields, _ := format.Match(line, nil)
			for _, x := range fields {
				value := line[x.Start:x.End]
				once, _ := x.Type.Canonical(value)
				if twice, _ := x.Type.Canonical(once); string(twice) != string(once) {
					t.Errorf("%s %q: %q is then %q", x.Type, value, once, twice)
				}
				if format.Layout != nil {
					format.Layout.Read(value)
				}
			}
		}
	})
}
