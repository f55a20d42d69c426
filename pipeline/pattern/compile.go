package pattern

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline/yamldoc"
)

// File is a pattern file.
type File struct {
	Name string
	Data []byte
}

// Bounds of all pattern files together, and of one of them.
const (
	maxFile    = 1 << 20
	maxNames   = 2000
	maxFormats = 256
)

type document struct {
	Patterns map[string]string `yaml:"patterns"`
	Formats  []formatDoc       `yaml:"formats"`
}

type formatDoc struct {
	Name      string            `yaml:"name"`
	Match     string            `yaml:"match"`
	Timestamp string            `yaml:"timestamp"`
	Zone      string            `yaml:"zone"`
	Fields    map[string]string `yaml:"fields"`
	Sources   []string          `yaml:"sources"`
	Tests     []testDoc         `yaml:"tests"`
}

type testDoc struct {
	Line   string    `yaml:"line"`
	Expect expectDoc `yaml:"expect"`
}

// expectDoc is what a test expects: values by field, or the word none.
type expectDoc map[string]string

const expectNone = "\x00none" // a key that no file can hold

// UnmarshalText reads the word none.
func (e *expectDoc) UnmarshalText(word []byte) error {
	if string(word) != "none" {
		return fmt.Errorf("expected fields with their values, or none, found %q", word)
	}
	*e = expectDoc{expectNone: ""}
	return nil
}

var (
	nameForm   = regexp.MustCompile(`^\w{1,100}$`)
	formatForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,99}$`)
	fieldForm  = regexp.MustCompile(`^[A-Za-z_@][A-Za-z0-9_.@-]{0,127}$`)
)

// Compile makes a set of pattern files. Names that formats may not have are reserved: those
// of the built-in formats. The error is a yamldoc.Faults with all that is wrong with all
// files; the set is then good for nothing but to find the faults of what uses its names.
func Compile(files []File, reserved []string) (*Set, error) {
	c := compiler{
		set:   &Set{grok: &Grok{own: make(map[string]string)}},
		taken: make(map[string]string),
	}
	for _, name := range reserved {
		c.taken[name] = "the built-in format of this name"
	}
	hash := xxhash.New()
	var docs []*fileDoc
	for _, f := range files {
		_, _ = fmt.Fprintf(hash, "%q %q ", f.Name, f.Data) // a hash takes everything
		docs = append(docs, c.read(f))
	}
	for _, d := range docs { // when all names are known
		d.check(&c)
		c.faults = append(c.faults, d.faults...)
	}
	if len(c.faults) > 0 {
		return c.set, c.faults // by file already, and by place within each
	}
	c.set.revision = hash.Sum64()
	return c.set, nil
}

// compiler is a set in the making.
type compiler struct {
	set    *Set
	taken  map[string]string // what has a name of a format already
	faults yamldoc.Faults
}

// fileDoc is one file that was read.
type fileDoc struct {
	in     document
	doc    *yamldoc.Document
	names  []string // those that the file defines first
	faults yamldoc.Faults
	faulty map[string]bool // paths that could not be read and are not judged as well
}

func (d *fileDoc) fail(path, format string, args ...any) {
	if !d.faulty[path] {
		d.faults = append(d.faults, d.doc.Fault(path, format, args...))
	}
}

// failIn reports an error of text at path, at its own place where it tells one.
func (d *fileDoc) failIn(path, text string, err error) {
	var at *Error
	if !errors.As(err, &at) {
		d.fail(path, "%v", err)
	} else if !d.faulty[path] {
		d.faults = append(d.faults, d.doc.FaultIn(path, text, at.Column, "%s", at.Message))
	}
}

// read decodes a file and takes the names that it defines.
func (c *compiler) read(f File) *fileDoc {
	d := &fileDoc{faulty: make(map[string]bool)}
	if len(f.Data) > maxFile {
		d.doc = &yamldoc.Document{File: f.Name}
		d.fail("", "expected at most %d bytes, found %d", maxFile, len(f.Data))
		return d
	}
	var err error
	if d.doc, err = yamldoc.Decode(f.Name, f.Data, &d.in); err != nil && !errors.As(err, &d.faults) {
		d.fail("", "%v", err)
	}
	for _, f := range d.faults {
		d.faulty[f.Path] = true
	}
	if len(d.faults) == 0 && len(d.in.Patterns) == 0 && len(d.in.Formats) == 0 {
		d.fail("", "expected patterns, formats, or both")
	}
	for name, definition := range d.in.Patterns {
		at := "patterns." + name
		switch _, twice := c.set.grok.own[name]; {
		case !nameForm.MatchString(name):
			d.fail(at, "expected a name of letters, digits and _, found %q", name)
		case twice:
			d.fail(at, "pattern %q is defined in another file already", name)
		case len(c.set.grok.own) == maxNames:
			d.fail(at, "expected at most %d patterns", maxNames)
		default:
			c.set.grok.own[name] = definition
			d.names = append(d.names, name)
		}
	}
	return d
}

// check compiles what a file defines.
func (d *fileDoc) check(c *compiler) {
	for _, name := range d.names {
		at, definition := "patterns."+name, d.in.Patterns[name]
		if definition == "" {
			d.fail(at, "expected a grok pattern or regular expression")
		} else if _, err := c.set.grok.Compile(definition); err != nil {
			d.failIn(at, definition, err)
		}
	}
	for i := range d.in.Formats {
		at, in := fmt.Sprintf("formats[%d]", i), &d.in.Formats[i]
		if owner := c.taken[in.Name]; !formatForm.MatchString(in.Name) {
			d.fail(at+".name", "expected a name of lower-case letters, digits, _, . and -, found %q", in.Name)
		} else if owner != "" {
			d.fail(at+".name", "the name %q is taken by %s", in.Name, owner)
		} else if len(c.set.formats) == maxFormats {
			d.fail(at+".name", "expected at most %d formats", maxFormats)
		}
		place := d.doc.Fault(at, "")
		c.taken[in.Name] = fmt.Sprintf("the format at %s:%d", d.doc.File, place.Line)
		f := &Format{Name: in.Name, File: d.doc.File, Line: place.Line, sources: in.Sources}
		d.match(at, in, f, c.set.grok)
		d.time(at, in, f)
		d.sources(at, in)
		d.tests(at, in, f)
		c.set.formats = append(c.set.formats, f)
	}
	_ = d.faults.Err() // sorts them by place
}

// match compiles the expression and joins the types that stand in it and below it.
func (d *fileDoc) match(at string, in *formatDoc, f *Format, grok *Grok) {
	f.match = &Expression{}
	if in.Match == "" {
		d.fail(at+".match", "expected a grok pattern")
		return
	}
	x, err := grok.Compile(in.Match)
	if err != nil {
		d.failIn(at+".match", in.Match, err)
		return
	}
	f.match, f.types = x, slices.Clone(x.Types)
	if len(x.Names) < 2 {
		d.fail(at+".match", "expected a named capture, such as %%{GREEDYDATA:message}")
	}
	for _, name := range x.Names[1:] {
		if !fieldForm.MatchString(name) {
			d.fail(at+".match", "expected the name of a field, found %q", name)
		}
	}
	for name, written := range in.Fields {
		path := at + ".fields." + name
		kind, err := parseType(written)
		switch {
		case err != nil:
			d.fail(path, "%v", err)
		case kind == "":
			d.fail(path, "expected a type")
		case !slices.Contains(x.Names, name):
			d.fail(path, "the match captures no field %q; it captures %s", name, strings.Join(x.Names[1:], ", "))
		}
		for i, n := range x.Names {
			if n != name {
				continue
			}
			if f.types[i] != "" && f.types[i] != kind {
				d.fail(path, "the match says that %q is of type %s", name, f.types[i])
			}
			f.types[i] = kind
		}
	}
}

// time reads layout and zone.
func (d *fileDoc) time(at string, in *formatDoc, f *Format) {
	captures := len(f.match.Names) == 0 || slices.Contains(f.match.Names, FieldTimestamp) // with a fault in match nobody knows
	if in.Timestamp != "" {
		if !captures {
			d.fail(at+".timestamp", "the match captures no field timestamp")
		}
		if in.Timestamp != "auto" {
			var err error
			if f.Layout, err = NewLayout(in.Timestamp); err != nil {
				d.failIn(at+".timestamp", in.Timestamp, err)
			}
		}
	}
	if in.Zone != "" {
		if !captures {
			d.fail(at+".zone", "the match captures no field timestamp")
		}
		var err error
		if f.Zone, err = time.LoadLocation(in.Zone); err != nil || in.Zone == "Local" {
			d.fail(at+".zone", "expected a time zone such as Europe/Berlin or UTC, found %q", in.Zone)
		}
	}
}

func (d *fileDoc) sources(at string, in *formatDoc) {
	for i, s := range in.Sources {
		if _, err := path.Match(s, ""); err != nil || !strings.HasPrefix(s, "/") {
			d.fail(fmt.Sprintf("%s.sources[%d]", at, i), "expected an absolute path or glob such as /srv/shop/*.log or /srv/**/app.log, found %q", s)
		}
	}
}

// timeForms are how a test can write the time that it expects.
var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999"}

// ExpectedTime reads the time that a test expects; one without a zone is in the format's,
// or UTC.
func (f *Format) ExpectedTime(s string) (time.Time, error) {
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("expected a time such as 2026-01-31T10:00:00Z or 2026-01-31 10:00:00.250, found %q", s)
}

func (d *fileDoc) tests(at string, in *formatDoc, f *Format) {
	for i := range in.Tests {
		path, t := fmt.Sprintf("%s.tests[%d]", at, i), &in.Tests[i]
		if t.Line == "" {
			d.fail(path+".line", "expected a line")
		}
		if !d.doc.Has(path + ".expect") {
			d.fail(path+".expect", "expected fields with their values; none when the line must not fit")
		}
		_, none := t.Expect[expectNone]
		for name, value := range t.Expect {
			if none {
				break
			}
			if err := f.checkExpected(name, value); err != nil {
				d.fail(path+".expect."+name, "%v", err)
			}
		}
		place := d.doc.Fault(path, "")
		out := Test{Text: strings.TrimSuffix(t.Line, "\n"), None: none, File: d.doc.File, Line: place.Line, Column: place.Column}
		if !none {
			out.Expect = t.Expect
		}
		f.Tests = append(f.Tests, out)
	}
}

// checkExpected says whether a field can have a value at all.
func (f *Format) checkExpected(name, value string) error {
	if name == FieldTimestamp {
		_, err := f.ExpectedTime(value)
		return err
	}
	if kind := f.TypeOf(name); kind != "" && value != "" {
		if _, ok := kind.Canonical([]byte(value)); !ok {
			return fmt.Errorf("expected a value of type %s, found %q", kind, value)
		}
	}
	return nil
}
